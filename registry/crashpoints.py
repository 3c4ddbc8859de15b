"""Where can a process be made to die, to see what its death costs?

Before and after each claim, call, record, reserve, send, settle and report stands a named point. In
an office ``here`` returns at once. Where CRASH_FOLDER is set (the chaos suite, never outside the
demo), a point is *armed* by a file of its name in that folder: the process that comes by first takes
the file away and kills itself, as a power failure would. Taking away is atomic, so that one file is
one death, however many workers there are.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sized
from contextlib import suppress
from pathlib import Path

# Every point of the code, and what is true of a process that dies there. A house test holds the code
# to this table.
POINTS: Mapping[str, str] = {
    # Print commands
    "authorize.claiming": "nothing is claimed yet",
    "authorize.claimed": "rows are claimed, nothing is asked",
    "authorize.answered": "the centre has answered one, nothing is recorded",
    "authorize.writing": "the answers are written, not committed",
    "authorize.recorded": "the answers are committed",
    # Recordings
    "submit.claimed": "rows are claimed, nothing is delivered",
    "submit.answered": "the centre has one recording, nothing is recorded",
    "submit.recorded": "the deliveries are committed",
    "poll.claimed": "rows are claimed, nothing is asked",
    "poll.answered": "the centre has answered, nothing is recorded",
    "poll.recorded": "the answers are committed",
    # Any call to the centre
    "centre.permitted": "a permit is held, the call is not made",
    "centre.called": "the call is made, its permit is held",
    # Cards
    "print.claiming": "nothing is claimed yet",
    "print.claimed": "jobs are claimed, nothing is drawn",
    "print.drawn": "cards are drawn, no blank is reserved",
    "print.reserved": "blanks are reserved and jobs are sending, not committed",
    "print.begun": "blanks are reserved and jobs are sending, nothing was sent",
    "print.sent": "the printer has one card, nothing is settled",
    "print.settling": "the outcome is written, not committed",
    "print.settled": "the outcome is committed",
    "doubt.looking": "a stale sending is being looked at, the printer is not asked",
    "doubt.asked": "the printer has answered, nothing is settled",
    # Reports
    "report.claiming": "nothing is claimed yet",
    "report.claimed": "outcomes are claimed, nothing is told",
    "report.told": "the centre knows one outcome, nothing is recorded",
    "report.recorded": "the reports are committed",
    # Sweeps and seals
    "rescue.writing": "claims of the dead are given back, not committed",
    "expire.writing": "commands are closed, not committed",
    "seal.closing": "a run of movements is sealed, not committed",
}

_folder = os.environ.get("CRASH_FOLDER", "") if os.environ.get("EKTP_DEMO") == "1" else ""


def here(point: str, *, rows: Sized | None = None) -> None:
    """Die here if somebody has armed this point; where ``rows`` are named, only with some at hand."""
    if _folder and (rows is None or len(rows) > 0):
        _die_if_armed(Path(_folder) / point)


def _die_if_armed(armed: Path) -> None:
    with suppress(FileNotFoundError):
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
