"""Does the folder keep every card it promised, and none that it did not?"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from printing.printers.base import PrintDoubt, PrinterUnavailable, PrintState, Sheet
from printing.printers.folder import FolderPrinter

SHEET = Sheet("ektp-1-1-abc", b"%PDF-1.4 card")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tray"


@pytest.fixture
def printer(folder: Path) -> FolderPrinter:
    return FolderPrinter(folder=folder)


def behave(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "printer.json").write_text(text)


def disk_full(*_args: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestSend:
    def test_writes_the_document_under_the_job_s_name(self, folder: Path, printer: FolderPrinter) -> None:
        printer.send(SHEET)
        assert (folder / "ektp-1-1-abc.pdf").read_bytes() == SHEET.document

    def test_leaves_nothing_else_behind(self, folder: Path, printer: FolderPrinter) -> None:
        printer.send(SHEET)
        assert {file.name for file in folder.iterdir()} == {"ektp-1-1-abc.pdf", ".lock"}

    def test_never_writes_a_name_twice(self, folder: Path, printer: FolderPrinter) -> None:
        printer.send(SHEET)
        assert printer.send(Sheet(SHEET.name, b"another")).state is PrintState.DONE
        assert (folder / "ektp-1-1-abc.pdf").read_bytes() == SHEET.document

    def test_makes_one_card_when_all_threads_send_the_same(
        self, folder: Path, printer: FolderPrinter
    ) -> None:
        sheets = [Sheet(SHEET.name, b"%d" % n) for n in range(16)]
        with ThreadPoolExecutor(8) as pool:
            assert {result.state for result in pool.map(printer.send, sheets)} == {PrintState.DONE}
        assert len(list(folder.glob("*.pdf"))) == 1

    def test_keeps_a_name_with_slashes_in_the_folder(self, folder: Path, printer: FolderPrinter) -> None:
        printer.send(Sheet("../../outside", b"x"))
        assert [file.name for file in folder.glob("*.pdf")] == ["..%2F..%2Foutside.pdf"]

    @pytest.mark.parametrize("name", ["", "x" * 300, "é" * 90])
    def test_refuses_a_name_that_no_file_can_have(self, printer: FolderPrinter, name: str) -> None:
        with pytest.raises(PrinterUnavailable):
            printer.send(Sheet(name, b"x"))

    def test_never_lists_the_folder(
        self, folder: Path, printer: FolderPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hundred thousand cards may lie in it."""
        for lister in ("listdir", "scandir"):
            monkeypatch.setattr(os, lister, None)
        printer.send(SHEET)
        printer.find(SHEET.name)
        printer.withdraw("another")
        monkeypatch.undo()


class TestFullDisk:
    def test_before_the_card_has_its_name_means_that_nothing_was_printed(
        self, folder: Path, printer: FolderPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "fsync", disk_full)
        with pytest.raises(PrinterUnavailable, match="No space"):
            printer.send(SHEET)
        assert list(folder.iterdir()) == []

    def test_after_it_is_a_doubt(self, printer: FolderPrinter, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(printer, "_sync_folder", disk_full)
        with pytest.raises(PrintDoubt):
            printer.send(SHEET)
        assert printer.find(SHEET.name).state is PrintState.DONE


class TestWithdraw:
    def test_stops_a_sender_that_comes_late(self, folder: Path, printer: FolderPrinter) -> None:
        assert printer.withdraw(SHEET.name)
        with pytest.raises(PrinterUnavailable):
            FolderPrinter(folder=folder).send(SHEET)
        assert printer.find(SHEET.name).state is PrintState.UNKNOWN

    def test_may_be_said_twice(self, printer: FolderPrinter) -> None:
        assert printer.withdraw(SHEET.name)
        assert printer.withdraw(SHEET.name)

    def test_waits_for_a_card_that_is_being_made(self, folder: Path) -> None:
        hasty = FolderPrinter(folder=folder, patience=0.0)
        folder.mkdir()
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(PrinterUnavailable):
                hasty.withdraw(SHEET.name)


class TestBehaviour:
    @pytest.mark.parametrize(
        ("said", "hold"),
        [
            ({"reasons": ["media-empty"]}, "no-blank"),
            ({"reasons": ["media-jam"]}, "printer-down"),
            ({"accepting": False}, "printer-down"),
            ({"reasons": ["marker-supply-low"]}, ""),
            ({}, ""),
        ],
    )
    def test_is_turned_while_it_runs(
        self, folder: Path, printer: FolderPrinter, said: dict[str, object], hold: str
    ) -> None:
        assert printer.condition().hold_reason == ""
        behave(folder, json.dumps(said))
        assert printer.condition().hold_reason == hold

    def test_a_jam_stops_the_cards_and_its_end_lets_them_go_on(
        self, folder: Path, printer: FolderPrinter
    ) -> None:
        behave(folder, '{"reasons": ["media-jam"]}')
        with pytest.raises(PrinterUnavailable, match="printer-down"):
            printer.send(SHEET)
        (folder / "printer.json").unlink()
        assert printer.send(SHEET).state is PrintState.DONE

    def test_spoils_about_one_in_so_many_and_always_the_same(
        self, folder: Path, printer: FolderPrinter
    ) -> None:
        behave(folder, '{"fail_every": 4}')
        first = [printer.send(Sheet(f"job-{n}", b"x")).state for n in range(80)]
        assert 5 < first.count(PrintState.FAILED) < 40
        assert [printer.find(f"job-{n}").state for n in range(80)] == first

    @pytest.mark.parametrize(
        "nonsense",
        [
            "",
            "{",
            "[]",
            '"media-empty"',
            '{"reason": []}',
            '{"reasons": "media-empty"}',
            '{"reasons": 5}',
            '{"seconds_per_card": "fast"}',
            '{"seconds_per_card": -1}',
            '{"seconds_per_card": 1e9}',
            '{"seconds_per_card": NaN}',
            '{"fail_every": null}',
        ],
    )
    def test_nonsense_is_a_printer_that_cannot_be_used(
        self, folder: Path, printer: FolderPrinter, nonsense: str
    ) -> None:
        behave(folder, nonsense)
        ask: Callable[[], object]
        for ask in (printer.condition, lambda: printer.send(SHEET)):
            with pytest.raises(PrinterUnavailable, match=r"printer\.json"):
                ask()

    def test_a_slow_card_takes_its_time_and_comes(self, folder: Path, printer: FolderPrinter) -> None:
        behave(folder, '{"seconds_per_card": 0.01}')
        with ThreadPoolExecutor(4) as pool:
            states = list(pool.map(lambda n: printer.send(Sheet(f"job-{n}", b"x")).state, range(8)))
        assert states == [PrintState.DONE] * 8
