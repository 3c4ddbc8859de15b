"""What has happened to the calls, in all and second by second?"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

SECONDS_KEPT = 600  # ten minutes are long enough to watch an outage and the return from it
SECONDS_MEAN = 5  # seconds over which the answer time is averaged: steady, and still quick to follow

# ``wasted``: the work was done, and the caller had gone. ``lost``: cut by a fault that was turned on.
OUTCOMES = ("served", "refused", "lost", "wasted", "closed", "unauthorized")


class Tally:
    """Counts since the start; ``clock`` is the wall's, in seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.totals: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()  # by the knob that was turned
        self._clock = clock
        self._seconds: deque[dict[str, Any]] = deque(maxlen=SECONDS_KEPT)

    def offer(self) -> None:
        """A call has come."""
        self._count("offered")

    def end(self, outcome: str, *, seconds: float = 0.0) -> None:
        """A call has ended; ``seconds``: how long its caller waited for the answer."""
        self._count(outcome)
        if outcome == "served":
            self._now()["waited"] += seconds

    def fault(self, knob: str) -> None:
        """A fault that was turned on has befallen a call."""
        self.faults[knob] += 1

    def crowd(self, *, inside: int, waiting: int) -> None:
        """So many are inside and waiting; the second keeps the most it saw."""
        row = self._now()
        row["in_flight"], row["queue"] = max(row["in_flight"], inside), max(row["queue"], waiting)

    def seconds(self, last: int) -> list[dict[str, Any]]:
        """The rows of the last so many seconds, oldest first; a second in which nothing happened has none."""
        since = int(self._clock()) - last
        return [
            {**row, "waited": round(row["waited"], 3)} for row in list(self._seconds) if row["at"] > since
        ]

    def answer_seconds(self) -> float:
        """How long callers waited lately, on average."""
        since = int(self._clock()) - SECONDS_MEAN
        rows = [row for row in self._seconds if row["at"] > since]
        served = sum(row["served"] for row in rows)
        return sum(row["waited"] for row in rows) / served if served else 0.0

    def _count(self, what: str) -> None:
        self.totals[what] += 1
        self._now()[what] += 1

    def _now(self) -> dict[str, Any]:
        now = int(self._clock())
        if not self._seconds or self._seconds[-1]["at"] != now:
            empty = dict.fromkeys(("offered", *OUTCOMES, "in_flight", "queue"), 0)
            self._seconds.append({"at": now, **empty, "waited": 0.0})
        return self._seconds[-1]
