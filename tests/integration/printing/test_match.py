"""Does the comparison of the three books find every fault that was sown, and nothing where there is none?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pgtrigger
import pytest
from django.urls import reverse

from printing.findings import KINDS
from printing.models import Finding, PrintAttempt, PrintAuthorization, Printer, PrintJob
from printing.printers.memory import MemoryPrinter
from printing.services import authorizations, inspection, match, outcomes, prints
from printing.states import HoldReason, RequestState
from registry.central.contract import Attempt, AttemptOutcome, Reason
from registry.central.memory import MemoryCentral
from registry.models import BlankMovement, Office
from registry.services import blanks
from tests import factories

LATER = factories.NOW + timedelta(hours=30)
LEASE = timedelta(seconds=90)
pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    office = factories.an_office()
    blanks.receive(
        office=office, quantity=100, minutes="BA-1", received_on=date(2017, 11, 3), now=factories.NOW,
        actor="test",
    )  # fmt: skip
    return office


@pytest.fixture
def centre(office: Office) -> MemoryCentral:
    """A centre whose clock goes with the tests', and which has sent the blanks."""
    centre = MemoryCentral(clock=lambda: factories.NOW)
    for number in range(1, 20):
        centre.see(factories.nik_of(number))
    centre.send_blanks(office.code, 100, month="2017-11")
    return centre


@pytest.fixture
def cards(office: Office, centre: MemoryCentral) -> list[PrintAttempt]:
    """Three cards that came out and of which the centre knows; the second one at the second try."""
    Printer.objects.create(office=office, name="1", driver="memory", address="1", depth=3)
    return make(office, centre, 1, 2, 3)


