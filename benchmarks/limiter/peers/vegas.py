"""How many calls in flight, if the shortest answer time tells what an empty queue looks like?

TCP Vegas for calls: the queue is estimated as ``limit × (1 − shortest ÷ this answer time)``; up while it
is short, down while it is long or a call was dropped. The steps are tenth logarithms of the limit, and
the shortest answer time is taken anew every 15 to 30 limits' worth of answers.
Sources: Brakmo and Peterson, "TCP Vegas", 1995; https://github.com/Netflix/concurrency-limits
(``VegasLimit``, its defaults).
"""

from __future__ import annotations

import math
from random import Random

PROBE_EVERY = 30  # limits' worth of answers, times a jitter of 0.5 to 1
HIGHEST = 1000.0


class Vegas:
    """The library's defaults."""

    def __init__(self, *, random: Random, limit: float = 20.0) -> None:
        self.limit = limit
        self.shortest = 0.0  # seconds; 0 before the first answer
        self._random = random
        self._answers = 0
        self._jitter = random.uniform(0.5, 1.0)

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """A new shortest time, or a step."""
        self._answers += 1
        if self._jitter * PROBE_EVERY * self.limit <= self._answers:
            self._jitter, self._answers = self._random.uniform(0.5, 1.0), 0
            self.shortest = latency
        elif self.shortest == 0 or latency < self.shortest:
            self.shortest = latency
        elif dropped or in_flight * 2 >= self.limit:
            self.limit = max(1.0, min(HIGHEST, self.limit + self._step(latency, dropped)))

    def _step(self, latency: float, dropped: bool) -> float:
        unit = _log10(self.limit)
        queue = math.ceil(self.limit * (1 - self.shortest / latency))
        if dropped or queue > 6 * unit:
            return -unit
        if queue <= unit:
            return 6 * unit
        return unit if queue < 3 * unit else 0


def _log10(limit: float) -> int:
    return max(1, int(math.log10(int(limit))))
