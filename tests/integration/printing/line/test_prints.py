"""Is every card printed once, and every blank accounted for, whatever the printer does?"""

from datetime import timedelta

import pytest

from printing.models import CardRequest, PrintAttempt, Printer, PrintJob
from printing.printers.base import PrintState
from printing.printers.memory import MemoryPrinter
from printing.services import inspection, outcomes, prints
from printing.services.handovers import CannotHandOver, hand_over
from registry.central.memory import MemoryCentral
from registry.models import Office
from registry.selectors.blanks import balances
from registry.services.proof import verify
from tests.factories import ACTOR, NOW, waiting
from tests.integration.printing.line.test_authorizations import ask_all

LEASE = timedelta(seconds=90)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def device() -> MemoryPrinter:
    """The device behind the printer's row."""
    return MemoryPrinter()


def begin(printer: Printer) -> list[prints.Begun]:
    """Claim, draw, and write "sending"."""
    jobs = prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE)
    documents = prints.draw(jobs=jobs, today=NOW.date())
    return prints.begin(printer=printer, jobs=jobs, documents=documents, now=NOW, lease=LEASE)


def print_all(printer: Printer, device: MemoryPrinter, *, check_required: bool = False) -> None:
    """One whole turn at the printer."""
    results = [prints.send(begun=one, printer=device) for one in begin(printer)]
    prints.settle(printer=printer, results=results, now=NOW, check_required=check_required)


def places(office: Office) -> dict[str, int]:
    """Blanks where there are any, without the centre."""
    return {place.value: count for place, count in balances(office=office).items() if count > 0}


@pytest.fixture
def ready(office: Office, centre: MemoryCentral) -> CardRequest:
    """One request with its print command."""
    (request,) = waiting(office, 1)
    ask_all(office, centre)
    request.refresh_from_db()
    return request


def states(request: CardRequest) -> tuple[str, str, str]:
    """Of the request, its newest command and its job."""
    request.refresh_from_db()
    authorization = request.authorizations.latest("id")
    return request.state, authorization.state, authorization.job.state


class TestTheWholeTurn:
    def test_makes_a_card_and_moves_its_blank(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        print_all(printer, device)
        assert states(ready) == ("ready_for_pickup", "used", "printed")
        assert places(office) == {"store": 99, "printed": 1}
        printer.refresh_from_db()
        assert (printer.ribbon_left, printer.film_left) == (499, 499)
        assert verify().fault is None

    def test_waits_for_a_person_where_cards_are_checked(
        self, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        print_all(printer, device, check_required=True)
        assert states(ready)[0] == "printed"
        assert PrintAttempt.objects.get().report_due_at is None
        inspection.approve(job=PrintJob.objects.get(), actor=ACTOR, now=NOW)
        assert states(ready) == ("ready_for_pickup", "used", "checked")
        assert PrintAttempt.objects.get().report_due_at == NOW

    def test_gives_a_printer_no_more_than_its_depth(
        self, office: Office, centre: MemoryCentral, printer: Printer
    ) -> None:
        waiting(office, *range(1, 10))
        ask_all(office, centre)
        assert len(prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE)) == 4
        assert prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE) == []

    def test_gives_nothing_to_a_printer_without_ribbon(self, ready: CardRequest, printer: Printer) -> None:
        Printer.objects.update(ribbon_left=0)
        assert prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE) == []
        prints.replace_supplies(printer=printer, ribbon=True, film=False)
        assert len(prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE)) == 1

    def test_begins_as_many_as_there_are_blanks(
        self, office: Office, centre: MemoryCentral, printer: Printer, device: MemoryPrinter
    ) -> None:
        waiting(office, *range(1, 5))
        ask_all(office, centre)
        prints.blanks.lose(office=office, quantity=98, reference="x", why="uji", now=NOW, actor=ACTOR)
        print_all(printer, device)
        assert sorted(PrintJob.objects.values_list("state", flat=True)) == [
            "printed",
            "printed",
            "queued",
            "queued",
        ]
        assert verify().fault is None

    def test_does_not_begin_on_a_command_about_to_expire(self, ready: CardRequest, printer: Printer) -> None:
        ready.authorizations.update(expires_at=NOW + timedelta(seconds=30))
        assert prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE) == []


