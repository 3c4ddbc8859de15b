"""How does a real IPP printer lose its power in the middle of a card? ``ippeveprinter``, and a tray.

A card is a file in the tray: ``.failed`` while it is being made, which is what a sudden end leaves, and
``.pdf`` when it has come out. Like any printer it has forgotten every job when it comes back.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.ippeveprinter import start_ippeveprinter

MAKE_A_CARD = """#!/bin/sh
card="{tray}/$IPP_JOB_NAME"
if [ -e "{room}/empty" ]; then
    echo "STATE: +media-empty" >&2
    while [ -e "{room}/empty" ]; do sleep 0.05; done
    echo "STATE: -media-empty" >&2
fi
touch "$card.failed"
sleep 0.3
mv "$card.failed" "$card.pdf"
"""


class CardPrinter:
    """One machine on the network, and its switch."""

    def __init__(self, room: Path) -> None:
        self.tray = room / "tray"
        self.tray.mkdir(parents=True)
        self._room = room
        self._command = room / "make-a-card"
        self._command.write_text(MAKE_A_CARD.format(room=room, tray=self.tray))
        self._command.chmod(0o755)
        self.address, self._process = self._start()

    def wait_for_a_card(self, *, seconds: float) -> bool:
        """Whether a card is in the machine before ``seconds`` are over."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if list(self.tray.glob("*.failed")):
                return True
            time.sleep(0.01)
        return False

    def lose_power(self) -> None:
        """Off, with whatever it was doing."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def come_back(self) -> None:
        """On again, at the same address, with an empty memory."""
        _address, self._process = self._start(urlsplit(self.address).port)

    def out_of_media(self, empty: bool) -> None:
        """From the next card on it has no cards, or has some again."""
        mark = self._room / "empty"
        mark.touch() if empty else mark.unlink(missing_ok=True)

    def _start(self, port: int | None = None) -> tuple[str, subprocess.Popen[bytes]]:
        return start_ippeveprinter(self._room / "spool", "Kartu", command=str(self._command), port=port)
