"""How fast may a client start calls, if throttled calls set the rate by CUBIC?

The client rate limiter of the AWS SDKs' *adaptive* retry mode. It sleeps until the first throttled call;
then a token bucket, its rate cut to 0.7 of what was measured at each throttled call and grown along
``0.4 (t − K)³ + w_max`` by each other answer, never above twice the rate measured and never below 0.5/s.
A call that runs out of time is no throttled call. The retries themselves are left out: here there is
always a next call.
Sources: AWS SDKs and Tools Reference Guide, "Retry behavior"; botocore's ``retries/adaptive.py``,
``throttling.py``, ``bucket.py``; RFC 9438 (CUBIC).
"""

from __future__ import annotations

import math

from benchmarks.limiter.peers.rate import TokenBucket
from benchmarks.limiter.protocol import Answer, Kind

SCALE = 0.4
BETA = 0.7
LOWEST_RATE = 0.5  # calls/s
MOST_OF_MEASURED = 2.0
CLOCK_STEP = 0.5  # s between two measurements of the rate
CLOCK_SMOOTHING = 0.8  # of the newest measurement


class Cubic:
    """The rate, as a function of time since the last throttled call."""

    def __init__(self) -> None:
        self.highest = 0.0
        self._failed_at = 0.0

    @property
    def flat_after(self) -> float:
        """Seconds until the curve is back at the rate that failed."""
        return math.cbrt(self.highest * (1 - BETA) / SCALE)

    def grown(self, *, now: float) -> float:
        """The rate after an answer that was not throttled."""
        return SCALE * (now - self._failed_at - self.flat_after) ** 3 + self.highest

    def cut(self, *, rate: float, now: float) -> float:
        """The rate after a throttled one."""
        self.highest, self._failed_at = rate, now
        return rate * BETA


class RateClock:
    """Answers a second, measured in half seconds and smoothed."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._count = 0
        self._step_at = 0.0

    def record(self, *, now: float) -> float:
        """Count one; the rate so far."""
        step = math.floor(now / CLOCK_STEP) * CLOCK_STEP
        self._count += 1
        if step > self._step_at:
            newest = self._count / (step - self._step_at)
            self.rate = newest * CLOCK_SMOOTHING + self.rate * (1 - CLOCK_SMOOTHING)
            self._count, self._step_at = 0, step
        return self.rate


class AwsAdaptive:
    """One client's rate limiter."""

    def __init__(self) -> None:
        self.awake = False
        self.cubic = Cubic()
        self.clock = RateClock()
        self.bucket = TokenBucket(rate=1.0, tokens=0.0)

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket for a token, once there was a throttled call."""
        later = self.bucket.take(now=now) if self.awake else None
        return object() if later is None else later

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Cut or grow the rate."""
        measured = self.clock.record(now=now)
        if answer.kind is Kind.REFUSED:
            rate = self.cubic.cut(rate=min(measured, self.bucket.rate) if self.awake else measured, now=now)
            self.awake = True
        else:
            rate = self.cubic.grown(now=now)
        self._set(min(rate, MOST_OF_MEASURED * measured), now)

    def _set(self, rate: float, now: float) -> None:
        self.bucket.refill(now=now)
        self.bucket.rate = max(rate, LOWEST_RATE)
        self.bucket.capacity = max(rate, 1.0)
        self.bucket.tokens = min(self.bucket.tokens, self.bucket.capacity)
