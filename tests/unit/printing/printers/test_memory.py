"""Does the twin behave as badly as it is told?"""

from __future__ import annotations

import pytest

from printing.printers.base import PrintDoubt, PrinterUnavailable, PrintState, Sheet
from printing.printers.memory import MemoryPrinter

SHEET = Sheet("ektp-1-1-abc", b"%PDF")


@pytest.fixture
def printer() -> MemoryPrinter:
    return MemoryPrinter()


class TestMemoryPrinter:
    def test_makes_a_second_card_of_a_name_that_is_sent_twice(self, printer: MemoryPrinter) -> None:
        """As a real printer does: a test must be able to see the mistake."""
        printer.send(SHEET)
        printer.send(SHEET)
        assert printer.cards == [SHEET.name] * 2

    def test_loses_an_answer_but_not_the_card(self, printer: MemoryPrinter) -> None:
        printer.lose_next_answer()
        with pytest.raises(PrintDoubt):
            printer.send(SHEET)
        assert printer.find(SHEET.name).state is PrintState.DONE

    def test_loses_a_document(self, printer: MemoryPrinter) -> None:
        printer.lose_next_document()
        with pytest.raises(PrintDoubt):
            printer.send(SHEET)
        assert printer.find(SHEET.name).state is PrintState.UNKNOWN
        assert printer.cards == []

    def test_forgets_jobs_but_not_cards_and_then_promises_nothing(self, printer: MemoryPrinter) -> None:
        printer.send(SHEET)
        printer.forget_jobs()
        assert printer.find(SHEET.name).state is PrintState.UNKNOWN
        assert printer.cards == [SHEET.name]
        assert not printer.withdraw(SHEET.name)

    def test_keeps_a_job_waiting_until_it_is_finished(self, printer: MemoryPrinter) -> None:
        printer.keep_next_waiting()
        assert printer.send(SHEET).state is PrintState.PENDING
        assert printer.cards == []
        printer.finish(SHEET.name)
        assert printer.find(SHEET.name).state is PrintState.DONE
        assert printer.cards == [SHEET.name]

    def test_withdraws_a_job_that_waits(self, printer: MemoryPrinter) -> None:
        printer.keep_next_waiting()
        printer.send(SHEET)
        assert printer.withdraw(SHEET.name)
        with pytest.raises(PrinterUnavailable):
            printer.send(SHEET)

    def test_spoils_one_card_only(self, printer: MemoryPrinter) -> None:
        printer.spoil_next("jam at the end")
        assert printer.send(SHEET).detail == "jam at the end"
        assert printer.send(Sheet("next", b"")).state is PrintState.DONE

    def test_holds_while_something_is_missing_or_stuck(self, printer: MemoryPrinter) -> None:
        for begin, end, reason in (
            (lambda: printer.run_out_of("media"), lambda: printer.refill("media"), "no-blank"),
            (lambda: printer.run_out_of("ribbon"), lambda: printer.refill("ribbon"), "no-ribbon"),
            (printer.jam, printer.clear_jam, "printer-down"),
        ):
            begin()
            assert printer.condition().hold_reason == reason
            end()
            assert printer.condition().hold_reason == ""

    def test_comes_back(self, printer: MemoryPrinter) -> None:
        printer.go_offline()
        with pytest.raises(PrinterUnavailable):
            printer.condition()
        printer.come_back()
        assert printer.send(SHEET).state is PrintState.DONE
