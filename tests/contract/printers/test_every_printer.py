"""Does every driver keep what the Printer protocol promises?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from printing.printers.base import Printer, PrinterUnavailable, PrintState, Sheet
from tests.contract.printers.rigs import RIGS, Rig

DOCUMENT = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig: Rig = RIGS[request.param](tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def printer(rig: Rig) -> Printer:
    return rig.printer()


def sheet(name: str = "") -> Sheet:
    return Sheet(name or f"ektp-1-1-{uuid4().hex}", DOCUMENT)


class TestAReadyPrinter:
    def test_holds_nothing_back(self, printer: Printer) -> None:
        condition = printer.condition()
        assert condition.accepting
        assert condition.hold_reason == ""

    def test_makes_a_card(self, rig: Rig, printer: Printer) -> None:
        assert printer.send(sheet()).state is PrintState.DONE
        assert rig.cards() == 1

    def test_knows_the_job_by_name_when_another_client_asks(self, rig: Rig, printer: Printer) -> None:
        sent = sheet()
        printer.send(sent)
        assert rig.printer().find(sent.name).state is PrintState.DONE

    def test_tells_jobs_apart(self, printer: Printer) -> None:
        printer.send(sheet("ektp-1-1-a"))
        printer.send(sheet("ektp-1-2-a"))
        assert printer.find("ektp-1-1-a").reference != printer.find("ektp-1-2-a").reference

    def test_does_not_know_a_job_that_never_was(self, printer: Printer) -> None:
        assert printer.find("ektp-0-0-none").state is PrintState.UNKNOWN

    @pytest.mark.parametrize("name", ["a b/c", "../ektp", "kartu-é-'%s'", "x" * 60])
    def test_takes_any_name(self, rig: Rig, printer: Printer, name: str) -> None:
        assert printer.send(sheet(name)).state is PrintState.DONE
        assert printer.find(name).state is PrintState.DONE
        assert rig.cards() == 1

    def test_never_promises_that_a_printed_card_will_not_come(self, printer: Printer) -> None:
        sent = sheet()
        printer.send(sent)
        assert printer.withdraw(sent.name) is False

    def test_makes_a_card_for_every_done_when_many_send_at_once(self, rig: Rig, printer: Printer) -> None:
        """A printer that is busy may refuse, but then no card comes out."""

        def send(_n: int) -> bool:
            try:
                return printer.send(sheet()).state is PrintState.DONE
            except PrinterUnavailable:
                return False

        with ThreadPoolExecutor(4) as pool:
            done = sum(pool.map(send, range(12)))
        assert done >= 1
        assert rig.cards() == done


class TestAnEmptyPrinter:
    def test_says_that_blanks_are_missing(self, rig: Rig, printer: Printer) -> None:
        rig.run_out_of_media()
        assert printer.condition().hold_reason == "no-blank"

    def test_is_sent_nothing(self, rig: Rig, printer: Printer) -> None:
        rig.run_out_of_media()
        refused = sheet()
        with pytest.raises(PrinterUnavailable, match="no-blank"):
            printer.send(refused)
        assert printer.find(refused.name).state is PrintState.UNKNOWN
        assert rig.cards() == 0


class TestAClumsyPrinter:
    def test_says_that_the_card_failed_and_says_it_again(self, rig: Rig, printer: Printer) -> None:
        rig.spoil_cards()
        spoiled = sheet()
        assert printer.send(spoiled).state is PrintState.FAILED
        assert rig.printer().find(spoiled.name).state is PrintState.FAILED
        assert rig.cards() == 0


class TestAPrinterThatVanished:
    def test_surely_prints_nothing(self, rig: Rig, printer: Printer) -> None:
        rig.vanish()
        with pytest.raises(PrinterUnavailable):
            printer.send(sheet())

    def test_answers_no_question(self, rig: Rig, printer: Printer) -> None:
        rig.vanish()
        with pytest.raises(PrinterUnavailable):
            printer.condition()
        with pytest.raises(PrinterUnavailable):
            printer.find("ektp-1-1-a")
        with pytest.raises(PrinterUnavailable):
            printer.withdraw("ektp-1-1-a")

    def test_says_why_without_naming_the_job(self, rig: Rig, printer: Printer) -> None:
        rig.vanish()
        with pytest.raises(PrinterUnavailable) as error:
            printer.send(sheet("ektp-1-1-secret"))
        assert str(error.value)
        assert "secret" not in str(error.value)
