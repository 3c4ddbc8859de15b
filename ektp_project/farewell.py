"""How does beat end when it is told to?

Celery's own handler writes the schedule down from within the signal. When that comes in the midst of a
query, the handler waits for a connection that is in use until the handler returns: beat hangs for ever.
Here a signal only interrupts; the schedule is written afterwards, when nothing is in use any more.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from types import FrameType
from typing import Any

from celery.beat import Service

FAREWELL_SECONDS = 8  # less than whoever tells it to end waits; a last try to reach the database takes 7


def end_when_told(sender: Service, **kwargs: Any) -> None:
    """When beat begins (``beat_init``): take the place of Celery's handlers, which were set just before."""

    def end(number: int, frame: FrameType | None) -> None:
        # Servers that no longer answer keep nobody: the process ends and says where it waited.
        faulthandler.dump_traceback_later(FAREWELL_SECONDS, exit=True, file=sys.__stderr__)
        sender.stop()  # lest some library replace the exception below by its own
        raise SystemExit

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
