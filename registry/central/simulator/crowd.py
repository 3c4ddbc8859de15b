"""What happens when more call than the centre can serve?

Three kinds of centre in one: with a queue of 0 it refuses early; with a long queue every call gets
slower until the callers give up; with a quota per second it refuses what is over.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from registry.central.simulator.settings import Settings


class Refused(Exception):
    """Too many calls; ``status`` is the HTTP status a centre of this kind uses."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


OVER_QUOTA = 429  # this caller asks too often
FULL = 503  # nobody can be served


class Crowd:
    """The callers of the centre, inside and waiting at its door."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.inside = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self._tokens = 0.0
        self._filled_at = time.monotonic()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place inside, after however long a wait. Raises Refused."""
        await self._enter()
        try:
            yield
        finally:
            self.inside -= 1
            self.let_in()

    def let_in(self) -> None:
        """Fill free places with those who have waited longest; also after the capacity was raised."""
        while self.waiting and self.inside < self.settings.capacity:
            place = self.waiting.popleft()
            if not place.done():
                self.inside += 1
                place.set_result(None)

    async def _enter(self) -> None:
        self._spend_token()
        if self.inside < self.settings.capacity and not self.waiting:
            self.inside += 1
            return
        if len(self.waiting) >= self.settings.queue:
            raise Refused(FULL)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.inside -= 1
                self.let_in()
            raise

    def _spend_token(self) -> None:
        rate = self.settings.quota_per_second
        if not rate:
            return
        now = time.monotonic()
        self._tokens = min(max(1.0, rate), self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._tokens < 1:
            raise Refused(OVER_QUOTA)
        self._tokens -= 1