class TestCleanBooks:
    def test_give_no_finding(self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]) -> None:
        run = compare(office, centre)

        assert (run.centre_heard, run.commands, run.found) == (True, 3, 0)

    def test_give_none_after_a_card_was_found_bad(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        inspection.spoil(job=cards[0].job, reason="tergores", actor="siti", now=factories.NOW)

        assert open_kinds(office, centre) == []

    def test_give_none_while_a_card_is_being_made(self, office: Office, centre: MemoryCentral) -> None:
        Printer.objects.create(office=office, name="1", driver="memory", address="1", depth=3)
        begin(office, centre, 4)

        assert open_kinds(office, centre, now=factories.NOW) == []


class TestSownFaults:
    def test_a_command_that_nobody_here_asked_for(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        centre.request_command(key=uuid4(), nik=factories.nik_of(9), office=office.code, reason=Reason("new"))

        assert open_kinds(office, centre) == ["command-unknown-here"]

    def test_a_command_that_the_centre_does_not_have(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        heard = hear(office, centre)
        heard.commands[:] = heard.commands[1:]

        match.compare(office=office, heard=heard, now=LATER)

        assert kinds() == ["command-unknown-there"]

    def test_a_card_that_the_centre_does_not_count(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        heard = hear(office, centre)
        heard.commands[0] = replace(heard.commands[0], attempts=())

        match.compare(office=office, heard=heard, now=LATER)

        assert kinds() == ["card-not-counted"]

    def test_a_card_of_which_only_the_centre_knows(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        heard = hear(office, centre)
        (told,) = heard.commands[0].attempts
        strange = replace(told, n=2, blank="B-STRANGE")
        heard.commands[0] = replace(heard.commands[0], attempts=(told, strange))

        match.compare(office=office, heard=heard, now=LATER)

        assert kinds() == ["attempt-unknown-here"]
        assert Finding.objects.get().subject == "B-STRANGE"

    def test_another_blank_than_ours(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        heard = hear(office, centre)
        (told,) = heard.commands[0].attempts
        heard.commands[0] = replace(heard.commands[0], attempts=(replace(told, blank="B-OTHER"),))

        match.compare(office=office, heard=heard, now=LATER)

        assert kinds() == ["attempt-differs"]

    def test_a_blank_that_went_and_made_nothing(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        blanks.reserve(
            office=office, references=["ektp-999-1-lost:reserved"], now=factories.NOW, actor="thief"
        )

        assert open_kinds(office, centre) == ["blank-without-card"]

    def test_a_card_for_which_no_blank_went(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        with pgtrigger.ignore():
            BlankMovement.objects.filter(reference__startswith=cards[0].name).delete()

        assert open_kinds(office, centre) == ["card-without-blank"]

    def test_a_blank_that_lies_elsewhere_than_its_card(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        with pgtrigger.ignore():
            settled = BlankMovement.objects.filter(
                reference__startswith=cards[0].name, reference__endswith=":settled"
            )
            settled.update(target="store")

        assert open_kinds(office, centre) == ["blank-elsewhere"]

    def test_numbers_of_the_month_that_differ(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        centre.send_blanks(office.code, 50, month="2017-11")
        heard = hear(office, centre)
        heard.months[1] = replace(heard.months[1], printed=7, spoiled=1)

        match.compare(office=office, heard=heard, now=LATER)

        assert kinds() == ["month-blanks", "month-printed", "month-spoiled"]


class TestFindings:
    def test_disappear_only_when_they_are_true_no_more(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        centre.send_blanks(office.code, 50, month="2017-11")
        compare(office, centre)
        compare(office, centre, now=LATER + timedelta(days=1))
        assert Finding.objects.get().resolved_at is None

        blanks.receive(
            office=office, quantity=50, minutes="BA-2", received_on=date(2017, 11, 20), now=LATER,
            actor="test",
        )  # fmt: skip
        compare(office, centre, now=LATER + timedelta(days=2))

        finding = Finding.objects.get()
        assert finding.resolved_at == LATER + timedelta(days=2)
        assert finding.first_seen == LATER

    def test_stay_open_while_the_centre_cannot_be_asked(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt]
    ) -> None:
        centre.send_blanks(office.code, 50, month="2017-11")
        compare(office, centre)
        centre.break_down()

        run = compare(office, centre, now=LATER + timedelta(days=1))

        assert not run.centre_heard
        assert kinds() == ["month-blanks"]

    def test_all_have_an_owner_and_a_remedy(self) -> None:
        assert all(kind.owner and kind.remedy and kind.label for kind in KINDS.values())


class TestCardsThatOnlyTheCentreRemembers:
    """The office went back to a backup that was made when the command was here and the card was not."""

    def test_are_not_printed_again(self, office: Office, centre: MemoryCentral) -> None:
        factories.waiting(office, 1, 2)
        grant(office, centre, 2)
        first, second = PrintAuthorization.objects.order_by("id")
        assert first.command_id is not None
        centre.report_attempt(
            first.command_id,
            Attempt(n=1, outcome=AttemptOutcome.PRINTED, blank="B-1", printer="1", at=factories.NOW),
        )

        compare(office, centre)

        forgotten, other = first.request, second.request
        forgotten.refresh_from_db()
        other.refresh_from_db()
        assert (forgotten.state, forgotten.hold_reason) == (RequestState.HELD, HoldReason.DATA_QUERY)
        assert other.state == RequestState.READY_TO_PRINT


class TestPage:
    def test_shows_what_is_open_and_what_to_do(
        self, office: Office, centre: MemoryCentral, cards: list[PrintAttempt], admin_client: object
    ) -> None:
        centre.send_blanks(office.code, 50, month="2017-11")
        compare(office, centre)

        page = admin_client.get(reverse("admin:printing_finding_changelist")).content.decode()  # type: ignore[attr-defined]

        assert "2017-11" in page
        assert "Cocokkan sekarang" in page
        assert str(KINDS["month-blanks"].remedy)[:30] in page


# --- Steps ------------------------------------------------------------------------------------


def grant(office: Office, centre: MemoryCentral, count: int) -> None:
    """Print commands for so many people from the front of the line."""
    claimed = authorizations.claim(office=office, limit=count, now=factories.NOW, lease=LEASE)
    answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
    authorizations.record(answers=answers, now=factories.NOW)


def begin(office: Office, centre: MemoryCentral, *numbers: int) -> tuple[Printer, list[prints.Begun]]:
    factories.waiting(office, *numbers)
    now = factories.NOW
    grant(office, centre, len(numbers))
    printer = Printer.objects.get()
    jobs = prints.claim(printer=printer, limit=len(numbers), now=now, lease=LEASE)
    documents = prints.draw(jobs=jobs, today=now.date())
    return printer, prints.begin(printer=printer, jobs=jobs, documents=documents, now=now, lease=LEASE)


def make(office: Office, centre: MemoryCentral, *numbers: int) -> list[PrintAttempt]:
    """Cards for these people, told to the centre."""
    now = factories.NOW
    printer, begun = begin(office, centre, *numbers)
    results = [prints.send(begun=one, printer=MemoryPrinter()) for one in begun]
    prints.settle(printer=printer, results=results, now=now, check_required=False)
    told = outcomes.claim(office=office, limit=50, now=now, lease=LEASE)
    outcomes.record(told=[outcomes.tell(attempt=row, central=centre) for row in told], now=now)
    assert PrintJob.objects.filter(state="printed").count() == len(numbers)
    return list(PrintAttempt.objects.select_related("job").order_by("id"))


def hear(office: Office, centre: MemoryCentral, *, now: datetime = LATER) -> match.Heard:
    heard = match.collect(office=office, central=centre, now=now)
    assert heard is not None
    return heard


def compare(office: Office, centre: MemoryCentral, *, now: datetime = LATER):  # type: ignore[no-untyped-def]
    heard = match.collect(office=office, central=centre, now=now)
    return match.compare(office=office, heard=heard, now=now)


def kinds() -> list[str]:
    return sorted(Finding.objects.filter(resolved_at=None).values_list("kind", flat=True))


def open_kinds(office: Office, centre: MemoryCentral, *, now: datetime = LATER) -> list[str]:
    compare(office, centre, now=now)
    return kinds()
