"""What does a circuit breaker in front of a fixed rate save?

Five failures in a row open it; after 60 s one trial call goes through, and its end closes the breaker or
opens it anew. While closed, calls start at the rate set.
Sources: Nygard, "Release It!", chapter 5; the defaults of pybreaker (``fail_max=5``, ``reset_timeout=60``).
"""

from __future__ import annotations

import math

from benchmarks.limiter.peers.rate import FixedRate
from benchmarks.limiter.protocol import Answer, Kind

FAILURES = 5
OPEN_SECONDS = 60.0


class Breaker:
    """One client's breaker and rate."""

    def __init__(self, *, rate: float) -> None:
        self.opened_at: float | None = None
        self._rate = FixedRate(rate=rate)
        self._failures = 0
        self._trial: object | None = None

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket: by the rate while closed, for one trial when it was open long enough."""
        if self.opened_at is None:
            return self._rate.ask(client=client, now=now)
        if now < self.opened_at + OPEN_SECONDS:
            return self.opened_at + OPEN_SECONDS
        if self._trial is not None:
            return math.inf
        self._trial = object()
        return self._trial

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Count failures in a row; the trial decides alone."""
        good = answer.kind is Kind.OK
        if self.opened_at is not None and ticket is not self._trial:
            return  # began before it opened
        trial, self._trial = self._trial, None
        self._failures = 0 if good else self._failures + 1
        if good:
            self.opened_at = None
        elif trial is not None or self._failures >= FAILURES:
            self.opened_at, self._failures = now, 0
