"""How does a folder stand in for a printer?

A card is a PDF file named after its job, whole and on the disk before it has its name. So the folder
never forgets, never prints a name twice, and can promise that a job will never print. While it runs,
a file ``printer.json`` beside the cards makes it slow, empty, jammed or clumsy::

    {"seconds_per_card": 0.1, "reasons": ["media-empty"], "accepting": true, "fail_every": 50}

No call lists the folder: a hundred thousand cards cost no more than one.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.utils.translation import gettext as _

from printing.printers.base import (
    PATIENCE,
    Condition,
    PrintDoubt,
    PrinterUnavailable,
    PrintResult,
    PrintState,
    Sheet,
)

BEHAVIOUR = "printer.json"
LOCK = ".lock"
CARD, FAILED, WITHDRAWN = ".pdf", ".failed", ".withdrawn"
LONGEST_NAME = 200  # bytes of a job name as a file name; most file systems take 255 with every suffix
LOOK = 0.002  # seconds between two looks at a taken lock, when a card takes no time


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the pretended machine behaves: what ``printer.json`` says, or a perfect one."""

    seconds_per_card: float = 0.0
    reasons: tuple[str, ...] = ()
    accepting: bool = True
    fail_every: int = 0  # one card in so many is spoiled, by its name and so the same in every process

    def spoils(self, name: str) -> bool:
        """True when the card of this name goes wrong."""
        return self.fail_every > 0 and zlib.crc32(name.encode()) % self.fail_every == 0


class FolderPrinter:
    """A folder of PDF files that makes one card at a time, whichever process sends it."""

    def __init__(self, *, folder: Path, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.patience = patience

    def condition(self) -> Condition:
        """What ``printer.json`` says. Raises PrinterUnavailable when it cannot be understood."""
        with self._reachable():
            behaviour = _behaviour(self.folder / BEHAVIOUR)
        return Condition(accepting=behaviour.accepting, reasons=behaviour.reasons)

    def send(self, sheet: Sheet) -> PrintResult:
        """Write the card, or find that it is there already."""
        with self._reachable():
            behaviour = _behaviour(self.folder / BEHAVIOUR)
            condition = Condition(accepting=behaviour.accepting, reasons=behaviour.reasons)
            if condition.hold_reason:
                raise PrinterUnavailable(condition.hold_reason)
            result = PrintResult(PrintState.DONE, reference=sheet.name)
            suffix, content = CARD, sheet.document
            if behaviour.spoils(sheet.name):
                result = PrintResult(
                    PrintState.FAILED, reference=sheet.name, detail=_("Kartu rusak (printer contoh).")
                )
                suffix, content = FAILED, result.detail.encode()
            written = self._write(content)
            try:
                with self._lane(every=behaviour.seconds_per_card / 50):
                    known = self._known(sheet.name)
                    if known.state is not PrintState.UNKNOWN:
                        return known
                    if self._file(sheet.name, WITHDRAWN).exists():
                        raise PrinterUnavailable(_("Pekerjaan ini sudah ditarik."))
                    time.sleep(behaviour.seconds_per_card)
                    written.replace(self._file(sheet.name, suffix))
            finally:
                written.unlink(missing_ok=True)
        self._settle()
        return result

    def find(self, name: str) -> PrintResult:
        """DONE or FAILED as the files say. A card that is being made is not there yet: UNKNOWN."""
        with self._reachable():
            return self._known(name)

    def withdraw(self, name: str) -> bool:
        """Leave a mark that a late sender must respect; False when the blank was used already."""
        with self._reachable():
            mark = self._write(b"")
            try:
                with self._lane(every=LOOK):
                    if self._known(name).state is not PrintState.UNKNOWN:
                        return False
                    mark.replace(self._file(name, WITHDRAWN))
            finally:
                mark.unlink(missing_ok=True)
            self._sync_folder()
        return True

    # --- Files --------------------------------------------------------------------------------

    def _known(self, name: str) -> PrintResult:
        if self._file(name, CARD).exists():
            return PrintResult(PrintState.DONE, reference=name)
        try:
            reason = self._file(name, FAILED).read_text()
        except FileNotFoundError:
            return PrintResult(PrintState.UNKNOWN)
        return PrintResult(PrintState.FAILED, reference=name, detail=reason)

    def _file(self, name: str, suffix: str) -> Path:
        safe = quote(name, safe="")
        if not safe or len(safe) > LONGEST_NAME:
            raise PrinterUnavailable(_("Nama pekerjaan tidak dapat menjadi nama berkas."))
        return self.folder / f"{safe}{suffix}"

    def _write(self, content: bytes) -> Path:
        """The content in a file of its own without a job's name yet, safe on the disk."""
        path = self.folder / f".{uuid4().hex}"
        try:
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _settle(self) -> None:
        """The new name itself must survive a power cut; if that fails, nobody can tell."""
        try:
            self._sync_folder()
        except OSError as error:
            raise PrintDoubt(_said(error)) from error

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @contextmanager
    def _lane(self, *, every: float) -> Iterator[None]:
        """One card at a time. The lock is the kernel's: it goes with the process that held it."""
        deadline = time.monotonic() + self.patience
        with (self.folder / LOCK).open("ab") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise PrinterUnavailable(_("Printer sibuk.")) from None
                    time.sleep(max(every, LOOK))
            yield

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """Whatever the file system refuses before a card has its name means: nothing was printed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise PrinterUnavailable(_said(error)) from error


def _said(error: OSError) -> str:
    """Why, without the path: file names are nobody's business in an event."""
    return _("Folder printer: %(reason)s") % {"reason": error.strerror or type(error).__name__}


def _behaviour(path: Path) -> Behaviour:
    """Read ``printer.json``; no file is a perfect machine. Raises PrinterUnavailable for nonsense."""
    try:
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Behaviour()
    except ValueError:
        raise PrinterUnavailable(_("printer.json tidak dapat dibaca.")) from None
    try:
        return _understood(**said)
    except (TypeError, ValueError):
        raise PrinterUnavailable(_("printer.json berisi nilai yang tidak dikenal.")) from None


def _understood(
    *, seconds_per_card: Any = 0.0, reasons: Any = (), accepting: Any = True, fail_every: Any = 0
) -> Behaviour:
    behaviour = Behaviour(
        seconds_per_card=float(seconds_per_card),
        reasons=tuple(str(reason) for reason in reasons),
        accepting=bool(accepting),
        fail_every=int(fail_every),
    )
    if not 0 <= behaviour.seconds_per_card <= PATIENCE or isinstance(reasons, str):
        raise ValueError
    return behaviour
