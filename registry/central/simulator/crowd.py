"""What happens when more call than the centre can serve?

Three kinds of centre in one: with a queue of 0 it refuses early; with a long queue every call gets
slower until the callers give up; with a quota per second it refuses what is over.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from registry.central.simulator.settings import Settings

SECONDS_KEPT = 600  # of the history on the control page


class Refused(Exception):
    """Too many calls."""


@dataclass
class Tally:
    """What was counted since the start, and second by second for a while."""

    offered: int = 0
    served: int = 0
    refused: int = 0
    lost: int = 0
    seconds: deque[list[int]] = field(default_factory=lambda: deque(maxlen=SECONDS_KEPT))

    def count(self, what: str) -> None:
        """Count one call as offered, served, refused or lost."""
        setattr(self, what, getattr(self, what) + 1)
        now = int(time.time())
        if not self.seconds or self.seconds[-1][0] != now:
            self.seconds.append([now, 0, 0, 0, 0])
        self.seconds[-1][1 + ("offered", "served", "refused", "lost").index(what)] += 1


class Crowd:
    """The callers of the centre, inside and waiting at its door."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.inside = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self._tokens = 0.0
        self._filled_at = time.monotonic()

    async def enter(self) -> None:
        """Wait for a place. Raises Refused."""
        self._spend_token()
        if self.inside < self.settings.capacity and not self.waiting:
            self.inside += 1
            return
        if len(self.waiting) >= self.settings.queue:
            raise Refused
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to whoever has waited longest."""
        self.inside -= 1
        self.let_in()

    def let_in(self) -> None:
        """Fill free places; also after the capacity was raised."""
        while self.waiting and self.inside < self.settings.capacity:
            place = self.waiting.popleft()
            if not place.done():
                self.inside += 1
                place.set_result(None)

    def _spend_token(self) -> None:
        rate = self.settings.quota_per_second
        if not rate:
            return
        now = time.monotonic()
        self._tokens = min(max(1.0, rate), self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._tokens < 1:
            raise Refused
        self._tokens -= 1
