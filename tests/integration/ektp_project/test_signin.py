"""Do a password and a second factor let somebody in, and nothing less?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from ektp_project.signin import session_limits
from printing.roles import Role

PASSWORD = "a long enough pass-phrase"
LOGIN, FACTORS, DESK = "/account/login/", "/account/factors/", "/admin/"


@pytest.fixture(autouse=True)
def _nobody_was_here() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clerk(db: None) -> User:
    user = User.objects.create_user("petugas", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=Role.COUNTER))
    return user


@pytest.fixture
def strict(settings: Any) -> None:
    """As in an office."""
    settings.SECOND_FACTOR_REQUIRED = True


def code_now(secret: str) -> str:
    counter = next(totp.yield_hotp_counters_from_time())
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def sign_in(client: Client, password: str = PASSWORD, **headers: str) -> Any:
    return client.post(LOGIN, {"login": "petugas", "password": password}, headers=headers)


def enrol(client: Client) -> str:
    """A second factor for whoever is signed in; returns its secret."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get(f"{FACTORS}totp/activate/").context["form"].secret
    assert client.post(f"{FACTORS}totp/activate/", {"code": code_now(secret)}).status_code == 302
    return str(secret)


class TestAdmin:
    def test_sends_a_stranger_to_the_one_door(self, client: Client, db: None) -> None:
        answer = client.get(reverse("admin:registry_resident_changelist"), follow=True)
        assert answer.redirect_chain[-1][0].startswith(LOGIN)
        assert "<h1>Masuk</h1>" in answer.content.decode()

    def test_takes_no_password_itself(self, client: Client, clerk: User) -> None:
        client.post(reverse("admin:login"), {"username": "petugas", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_refuses_whoever_is_in_but_not_of_the_staff(self, client: Client, db: None) -> None:
        client.force_login(User.objects.create_user("warga"))
        assert client.get(DESK, follow=True).status_code == 403

    def test_opens_no_account_to_strangers(self, client: Client, db: None) -> None:
        assert client.get("/account/signup/").status_code == 404
        assert client.get("/account/password/reset/").status_code == 404


@pytest.mark.usefixtures("strict")
class TestSecondFactor:
    def test_is_demanded_before_the_first_page(self, client: Client, clerk: User) -> None:
        sign_in(client)
        for page in (DESK, reverse("admin:registry_resident_changelist"), "/admin/papers/", "/api/schema/"):
            assert client.get(page).headers["Location"] == reverse("mfa_index"), page

    def test_once_enrolled_is_asked_for_at_every_sign_in(self, client: Client, clerk: User) -> None:
        sign_in(client)
        secret = enrol(client)
        assert client.get(DESK).status_code == 200
        client.post("/account/logout/")

        assert sign_in(client).headers["Location"].startswith(f"{FACTORS}authenticate/")
        assert client.get(DESK).status_code == 302
        code = code_now(secret)
        client.post(f"{FACTORS}authenticate/", {"code": code})
        assert client.get(DESK).status_code == 200

        client.post("/account/logout/")
        sign_in(client)
        client.post(f"{FACTORS}authenticate/", {"code": code})
        assert client.get(DESK).status_code == 302  # a code serves once

    def test_may_be_a_recovery_code_once(self, client: Client, clerk: User) -> None:
        sign_in(client)
        enrol(client)
        code = clerk.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()[0]
        client.post("/account/logout/")

        for works in (True, False):
            sign_in(client)
            client.post(f"{FACTORS}authenticate/", {"code": code})
            assert (client.get(DESK).status_code == 200) is works
            client.post("/account/logout/")

    def test_lets_nobody_guess(self, client: Client, clerk: User) -> None:
        sign_in(client)
        secret = enrol(client)
        client.post("/account/logout/")
        cache.clear()
        sign_in(client)
        for _guess in range(12):
            client.post(f"{FACTORS}authenticate/", {"code": "000000"})
        client.post(f"{FACTORS}authenticate/", {"code": code_now(secret)})
        assert client.get(DESK).status_code == 302

    def test_keeps_its_secret_sealed(self, client: Client, clerk: User) -> None:
        sign_in(client)
        secret = enrol(client)
        rows = Authenticator.objects.filter(user=clerk)
        assert rows.count() == 2
        assert all(secret not in str(row.data) for row in rows)

    def test_can_be_taken_away_by_an_administrator(self, client: Client, clerk: User) -> None:
        sign_in(client)
        enrol(client)
        keeper = User.objects.create_user("pengelola", is_staff=True)
        keeper.groups.add(Group.objects.get(name=Role.ADMINISTRATOR))
        Authenticator.objects.create(user=keeper, type="totp", data={})
        other = Client()
        other.force_login(keeper)

        chosen = {"action": "take_factors_away", "_selected_action": [clerk.pk, keeper.pk]}
        other.post(reverse("admin:auth_user_changelist"), chosen)

        assert not Authenticator.objects.filter(user=clerk).exists()
        assert Authenticator.objects.filter(user=keeper).exists()  # nobody their own
        assert client.get(DESK).headers["Location"] == reverse("mfa_index")


class TestGuessing:
    def test_locks_that_name_at_that_address(
        self, client: Client, clerk: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _guess in range(5):
            answer = sign_in(client, "wrong")
        assert answer.status_code == 429
        assert "Terkunci" in answer.content.decode()
        assert sign_in(client).status_code == 429
        assert "_auth_user_id" not in client.session
        assert "petugas" not in caplog.text
        assert "wrong" not in caplog.text

    def test_locks_nobody_out_who_comes_from_elsewhere(
        self, client: Client, clerk: User, settings: Any
    ) -> None:
        settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for _guess in range(5):
            sign_in(client, "wrong", x_forwarded_for="203.0.113.9")
        assert sign_in(client, x_forwarded_for="203.0.113.10").status_code == 302

    def test_gains_nothing_by_claiming_another_address(
        self, client: Client, clerk: User, settings: Any
    ) -> None:
        settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for guess in range(5):
            answer = sign_in(client, "wrong", x_forwarded_for=f"198.51.100.{guess}, 203.0.113.9")
        assert answer.status_code == 429

    def test_learns_nothing_of_who_exists(self, client: Client, clerk: User) -> None:
        known = sign_in(client, "wrong").context["form"].errors
        unknown = client.post(LOGIN, {"login": "siapa", "password": "wrong"}).context["form"].errors
        assert known == unknown


class TestSession:
    def test_ends_after_a_pause(self, client: Client, clerk: User, settings: Any) -> None:
        sign_in(client)
        assert client.get(DESK).status_code == 200
        age(client, session_limits.SEEN, settings.SESSION_IDLE_SECONDS + 1)
        assert client.get(DESK).status_code == 302

    def test_ends_after_a_working_day(self, client: Client, clerk: User, settings: Any) -> None:
        sign_in(client)
        client.get(DESK)
        age(client, session_limits.BEGAN, settings.SESSION_COOKIE_AGE + 1)
        assert client.get(DESK).status_code == 302

    def test_is_not_kept_alive_by_a_page_that_refreshes_itself(self, client: Client, clerk: User) -> None:
        sign_in(client)
        client.get(DESK)
        before = age(client, session_limits.SEEN, 600)
        client.get(reverse("desk:day"), headers={"Sec-Fetch-Dest": "empty"})
        assert client.session[session_limits.SEEN] == before
        client.get(DESK, headers={"Sec-Fetch-Dest": "document"})
        assert client.session[session_limits.SEEN] > before

    def test_ends_at_once_when_the_account_is_switched_off(self, client: Client, clerk: User) -> None:
        sign_in(client)
        assert client.get(DESK).status_code == 200
        User.objects.filter(pk=clerk.pk).update(is_active=False)
        assert client.get(DESK).status_code == 302

    def test_ends_everywhere_else_when_the_password_is_changed(self, client: Client, clerk: User) -> None:
        elsewhere, new = Client(), "another long pass-phrase"
        sign_in(client)
        sign_in(elsewhere)
        changed = client.post(
            "/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
        )
        assert changed.status_code == 302
        assert (client.get(DESK).status_code, elsewhere.get(DESK).status_code) == (200, 302)

    @pytest.mark.parametrize("weak", ["elevensigns", "petugas12345", "qwerty123456"])
    def test_has_no_short_common_or_own_name_as_password(
        self, client: Client, clerk: User, weak: str
    ) -> None:
        sign_in(client)
        refused = client.post(
            "/account/password/", {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
        )
        assert refused.status_code == 200
        assert refused.context["form"].errors

    def test_gets_a_new_key_at_sign_in(self, client: Client, clerk: User) -> None:
        client.get(LOGIN)
        before = client.session.session_key
        sign_in(client)
        assert client.session.session_key != before


def age(client: Client, mark: str, seconds: int) -> int:
    """Make this mark of the session ``seconds`` older than now."""
    session = client.session
    session[mark] = int(time.time()) - seconds
    session.save()
    return int(session[mark])


class TestHeaders:
    @pytest.mark.parametrize("page", [LOGIN, FACTORS, "/account/sessions/", "/account/password/", DESK])
    def test_forbid_foreign_scripts_and_the_machines_senses(self, admin_client: Client, page: str) -> None:
        answer = admin_client.get(page)
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("page", [LOGIN, FACTORS, f"{FACTORS}totp/activate/", f"{FACTORS}webauthn/add/"])
    def test_pages_are_in_indonesian_and_in_the_offices_look(
        self, client: Client, clerk: User, page: str
    ) -> None:
        if page != LOGIN:
            sign_in(client)
            client.post("/account/reauthenticate/", {"password": PASSWORD})
        text = client.get(page).content.decode()
        assert "office/signin.css" in text
        assert "Sign" not in text
        assert "style=" not in text
