"""How many calls in flight, if the answer time is compared with its own long average?

Each window of samples gives one average answer time. The limit moves by ``long average ÷ this average``,
held between 0.5 and 1, plus a queue of 4, a fifth of the way each time. A drop counts by nothing but its
answer time. Windows last 10 s here, not 1 s: with calls of seconds, one second holds too few.
The lowest limit is 1, not 20: the library itself calls its minimum wrong for batch work.
Source: https://github.com/Netflix/concurrency-limits (``Gradient2Limit``, ``WindowedLimit``,
``AverageSampleWindow``, ``ExpAvgMeasurement``).
"""

from __future__ import annotations

from statistics import fmean

WINDOW = 10.0  # s
SAMPLES = 10  # fewer in a window say nothing
QUEUE = 4
SMOOTHING = 0.2
LONG_WINDOW = 600  # windows in the long average
WARMING = 10  # the first windows count alike
LOWEST, HIGHEST = 1.0, 200.0


class Gradient2:
    """The library's defaults, but for the length of a window and the lowest limit."""

    def __init__(self, *, limit: float = 20.0) -> None:
        self.limit = limit
        self.long = 0.0  # seconds
        self._windows = 0
        self._latencies: list[float] = []
        self._most_in_flight = 0
        self._ends_at = 0.0

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """Gather a window, then take it."""
        self._latencies.append(latency)
        self._most_in_flight = max(self._most_in_flight, in_flight)
        if started + latency <= self._ends_at:
            return
        if len(self._latencies) >= SAMPLES:
            self.take(average=fmean(self._latencies), in_flight=self._most_in_flight)
        self._latencies, self._most_in_flight = [], 0
        self._ends_at = started + latency + WINDOW

    def take(self, *, average: float, in_flight: int) -> None:
        """Learn from one window."""
        self._lengthen(average)
        if self.long / average > 2:  # back to normal after a long load: forget the load sooner
            self.long *= 0.9
        if in_flight < self.limit / 2:
            return
        gradient = max(0.5, min(1.0, self.long / average))
        aim = self.limit * gradient + QUEUE
        self.limit = max(LOWEST, min(HIGHEST, self.limit * (1 - SMOOTHING) + aim * SMOOTHING))

    def _lengthen(self, average: float) -> None:
        self._windows += 1
        weight = 1 / self._windows if self._windows <= WARMING else 2 / (LONG_WINDOW + 1)
        self.long += (average - self.long) * weight
