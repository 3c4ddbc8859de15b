"""How many loops of a lane are at work, and how many more should be rung?

The rows in PostgreSQL are the work; a message is only a bell that starts a loop. Loops sign in here
with a lease, so that a pump rings just as many as are missing, however often it runs. Losing Redis
loses these signatures and nothing else: too many bells find no work and go home.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis

LEASE = timedelta(
    seconds=120
)  # longer than one batch of a loop; the loops of a machine that is gone are missed after it
UNHEARD = 200  # bells in one queue: workers take each within milliseconds, so here nobody listens


@dataclass(frozen=True)
class Bells:
    """The signatures of all loops of this installation, one sorted set per lane."""

    redis: Redis
    prefix: str = "ektp:loops"

    def at_work(self, lane: str) -> int:
        """How many loops of this lane are at work now."""
        key = self._key(lane)
        now = self._now()
        pipe = self.redis.pipeline(transaction=False)
        pipe.zremrangebyscore(key, "-inf", now)
        pipe.zcard(key)
        return int(pipe.execute()[1])

    def is_heard(self, queue: str) -> bool:
        """Whether somebody takes the bells of this queue. An expired bell still lies in Redis until a
        worker throws it away, so ringing on for absent workers would fill its memory.
        """
        return int(self.redis.llen(queue)) < UNHEARD

    @contextmanager
    def loop(self, lane: str, *, worker: str) -> Iterator[Loop]:
        """Sign in for the time of a loop of this worker, and out at its end, however it ends."""
        loop = Loop(self, lane, f"{worker}/{uuid.uuid4().hex}")
        loop.stay()
        try:
            yield loop
        finally:
            self.redis.zrem(self._key(lane), loop.name)

    def sign_out(self, worker: str) -> None:
        """Strike out every loop of a worker that begins anew: those it had were killed with it."""
        for key in self.redis.scan_iter(match=f"{self.prefix}:*"):
            dead = [name for name, _end in self.redis.zscan_iter(key, match=f"{worker}/*")]
            if dead:
                self.redis.zrem(key, *dead)

    def _key(self, lane: str) -> str:
        return f"{self.prefix}:{lane}"

    def _now(self) -> float:
        seconds, micros = self.redis.time()
        return float(seconds) + float(micros) / 1e6

    def _sign(self, lane: str, name: str) -> None:
        key = self._key(lane)
        pipe = self.redis.pipeline(transaction=False)
        pipe.zadd(key, {name: self._now() + LEASE.total_seconds()})
        pipe.expire(key, 2 * LEASE)
        pipe.execute()


@dataclass(frozen=True)
class Loop:
    """One loop's signature."""

    bells: Bells
    lane: str
    name: str

    def stay(self) -> None:
        """Sign again: the loop is alive and goes on."""
        self.bells._sign(self.lane, self.name)
