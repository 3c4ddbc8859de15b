"""Can each desk be worked off, by two clerks at once, and never the same row twice?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ektp_project.desk.queues import DESKS
from printing.models import BulkJob, CardRequest, PrintJob
from printing.services import requests
from printing.states import HoldReason
from registry.models import AccessLog, Assignment, Event, Office, Recording
from registry.models.access import Deed
from registry.models.event import Subject
from registry.services import assignments
from tests import factories
from tests.factories import ACTOR, NOW
from tests.integration.printing.line.conftest import centre, printer  # noqa: F401
from tests.integration.printing.line.test_prints import begin, device, ready  # noqa: F401

Clerk = Callable[[str], Client]


@pytest.fixture
def office(db: None) -> Office:
    return factories.a_stocked_office(100)


@pytest.fixture
def clerk() -> Clerk:
    """Signs a person in who may do everything."""

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser(name))
        return client

    return sign_in


def a_problem(office: Office, number: int, status: str = "ENROLL_FAILURE_AT_REGIONAL") -> Recording:
    (taken,) = factories.take(office, number)
    factories.seen([taken.recording], status=status)
    return taken.recording


def held(office: Office, *numbers: int) -> list[CardRequest]:
    rows = factories.waiting(office, *numbers)
    for row in rows:
        requests.hold(request=row, reason=HoldReason.POLICY, note="", actor=ACTOR, now=NOW)
    return rows


def press(client: Client, slug: str, row: object, deed: str, **words: str) -> None:
    address = reverse("desk:act", args=[slug, row.pk])  # type: ignore[attr-defined]
    assert client.post(address, {"deed": deed, **words}).status_code == 302


def shown(client: Client, slug: str, **query: str) -> str:
    return client.get(reverse("desk:queue", args=[slug]), query).content.decode()


class TestEveryDesk:
    @pytest.mark.parametrize("slug", DESKS)
    def test_is_right_when_it_is_empty(self, admin_client: Client, office: Office, slug: str) -> None:
        assert "Meja ini kosong" in shown(admin_client, slug)

    @pytest.mark.parametrize("slug", DESKS)
    @pytest.mark.parametrize("pk", ["1", "x", "00000000-0000-0000-0000-000000000000", "99999999999999999999"])
    def test_knows_no_row_that_is_not_there(
        self, admin_client: Client, office: Office, slug: str, pk: str
    ) -> None:
        assert admin_client.get(reverse("desk:row", args=[slug, pk])).status_code == 404

    @pytest.mark.parametrize("after", ["", "x", "2017-01-01T00:00:00+00:00~", "2017-01-01T00:00:00+00:00~x"])
    def test_takes_no_harm_from_a_mark_that_is_none(
        self, admin_client: Client, office: Office, after: str
    ) -> None:
        answer = admin_client.get(reverse("desk:queue", args=["tertahan"]), {"after": after})
        assert answer.status_code in (200, 404)

    def test_is_closed_to_those_without_the_right(self, client: Client, office: Office) -> None:
        client.force_login(User.objects.create_user("tamu", is_staff=True))
        for slug in DESKS:
            assert client.get(reverse("desk:queue", args=[slug])).status_code == 403
        assert client.get(reverse("desk:spoiled")).status_code == 403
        assert client.post(reverse("desk:deletions")).status_code == 403
        assert client.get(reverse("desk:index")).status_code == 200

    def test_asks_no_more_for_fifty_rows_than_for_one(self, admin_client: Client, office: Office) -> None:
        held(office, 1)
        shown(admin_client, "tertahan")  # the first page fills caches
        with CaptureQueriesContext(connection) as few:
            shown(admin_client, "tertahan")
        held(office, *range(2, 60))
        with CaptureQueriesContext(connection) as many:
            shown(admin_client, "tertahan")
        assert len(many) == len(few)

    def test_pages_through_all_rows_once(self, admin_client: Client, office: Office) -> None:
        rows = held(office, *range(1, 61))
        first = admin_client.get(reverse("desk:queue", args=["tertahan"]))
        second = admin_client.get(first.context["next"])
        seen = [line.pk for answer in (first, second) for line in answer.context["lines"]]
        assert sorted(map(int, seen)) == sorted(row.pk for row in rows)


class TestTaking:
    def test_keeps_a_row_from_every_other_clerk(self, office: Office, clerk: Clerk) -> None:
        (row,) = held(office, 1)
        sari, budi = clerk("sari"), clerk("budi")
        press(sari, "tertahan", row, "take")
        press(budi, "tertahan", row, "lepaskan")
        row.refresh_from_db()
        assert row.state == "held"
        assert "sari" in shown(budi, "tertahan")
        assert "Meja ini kosong" in shown(budi, "tertahan", whose="free")
        press(sari, "tertahan", row, "lepaskan")
        row.refresh_from_db()
        assert row.state == "waiting"
        assert not Assignment.objects.exists()

    def test_ends_by_itself_after_a_while(self, office: Office) -> None:
        now = timezone.now()
        late = now + assignments.LEASE + timedelta(seconds=1)
        what = {"subject": Subject.REQUEST, "subject_id": "7"}
        assert assignments.take(**what, clerk="sari", now=now)  # type: ignore[arg-type]
        assert not assignments.take(**what, clerk="budi", now=now)  # type: ignore[arg-type]
        assert assignments.take(**what, clerk="budi", now=late)  # type: ignore[arg-type]

    def test_is_given_back_by_its_clerk_only(self, office: Office, clerk: Clerk) -> None:
        (row,) = held(office, 1)
        sari, budi = clerk("sari"), clerk("budi")
        press(sari, "tertahan", row, "take")
        press(budi, "tertahan", row, "give-back")
        assert Assignment.objects.get().clerk == "sari"
        press(sari, "tertahan", row, "give-back")
        assert not Assignment.objects.exists()

    def test_is_decided_by_a_supervisor_over_every_clerk(self, office: Office, clerk: Clerk) -> None:
        (row,) = held(office, 1)
        sari, supervisor = clerk("sari"), clerk("supervisor")
        press(sari, "tertahan", row, "take")
        press(supervisor, "tertahan", row, "assign", clerk="supervisor")
        assert Assignment.objects.get().clerk == "supervisor"
        press(supervisor, "tertahan", row, "assign", clerk="nobody")
        assert Assignment.objects.get().clerk == "supervisor"


class TestExceptions:
    def test_says_the_owner_the_next_step_and_the_counter(self, admin_client: Client, office: Office) -> None:
        a_problem(office, 1)
        page = shown(admin_client, "masalah")
        for word in ("gagal rekam di daerah", "operator perekaman: Kirim ulang", "1×", "lewat tenggat"):
            assert word in page

    def test_sends_again(self, admin_client: Client, office: Office) -> None:
        recording = a_problem(office, 1)
        press(admin_client, "masalah", recording, "kirim-ulang")
        recording.refresh_from_db()
        assert recording.state == "recorded"
        assert Event.objects.latest("id").actor == "admin"

    def test_hands_out_the_ministrys_list_and_writes_that_down(
        self, admin_client: Client, office: Office
    ) -> None:
        recording = a_problem(office, 1, status="DUPLICATE_RECORD")
        a_problem(office, 2)
        text = admin_client.post(reverse("desk:deletions")).content.decode("utf-8-sig")
        assert str(recording.pk) in text
        assert len(text.splitlines()) == 2
        assert list(AccessLog.objects.values_list("resident", "deed")) == [
            (recording.resident_id, Deed.EXPORTED)
        ]


class TestWholeKinds:
    def test_are_given_to_a_worker(self, admin_client: Client, office: Office) -> None:
        held(office, 1, 2, 3)
        assert "Lepaskan semua dari jenis ini" in shown(admin_client, "tertahan", kind="policy")
        answer = admin_client.post(reverse("desk:act_on_all", args=["tertahan"]), {"kind": "policy"})
        job = BulkJob.objects.get()
        assert (job.deed, job.total) == ("release", 3)
        assert answer.headers["Location"].endswith(f"/bulkjob/{job.pk}/change/")

    def test_are_never_everything(self, admin_client: Client, office: Office) -> None:
        held(office, 1)
        assert admin_client.post(reverse("desk:act_on_all", args=["tertahan"])).status_code == 403
        assert admin_client.post(reverse("desk:act_on_all", args=["diragukan"])).status_code == 403


class TestDoubts:
    @pytest.fixture
    def doubt(self, ready: CardRequest, printer: object, device: object) -> PrintJob:  # noqa: F811
        begin(printer)  # type: ignore[arg-type]
        job = PrintJob.objects.get()
        job.move(to="in_doubt", at=NOW, actor=ACTOR)
        return job

    def test_asks_one_question_and_takes_its_answer(self, admin_client: Client, doubt: PrintJob) -> None:
        page = shown(admin_client, "diragukan")
        assert "Kartunya ada di baki printer?" in page
        press(admin_client, "diragukan", doubt, "ada")
        doubt.refresh_from_db()
        assert doubt.state == "printed"

    def test_answers_a_second_clerk_with_a_sentence(self, clerk: Clerk, doubt: PrintJob) -> None:
        press(clerk("sari"), "diragukan", doubt, "ada")
        answer = clerk("budi").post(reverse("desk:act", args=["diragukan", doubt.pk]), {"deed": "rusak"})
        assert answer.status_code in (302, 404)
        doubt.refresh_from_db()
        assert doubt.state == "printed"


class TestCards:
    @pytest.fixture
    def card(self, office: Office) -> CardRequest:
        """A card that has been lying there for a hundred days."""
        (row,) = factories.waiting(office, 1)
        at = timezone.now() - timedelta(days=100)
        for state in ("authorizing", "ready_to_print", "printing", "printed", "ready_for_pickup"):
            row.move(to=state, at=at, actor=ACTOR)
        return row

    def test_hands_a_card_over(self, admin_client: Client, card: CardRequest) -> None:
        press(admin_client, "siap-diambil", card, "serahkan", collector="Contoh 1", match="matched")
        card.refresh_from_db()
        assert card.state == "handed_over"

    def test_gives_no_card_to_another_finger(self, admin_client: Client, card: CardRequest) -> None:
        press(admin_client, "siap-diambil", card, "serahkan", collector="Contoh 1", match="no_match")
        press(admin_client, "siap-diambil", card, "serahkan", collector="", match="matched")
        card.refresh_from_db()
        assert card.state == "ready_for_pickup"

    def test_puts_away_what_nobody_fetched_and_brings_it_back(
        self, admin_client: Client, card: CardRequest
    ) -> None:
        press(admin_client, "siap-diambil", card, "simpan")
        card.refresh_from_db()
        assert card.state == "unclaimed"
        press(admin_client, "tidak-diambil", card, "kembalikan")
        card.refresh_from_db()
        assert card.state == "ready_for_pickup"

    def test_writes_down_who_opened_the_row(self, admin_client: Client, card: CardRequest) -> None:
        page = admin_client.get(reverse("desk:row", args=["siap-diambil", card.pk]))
        assert "Pencocokan 1:1" in page.content.decode()
        assert AccessLog.objects.get().page == "desk siap-diambil"
