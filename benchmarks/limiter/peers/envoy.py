"""How many calls in flight, if now and then one measures what an idle centre would answer?

The gradient controller of Envoy's adaptive concurrency filter. Now and then only 3 calls may be in
flight until 50 have ended: their median is the *minimum* answer time. Otherwise each window's median is
compared with it: ``limit × gradient + √(limit × gradient)``, ``gradient = 1.25 × minimum ÷ median`` held
between 0.5 and 2. Five windows at the lowest limit start a new measurement. Every answer is a sample, a
refusal too. Windows last 10 s and the minimum is measured every 10 minutes, not every 0.1 s and 60 s:
fifty calls of three seconds take the better part of a minute.
Source: Envoy documentation, "Adaptive Concurrency", and its v3 API reference (defaults).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from statistics import median

from benchmarks.limiter.protocol import Answer

WINDOW = 10.0  # s: concurrency_update_interval
MEASURE_EVERY = 600.0  # s: min_rtt_calc_params.interval
JITTER = 0.15
SAMPLES = 50  # request_count
LOWEST, HIGHEST = 3, 1000  # min_concurrency, max_concurrency_limit
BUFFER = 0.25
TIMES_LOWEST = 5  # windows in a row at the lowest limit: the minimum may be wrong


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call in flight."""

    started: float


class EnvoyGradient:
    """One client's filter."""

    def __init__(self, *, random: Random) -> None:
        self.limit = LOWEST
        self.minimum = 0.0  # seconds
        self.in_flight = 0
        self._random = random
        self._samples: list[float] = []
        self._measuring_since: float | None = 0.0
        self._limit_before = LOWEST
        self._measure_at = math.inf
        self._window_ends = WINDOW
        self._lowest_windows = 0

    @property
    def measuring(self) -> bool:
        """Whether the minimum is being measured."""
        return self._measuring_since is not None

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket while there is room."""
        self._keep_time(now)
        if self.in_flight >= self.limit:
            return math.inf
        self.in_flight += 1
        return Ticket(now)

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Any answer is a sample, unless it belongs to the time before the measurement."""
        assert isinstance(ticket, Ticket)
        self._keep_time(now)
        self.in_flight -= 1
        if ticket.started < (self._measuring_since or 0.0):
            return
        self._samples.append(answer.latency)
        if self.measuring and len(self._samples) >= SAMPLES:
            self._measured(now)

    def _keep_time(self, now: float) -> None:
        """The filter's two timers, looked at whenever something happens."""
        if self.measuring:
            return
        if now >= self._measure_at:
            self._measure(now)
        elif now >= self._window_ends:
            self._window_ends = now + WINDOW
            if self._samples:
                self._take_window(now)

    def _measure(self, now: float) -> None:
        self._limit_before, self.limit = self.limit, LOWEST
        self._samples, self._measuring_since, self._lowest_windows = [], now, 0

    def _measured(self, now: float) -> None:
        self.minimum = median(self._samples)
        self._samples, self._measuring_since = [], None
        self.limit = self._limit_before
        self._window_ends = now + WINDOW
        self._measure_at = now + MEASURE_EVERY * (1 + self._random.random() * JITTER)

    def _take_window(self, now: float) -> None:
        new = next_limit(limit=self.limit, minimum=self.minimum, sampled=median(self._samples))
        self._samples = []
        self._lowest_windows = self._lowest_windows + 1 if new == self.limit == LOWEST else 0
        self.limit = new
        if self._lowest_windows >= TIMES_LOWEST:
            self._measure(now)


def next_limit(*, limit: int, minimum: float, sampled: float) -> int:
    """The limit after one window; times in seconds."""
    gradient = max(0.5, min(2.0, minimum * (1 + BUFFER) / sampled))
    aim = limit * gradient
    return max(LOWEST, min(HIGHEST, int(aim + math.sqrt(aim))))
