"""What if workers asked Celery's ``rate_limit`` instead of the throttle?

A Celery application for ``-A``: the real one, but each worker has one token bucket, the very class behind
``rate_limit``, at ``REAL_RATE`` calls a second for all lanes together. It is kinder than the original:
lanes share the rate, so that none of it lies idle.
"""

from __future__ import annotations

import os
import time
from functools import cache
from threading import Lock

from kombu.utils.limits import TokenBucket

from ektp_project.celery import app
from registry.central import door
from registry.central.throttle import Snapshot

RATE = float(os.environ.get("REAL_RATE", "1"))  # calls a second
LOOPS = 1000  # nobody is kept from starting: the bucket decides when

__all__ = ["app"]


class RateLimit:
    """The throttle's verbs, as far as workers use them. Waits, as Celery holds a task back."""

    def __init__(self, *, rate: float) -> None:
        self._bucket = TokenBucket(rate)
        self._turn = Lock()

    def acquire(self, **_asked: object) -> object:
        """A permit, when there is a token."""
        with self._turn:
            while not self._bucket.can_consume():
                time.sleep(self._bucket.expected_time())
        return object()

    def settle(self, *_permit: object, **_outcome: object) -> bool:
        """Learns nothing."""
        return True

    def room(self, **_asked: object) -> int:
        """Always enough."""
        return LOOPS

    def forget_process(self, _process: str) -> int:
        """Nobody's permits are remembered."""
        return 0

    def snapshot(self) -> Snapshot:
        """All the room there is; answers at once are unknown, so that as many loops begin as have work."""
        return Snapshot(state="rate-limit", limit=float(LOOPS), room=LOOPS)


LIMIT = RateLimit(rate=RATE)


@cache
def _limit(_pid: int) -> RateLimit:
    return LIMIT


door._throttle = _limit  # type: ignore[assignment]
