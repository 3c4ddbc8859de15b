"""Where does the output of many processes go, and who said what?"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from itertools import cycle
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

LOG_BYTES = 5 * 1024 * 1024  # per process, and as much again for the file before: some days of lines
LAST_LINES = 12  # shown when a process ends badly
NAME_WIDTH = 10  # "simulator" and a space
COLOURS = cycle(("36", "32", "35", "33", "34", "96", "92", "95"))  # ANSI; red is left to trouble


class Console:
    """The terminal and ``log/*.log``. Neither a closed terminal nor a full disk stops the system."""

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self.terminal: TextIO | None = sys.stdout
        self.colourful = self.terminal.isatty() and "NO_COLOR" not in os.environ
        self._voices: dict[str, _Voice] = {}

    def say(self, text: str) -> None:
        """A sentence of the supervisor itself."""
        self._write(text)

    def line(self, name: str, text: str, *, quiet: bool = False) -> None:
        """One line of the process ``name``."""
        voice = self._voice(name)
        voice.last.append(text)
        voice.log.handle(logging.makeLogRecord({"msg": text}))
        if not quiet:
            self._write(voice.prefix + text)

    def last_lines(self, name: str) -> list[str]:
        """What this process said last."""
        return list(self._voice(name).last)

    def close(self) -> None:
        """Close every log file."""
        for voice in self._voices.values():
            voice.log.close()

    def _voice(self, name: str) -> _Voice:
        if name not in self._voices:
            self._voices[name] = _Voice(
                name, folder=self.folder, colour=next(COLOURS) if self.colourful else ""
            )
        return self._voices[name]

    def _write(self, text: str) -> None:
        if self.terminal is None:
            return
        try:
            self.terminal.write(text + "\n")
            self.terminal.flush()
        except (OSError, ValueError):  # the terminal or the reader of a pipe has gone; the log files remain
            self.terminal = None
            # What Python still holds back goes nowhere, instead of failing at the very end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Voice:
    """One process: its prefix, its log file and its last lines."""

    def __init__(self, name: str, *, folder: Path, colour: str) -> None:
        prefix = f"{name:<{NAME_WIDTH}}| "
        self.prefix = f"\x1b[{colour}m{prefix}\x1b[0m" if colour else prefix
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self.log = _BoundedLog(
            folder / f"{name}.log", maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
        )


class _BoundedLog(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written (the disk is full) is lost; the system goes on."""
