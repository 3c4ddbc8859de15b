"""Does a security key let a clerk in: enrolled on the page, asked for at the next sign-in, and no other key?

The key is Chromium's virtual authenticator: a real CTAP2 one, only that nobody has to touch it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect

from printing.roles import Role
from tests.browser.watching import serious_findings

NAME, PASSWORD = "sari", "a long enough pass-phrase"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_in_an_office(settings: Any) -> Iterator[None]:
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clerk(transactional_db: None) -> User:
    user = User.objects.create_user(NAME, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=Role.COUNTER))
    return user


@pytest.fixture
def new_screen(
    open_context: Callable[..., BrowserContext], live_server: Any, clerk: User
) -> Callable[[], Page]:
    """A computer with a key plugged in, at the sign-in page."""

    def at_a_new_screen() -> Page:
        page = open_context().new_page()
        machine = page.context.new_cdp_session(page)
        machine.send("WebAuthn.enable")
        machine.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        page.goto(f"{live_server.url}/admin/")
        return page

    return at_a_new_screen


def give_password(page: Page) -> None:
    page.locator("#id_login").fill(NAME)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Masuk", exact=True).click()


def enrol(page: Page) -> list[str]:
    """From the page that asks for a factor to the recovery codes; returns what axe finds on the way."""
    findings = []
    page.get_by_role("link", name="Tambah", exact=True).click()
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Konfirmasi").click()
    page.get_by_label("Nama kunci").fill("Kunci biru")
    findings += serious_findings(page)
    page.get_by_role("button", name="Tambah", exact=True).click()
    expect(page.get_by_role("heading", name="Kode Pemulihan")).to_be_visible()
    findings += serious_findings(page)
    return findings


def sign_out(page: Page) -> None:
    page.get_by_role("link", name="Keluar").click()
    page.get_by_role("button", name="Keluar").click()


class TestSecurityKey:
    def test_is_enrolled_on_the_page_and_signs_in(self, new_screen: Callable[[], Page], clerk: User) -> None:
        page = new_screen()
        give_password(page)
        findings = enrol(page)
        page.goto(page.url.partition("/account/")[0] + "/account/factors/webauthn/")
        expect(page.locator("#content")).to_contain_text("Kunci biru")
        findings += serious_findings(page)
        sign_out(page)

        give_password(page)
        findings += serious_findings(page)
        expect(page.locator("#key-trouble")).to_be_hidden()
        page.get_by_role("button", name="Gunakan kunci keamanan").click()
        expect(page.get_by_role("heading", name="Hari ini", exact=True)).to_be_visible()
        assert findings == []
        assert Authenticator.objects.get(user=clerk, type="webauthn").last_used_at is not None

    def test_of_somebody_else_does_not_and_the_page_says_so(self, new_screen: Callable[[], Page]) -> None:
        page = new_screen()
        give_password(page)
        enrol(page)
        sign_out(page)

        stranger = new_screen()
        give_password(stranger)
        stranger.get_by_role("button", name="Gunakan kunci keamanan").click()
        expect(stranger.get_by_role("alert")).to_contain_text("bukan milik akun ini")
        assert serious_findings(stranger) == []
        stranger.goto(stranger.url.partition("/account/")[0] + "/admin/")
        expect(stranger.get_by_role("heading", name="Autentikasi Dua Faktor")).to_be_visible()
