"""How does a test bring about the same mishap at every driver?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from printing.printers.base import Printer, Sheet
from printing.printers.folder import FolderPrinter
from printing.printers.ipp import IppPrinter
from printing.printers.memory import MemoryPrinter
from tests.ippeveprinter import start_ippeveprinter, stop


class Rig(Protocol):
    """One printer in the hands of a test."""

    def printer(self) -> Printer:
        """A client as a new process would have it."""
        ...

    def cards(self) -> int:
        """How many good cards lie in the tray."""
        ...

    def run_out_of_media(self) -> None:
        """The next question about its condition hears of no media."""
        ...

    def spoil_cards(self) -> None:
        """From now on every card goes wrong."""
        ...

    def vanish(self) -> None:
        """Nobody can reach it any more."""
        ...

    def close(self) -> None:
        """The test is over."""
        ...


class MemoryRig:
    """The twin itself: its client and its machine are one."""

    def __init__(self, room: Path) -> None:
        self._machine = MemoryPrinter()

    def printer(self) -> Printer:
        return self._machine

    def cards(self) -> int:
        return len(self._machine.cards)

    def run_out_of_media(self) -> None:
        self._machine.run_out_of("media")

    def spoil_cards(self) -> None:
        self._machine.spoil_next()

    def vanish(self) -> None:
        self._machine.go_offline()

    def close(self) -> None:
        """Nothing is left of it."""


class FolderRig:
    """Its mishaps are written into ``printer.json``."""

    def __init__(self, room: Path) -> None:
        self._folder = room / "tray"

    def printer(self) -> Printer:
        return FolderPrinter(folder=self._folder)

    def cards(self) -> int:
        return len(list(self._folder.glob("*.pdf")))

    def run_out_of_media(self) -> None:
        self._behave({"reasons": ["media-empty"]})

    def spoil_cards(self) -> None:
        self._behave({"fail_every": 1})

    def vanish(self) -> None:
        for file in self._folder.iterdir() if self._folder.exists() else ():
            file.unlink()
        if self._folder.exists():
            self._folder.rmdir()
        self._folder.write_text("a file where the folder was")

    def close(self) -> None:
        """The test's own folder goes with it."""

    def _behave(self, behaviour: dict[str, object]) -> None:
        self._folder.mkdir(exist_ok=True)
        (self._folder / "printer.json").write_text(json.dumps(behaviour))


COMMAND = """#!/bin/sh
# Runs for every job: what it says on standard error, the printer says of itself.
if [ -e "{room}/empty" ]; then echo "STATE: +media-empty" >&2; fi
if [ -e "{room}/spoil" ]; then exit 1; fi
echo card >> "{room}/tray"
"""


class IppRig:
    """A real IPP printer; a program that it runs for each job reads its mishaps from files."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._clients: list[IppPrinter] = []
        command = room / "print"
        command.write_text(COMMAND.format(room=room))
        command.chmod(0o755)
        self._address, self._process = start_ippeveprinter(room / "spool", "Kontrak", str(command))

    def printer(self) -> Printer:
        client = IppPrinter(address=self._address, patience=30.0)
        self._clients.append(client)
        return client

    def cards(self) -> int:
        tray = self._room / "tray"
        return len(tray.read_text().splitlines()) if tray.exists() else 0

    def run_out_of_media(self) -> None:
        """ippeveprinter learns its state only from a job: one card that is thrown away says so."""
        (self._room / "empty").touch()
        self.printer().send(Sheet("the-last-card", b"%PDF-1.4"))
        (self._room / "tray").write_text("")

    def spoil_cards(self) -> None:
        (self._room / "spoil").touch()

    def vanish(self) -> None:
        stop(self._process)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        stop(self._process)


RIGS = {"memory": MemoryRig, "folder": FolderRig, "ipp": IppRig}