class TestFailures:
    def test_puts_the_blank_back_when_surely_nothing_was_sent(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        device.go_offline()
        print_all(printer, device)
        assert states(ready) == ("ready_to_print", "granted", "queued")
        assert places(office) == {"store": 100}
        assert PrintJob.objects.get().attempts == 0

    def test_takes_a_further_blank_when_the_printer_spoils_one(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        device.spoil_next()
        print_all(printer, device)
        assert states(ready) == ("ready_to_print", "granted", "queued")
        print_all(printer, device)
        assert states(ready)[0] == "ready_for_pickup"
        assert places(office) == {"store": 98, "printed": 1, "spoiled": 1}
        assert list(PrintAttempt.objects.order_by("n").values_list("n", "outcome")) == [
            (1, "spoiled"),
            (2, "printed"),
        ]

    def test_lets_a_clerk_decide_when_all_attempts_are_spent(
        self, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        for _attempt in range(prints.ATTEMPTS):
            device.spoil_next()
            print_all(printer, device)
        assert states(ready) == ("held", "granted", "discarded")
        inspection.try_again(job=PrintJob.objects.get(), actor=ACTOR, why="pita baru", now=NOW)
        print_all(printer, device)
        assert states(ready)[0] == "ready_for_pickup"

    def test_finds_a_card_whose_answer_was_lost(
        self, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        device.lose_next_answer()
        print_all(printer, device)
        assert states(ready)[0] == "ready_for_pickup"
        assert len(device.cards) == 1


class TestADeadWorker:
    def test_before_the_wire_costs_nothing(
        self, office: Office, ready: CardRequest, printer: Printer
    ) -> None:
        prints.claim(printer=printer, limit=16, now=NOW, lease=LEASE)
        assert prints.rescue(office=office, now=LATER) == 1
        assert states(ready) == ("ready_to_print", "granted", "queued")

    def test_after_the_wire_is_settled_by_asking_the_printer(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        (begun,) = begin(printer)
        device.send(begun.sheet)
        assert prints.rescue(office=office, now=LATER) == 0
        (job,) = prints.stale_sending(office=office, now=LATER)
        assert prints.look_again(job=job, printer=device, now=LATER, check_required=False) is PrintState.DONE
        assert states(ready)[0] == "ready_for_pickup"
        assert len(device.cards) == 1
        assert verify().fault is None

    def test_whose_late_result_comes_after_the_sweep_changes_nothing(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        (begun,) = begin(printer)
        late = prints.send(begun=begun, printer=device)
        (job,) = prints.stale_sending(office=office, now=LATER)
        prints.look_again(job=job, printer=device, now=LATER, check_required=False)
        prints.settle(printer=printer, results=[late], now=LATER, check_required=False)
        assert places(office) == {"store": 99, "printed": 1}


@pytest.fixture
def in_doubt(office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter) -> PrintJob:
    """A job that was printed by a printer which then forgot it."""
    (begun,) = begin(printer)
    device.send(begun.sheet)
    device.forget_jobs()
    (job,) = prints.stale_sending(office=office, now=LATER)
    prints.look_again(job=job, printer=device, now=LATER, check_required=False)
    job.refresh_from_db()
    return job


class TestInDoubt:
    def test_is_never_printed_again_by_time(
        self, office: Office, in_doubt: PrintJob, printer: Printer
    ) -> None:
        assert in_doubt.state == "in_doubt"
        assert prints.stale_sending(office=office, now=LATER) == []
        assert prints.claim(printer=printer, limit=16, now=LATER, lease=LEASE) == []
        assert places(office) == {"store": 99, "reserved": 1}

    @pytest.mark.parametrize(
        ("seen", "request_state", "there"),
        [
            ("card", "ready_for_pickup", {"store": 99, "printed": 1}),
            ("spoiled", "ready_to_print", {"store": 99, "spoiled": 1}),
            ("blank", "ready_to_print", {"store": 100}),
            ("nothing", "ready_to_print", {"store": 99, "lost": 1}),
        ],
    )
    def test_ends_as_the_clerk_saw(
        self, office: Office, in_doubt: PrintJob, seen: str, request_state: str, there: dict[str, int]
    ) -> None:
        inspection.resolve_doubt(
            job=in_doubt, seen=inspection.Seen(seen), actor="siti", why="baki", now=LATER
        )
        assert CardRequest.objects.get().state == request_state
        assert places(office) == there
        assert verify().fault is None

    def test_is_answered_once(self, in_doubt: PrintJob) -> None:
        inspection.resolve_doubt(job=in_doubt, seen=inspection.Seen.CARD, actor="siti", why="", now=LATER)
        with pytest.raises(inspection.NotNow):
            inspection.resolve_doubt(
                job=in_doubt, seen=inspection.Seen.BLANK, actor="budi", why="", now=LATER
            )


class TestSpoil:
    def test_makes_a_card_anew_on_its_command_while_the_centre_has_not_heard(
        self, office: Office, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        print_all(printer, device)
        inspection.spoil(job=PrintJob.objects.get(), reason="tergores", actor="siti", now=NOW)
        assert states(ready) == ("ready_to_print", "granted", "queued")
        assert places(office) == {"store": 99, "spoiled": 1}

    def test_asks_for_a_new_command_once_the_centre_counts_the_card(
        self,
        office: Office,
        centre: MemoryCentral,
        ready: CardRequest,
        printer: Printer,
        device: MemoryPrinter,
    ) -> None:
        print_all(printer, device)
        report_all(office, centre)
        inspection.spoil(job=PrintJob.objects.get(), reason="tergores", actor="siti", now=NOW)
        ready.refresh_from_db()
        assert (ready.state, ready.reason) == ("waiting", "damaged")
        assert ask_all(office, centre).granted == 1
        print_all(printer, device)
        assert states(ready)[0] == "ready_for_pickup"
        assert len(centre.commands) == 2

    def test_needs_a_reason(self, ready: CardRequest, printer: Printer, device: MemoryPrinter) -> None:
        print_all(printer, device)
        with pytest.raises(inspection.NotNow):
            inspection.spoil(job=PrintJob.objects.get(), reason=" ", actor="siti", now=NOW)


def report_all(office: Office, centre: MemoryCentral) -> int:
    """Tell the centre of every outcome."""
    claimed = outcomes.claim(office=office, limit=100, now=NOW, lease=LEASE)
    return outcomes.record(told=[outcomes.tell(attempt=one, central=centre) for one in claimed], now=NOW)


class TestReports:
    def test_tell_the_centre_of_every_blank_once(
        self,
        office: Office,
        centre: MemoryCentral,
        ready: CardRequest,
        printer: Printer,
        device: MemoryPrinter,
    ) -> None:
        device.spoil_next()
        print_all(printer, device)
        print_all(printer, device)
        assert [report_all(office, centre) for _turn in range(3)] == [1, 1, 0]
        (command,) = centre.commands.values()
        assert [(n, told.outcome) for n, told in command.attempts.items()] == [(1, "spoiled"), (2, "printed")]
        assert len({told.blank for told in command.attempts.values()}) == 2

    def test_are_told_again_after_a_lost_answer(
        self,
        office: Office,
        centre: MemoryCentral,
        ready: CardRequest,
        printer: Printer,
        device: MemoryPrinter,
    ) -> None:
        print_all(printer, device)
        centre.lose_next_answer()
        assert report_all(office, centre) == 0
        PrintAttempt.objects.update(report_due_at=NOW)
        assert report_all(office, centre) == 1
        assert centre.month_counts(office="21.02", month="2017-11").printed == 1

    def test_keep_the_centres_objection(
        self,
        office: Office,
        centre: MemoryCentral,
        ready: CardRequest,
        printer: Printer,
        device: MemoryPrinter,
    ) -> None:
        print_all(printer, device)
        (command,) = centre.commands.values()
        centre.revoke(command.command_id)
        report_all(office, centre)
        assert PrintAttempt.objects.get().report_answer == "command-expired"


class TestHandover:
    def test_ends_the_request_once(self, ready: CardRequest, printer: Printer, device: MemoryPrinter) -> None:
        print_all(printer, device)
        ready.refresh_from_db()
        first = hand_over(request=ready, collector="Contoh 1", match="matched", actor="siti", now=NOW)
        again = hand_over(request=ready, collector="Contoh 1", match="matched", actor="siti", now=LATER)
        assert first == again
        assert states(ready)[0] == "handed_over"

    def test_is_refused_to_somebody_else(
        self, ready: CardRequest, printer: Printer, device: MemoryPrinter
    ) -> None:
        print_all(printer, device)
        with pytest.raises(CannotHandOver):
            hand_over(request=ready, collector="Orang lain", match="no_match", actor="siti", now=NOW)

    def test_is_refused_before_the_card_is_there(self, ready: CardRequest) -> None:
        with pytest.raises(CannotHandOver):
            hand_over(request=ready, collector="Contoh 1", match="matched", actor="siti", now=NOW)
