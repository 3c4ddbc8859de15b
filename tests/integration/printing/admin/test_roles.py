"""Does each role see and do what stands in this table, and nothing else: role × page × action?

The pages and actions are found, not listed: a new one is refused to every role until it stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import reverse

from printing.roles import Role
from registry.models import Event, Office, Resident
from tests import factories

PAGES: Mapping[str, ModelAdmin[Any]] = {
    model._meta.label_lower: page for model, page in admin.site._registry.items()
}
OF_THE_LINE = {
    name
    for name in PAGES
    if name.startswith(("registry.", "printing.")) and name not in {"registry.accesslog"}
}
LINE, STORE = "printing.cardrequest", "registry.blankmovement"
COUNTER = {
    "printing.box add",
    "printing.box action send",
    "printing.box action receive",
    "printing.importbatch add",
    f"{LINE} action hold",
    f"{LINE} action release",
    f"{LINE} action cancel",
    f"{LINE} action put_first",
    f"{LINE} action give_card",
    "registry.recording action send_again",
    "registry.proposal action withdraw",
}
OPERATOR = {
    "printing.printer change",
    "printing.printer action new_ribbon",
    "printing.printer action new_film",
    *(
        f"printing.printjob action {name}"
        for name in (
            "card_in_tray",
            "spoiled_in_tray",
            "blank_in_tray",
            "nothing_in_tray",
            "good",
            "bad",
            "once_more",
        )
    ),
}
STOCK = {
    f"{STORE} add",
    "registry.proposal add",
    "registry.proposal action withdraw",
    "registry.blankreceipt add",
    "registry.stockcount add",
}
PLANNING = {
    "printing.extrashift add",
    "printing.extrashift change",
    "printing.extrashift action cancel",
    "printing.holidayoverride add",
    "printing.holidayoverride change",
    "printing.holidayoverride delete",
    "printing.holidayoverride action delete_selected",
    "registry.resident change",
    "registry.proposal action approve",
    "registry.proposal action refuse",
}
MACHINES = {
    "registry.device add",
    "registry.device change",
    "registry.device action invite",
    "registry.device action revoke",
    "registry.webhookdelivery action send_again",
}
MAY_DO: Mapping[Role, set[str]] = {
    Role.COUNTER: COUNTER,
    Role.OPERATOR: OPERATOR,
    Role.STOCK: STOCK,
    Role.SUPERVISOR: COUNTER | OPERATOR | STOCK | PLANNING | MACHINES,
    Role.AUDITOR: set(),
    Role.ADMINISTRATOR: MACHINES
    | {
        "auth.user add",
        "auth.user change",
        "auth.user action take_factors_away",
        "axes.accessattempt delete",
        "axes.accessattempt action delete_selected",
        "printing.printer add",
        "printing.printer change",
        "printing.printer action new_ribbon",
        "printing.printer action new_film",
        "registry.district add",
        "registry.district change",
        "registry.office add",
        "registry.office change",
    },
}
MAY_SEE: Mapping[Role, set[str]] = {
    Role.COUNTER: OF_THE_LINE,
    Role.OPERATOR: OF_THE_LINE,
    Role.STOCK: OF_THE_LINE,
    Role.SUPERVISOR: OF_THE_LINE | {"registry.accesslog"},
    Role.AUDITOR: OF_THE_LINE | {"registry.accesslog"},
    Role.ADMINISTRATOR: {
        "auth.group",
        "auth.user",
        "axes.accessattempt",
        "django_celery_beat.crontabschedule",
        "django_celery_beat.periodictask",
        "printing.heartbeat",
        "printing.printer",
        "registry.device",
        "registry.district",
        "registry.office",
        "registry.throttlechange",
        "registry.webhook",
        "registry.webhookdelivery",
    },
}
ROLES = pytest.mark.parametrize("role", list(Role), ids=lambda role: role.replace(" ", "-"))
EVERY_PAGE = pytest.mark.parametrize("page", sorted(PAGES))


NOBODY = "00000000-0000-0000-0000-000000000000"  # no row has this key, and who may not is told so first


@pytest.fixture
def people(db: None) -> Office:
    """An office with blanks, two people in line, and somebody of each role."""
    office = factories.an_office()
    factories.stock(office, 10)
    factories.waiting(office, 1, 2)
    User.objects.create_user("sasaran", is_staff=True)
    for role in Role:
        User.objects.create_user(name_of(role), is_staff=True).groups.add(Group.objects.get(name=role))
    return office


def name_of(role: Role) -> str:
    return f"orang-{role.name.lower()}"


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name_of(role)))
    return client


def address(page: str, way: str, *args: Any) -> str:
    return reverse(f"admin:{page.replace('.', '_')}_{way}", args=args)


def key_of(page: str) -> Any:
    """A row of this page, or the key of none."""
    row = PAGES[page].model._default_manager.order_by("pk").first()
    return NOBODY if row is None else row.pk


@pytest.fixture
def not_refused(people: Office) -> Callable[[Callable[[Client], Any]], set[Role]]:
    """The roles to which a question is not answered with 403."""
    clients = {role: signed_in(role) for role in Role}

    def asked(ask: Callable[[Client], Any]) -> set[Role]:
        return {role for role, client in clients.items() if ask(client).status_code != 403}

    return asked


def who_may(deed: str) -> set[Role]:
    return {role for role in Role if deed in MAY_DO[role]}


@EVERY_PAGE
class TestPage:
    def test_is_seen_by_those_it_is_for(self, not_refused: Any, page: str) -> None:
        expected = {role for role in Role if page in MAY_SEE[role]}
        key = key_of(page)
        assert not_refused(lambda client: client.get(address(page, "changelist"))) == expected
        assert not_refused(lambda client: client.get(address(page, "change", key))) == expected
        if key != NOBODY:
            assert not_refused(lambda client: client.get(address(page, "history", key))) == expected

    def test_adds_for_those_who_may(self, not_refused: Any, page: str) -> None:
        assert not_refused(lambda client: client.get(address(page, "add"))) == who_may(f"{page} add")
        assert not_refused(lambda client: client.post(address(page, "add"))) == who_may(f"{page} add")

    @pytest.mark.parametrize("way", ["change", "delete"])
    def test_is_written_by_those_who_may(self, not_refused: Any, page: str, way: str) -> None:
        key = key_of(page)
        assert not_refused(lambda client: client.post(address(page, way, key))) == who_may(f"{page} {way}")

    def test_offers_its_actions_to_those_who_may(self, people: Office, page: str, rf: RequestFactory) -> None:
        for role in Role:
            request = rf.get("/")
            request.user = User.objects.get(username=name_of(role))
            offered = {f"{page} action {name}" for name in PAGES[page].get_actions(request)}
            assert offered == {name for name in MAY_DO[role] if name.startswith(f"{page} action ")}, role


class TestActionCalledDirectly:
    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.STOCK, Role.AUDITOR])
    def test_leaves_the_line_alone(self, people: Office, role: Role) -> None:
        before = Event.objects.count()
        client = signed_in(role)
        for action in ("hold", "release", "cancel", "put_first", "give_card"):
            asked = {
                "action": action,
                "_selected_action": [key_of(LINE)],
                "hold_reason": "policy",
                "reason": "tanpa hak",
            }
            client.post(address(LINE, "changelist"), asked)
        assert Event.objects.count() == before


class TestThrottlePage:
    @ROLES
    def test_is_seen_by_all_and_steered_by_the_administrator(self, people: Office, role: Role) -> None:
        client, page = signed_in(role), reverse("desk:centre")
        may_steer = role is Role.ADMINISTRATOR
        seen = client.get(page)
        assert seen.status_code == client.get(reverse("desk:centre_now")).status_code == 200
        assert ('name="wish"' in seen.content.decode()) is may_steer
        asked = client.post(page, {"wish": "hentikan", "why": ""})  # no reason: nothing is paused
        assert asked.status_code == (200 if may_steer else 403)


class TestNikAndTrail:
    @ROLES
    def test_opens_the_nik_for_counter_and_supervisor_only(self, people: Office, role: Role) -> None:
        resident = Resident.objects.first()
        answer = signed_in(role).post(
            address("registry.resident", "nik", resident.pk), {"why": "cocokkan KK"}
        )
        allowed = role in {Role.COUNTER, Role.SUPERVISOR}
        assert answer.status_code == (200 if allowed else 403)
        assert (resident.nik in answer.content.decode()) is allowed

    @ROLES
    def test_tells_the_trail_to_supervisor_and_auditor_only(self, people: Office, role: Role) -> None:
        resident, client = Resident.objects.first(), signed_in(role)
        expected = 200 if role in {Role.SUPERVISOR, Role.AUDITOR} else 403
        assert client.get(address("registry.resident", "access", resident.pk)).status_code == expected
        assert client.post(address("registry.resident", "access_csv", resident.pk)).status_code == expected


class TestAdministrator:
    def test_cannot_become_more_than_that(self, people: Office) -> None:
        chief = User.objects.create_superuser("kepala")
        client = signed_in(Role.ADMINISTRATOR)
        own = User.objects.get(username="orang-administrator")
        for user in (chief, own):
            form = {"username": user.username, "is_superuser": "on", "groups": [Group.objects.first().pk]}
            assert client.post(address("auth.user", "change", user.pk), form).status_code == 403
            assert client.post(reverse("admin:auth_user_password_change", args=[user.pk])).status_code == 403

    def test_makes_a_clerk_and_no_superuser(self, people: Office) -> None:
        client = signed_in(Role.ADMINISTRATOR)
        clerk = User.objects.create_user("baru", is_staff=True)
        group = Group.objects.get(name=Role.COUNTER)
        form = {
            "username": "baru",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [group.pk],
        }
        assert client.post(address("auth.user", "change", clerk.pk), form).status_code == 302
        clerk.refresh_from_db()
        assert list(clerk.groups.all()) == [group]
        assert not clerk.is_superuser


class TestPersonWithoutARole:
    def test_sees_no_page(self, people: Office) -> None:
        client = Client()
        client.force_login(User.objects.create_user("tamu", is_staff=True))
        for page in PAGES:
            assert client.get(address(page, "changelist")).status_code == 403, page

    def test_who_is_not_staff_is_sent_to_sign_in(self, people: Office) -> None:
        client = Client()
        client.force_login(User.objects.create_user("warga"))
        for page in PAGES:
            assert client.get(address(page, "changelist")).status_code == 302, page
