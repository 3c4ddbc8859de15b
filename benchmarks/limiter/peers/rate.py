"""How fast may a worker start calls, when somebody has set a rate?

Celery's ``rate_limit``: each worker has its own token bucket that holds one token and is refilled at
the rate set, whatever the answers say. Source: Celery's user guide, "Tasks → Task.rate_limit" ("a per
worker instance rate limit, and not a global rate limit"), and the token bucket of ``kombu.utils.limits``.
"""

from __future__ import annotations

from benchmarks.limiter.protocol import Answer

ROUNDING = 1e-9  # of a token: who comes back at the moment he was told must not be sent away again


class TokenBucket:
    """Tokens refilled at ``rate`` a second up to ``capacity``."""

    def __init__(self, *, rate: float, capacity: float = 1.0, tokens: float | None = None) -> None:
        self.rate = rate
        self.capacity = capacity
        self.tokens = capacity if tokens is None else tokens
        self._at = 0.0

    def refill(self, *, now: float) -> None:
        """Add what has come in since the last look."""
        self.tokens = min(self.capacity, self.tokens + (now - self._at) * self.rate)
        self._at = now

    def take(self, *, now: float) -> float | None:
        """None when a token was taken; else the time when there will be one."""
        self.refill(now=now)
        if self.tokens >= 1.0 - ROUNDING:
            self.tokens -= 1.0
            return None
        return now + (1.0 - self.tokens) / self.rate


class FixedRate:
    """One worker's rate limit, in calls a second."""

    def __init__(self, *, rate: float) -> None:
        self._bucket = TokenBucket(rate=rate)

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket for a token."""
        later = self._bucket.take(now=now)
        return object() if later is None else later

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Learns nothing."""
