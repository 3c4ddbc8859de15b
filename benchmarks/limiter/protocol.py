"""What do a client and its limiter say to each other?

The client asks before each call and tells how the call ended. All times are seconds of the simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """How a call ended."""

    OK = "ok"
    REFUSED = "refused"  # 429 or 503 for load, fast
    TIMEOUT = "timeout"  # no answer
    CLOSED = "closed"  # outside of opening hours, fast
    ERROR = "error"  # a fast answer with an error that is not of load


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one call, as the client saw it; ``retry_after`` in seconds, ``opens_at`` a time."""

    kind: Kind
    latency: float
    retry_after: float | None = None
    opens_at: float | None = None


class Limiter(Protocol):
    """One per client process, or one that all clients share, as through Redis."""

    def ask(self, *, client: int, now: float) -> object | float:
        """May a call begin? A ticket (anything but a float): yes. A float: come back at that time;
        ``math.inf``: when a call ends."""

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """The call of this ticket has ended."""
