"""May this caller ask the centre now? One throttle for all workers on all machines."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from redis import Redis, RedisError

from registry.central import capacity
from registry.central.capacity import Lesson, Out, Seen, State
from registry.central.errors import NoPermit

log = logging.getLogger(__name__)

HTTP_TIMEOUT = 35.0  # seconds; the contract: a call takes up to 30 s, and the way there and back
LEASE = HTTP_TIMEOUT + 25.0  # longer than the HTTP timeout and the settling after it, or the place of a
# living holder would be given away
REDIS_GONE = 5.0  # seconds until asking again is worth it when Redis does not answer
SCRIPT = (Path(__file__).parent / "throttle.lua").read_text(encoding="utf-8")


class Lane(StrEnum):
    """What a call is for. Each lane has a guaranteed share and may borrow what others leave."""

    AUTHORIZATION = "authorization"
    VISIBILITY = "visibility"  # submissions go here too
    REPORT = "report"


# Authorizations are what the office waits for; polling and reports keep what they need to never stop.
SHARES = {Lane.AUTHORIZATION: 0.6, Lane.VISIBILITY: 0.2, Lane.REPORT: 0.2}


class Outcome(StrEnum):
    """How a call ended, for the throttle."""

    OK = "ok"  # the centre worked on it, whatever it decided
    IGNORED = "ignored"  # says nothing about the centre's load
    DROPPED = "dropped"  # refused, or no answer
    CLOSED = "closed"  # outside its opening hours


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call now."""

    holder: str
    lane: Lane
    office: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the throttle stands. ``why`` is an Indonesian sentence with its number."""

    limit: float
    in_flight: int
    state: str  # learning, steady, outage, returning, closed, paused, no-redis
    why: str
    offered: int = 0
    served: int = 0
    refused: int = 0
    timed_out: int = 0
    latency: float | None = None  # seconds, the median
    capacity: float | None = None  # calls a second, as learned
    rate: float | None = None  # calls a second that may start, where the centre has a quota
    ceiling: int | None = None
    last_drop_at: datetime | None = None
    last_probe_at: datetime | None = None
    next_probe_at: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history. Counters are totals."""

    at: datetime
    limit: float
    in_flight: int
    state: str
    served: int
    refused: int
    timed_out: int
    latency: float | None
    capacity: float | None


class Throttle:
    """Permits, shared through Redis; every decision is one Lua script on the server's clock."""

    def __init__(
        self,
        redis: Redis,
        *,
        name: str = "central",
        lease: float = LEASE,
        shares: Mapping[Lane, float] = SHARES,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self._redis = redis
        self._script = redis.register_script(SCRIPT)
        parts = ("permits", "held", "state", "seen", "turns", "waiting", "history")
        self._keys = [f"{{throttle:{name}}}:{part}" for part in parts]  # braces: one slot in a cluster
        self._lease = lease
        self._shares = shares
        self._weights = weights or {}

    def acquire(self, *, lane: Lane, office: str) -> Permit:
        """A permit, or NoPermit with the time to come back. Fails closed."""
        try:
            granted, when, what, lesson = self._run(
                "acquire",
                lane.value,
                office,
                secrets.token_hex(6),
                self._lease,
                self._shares[lane] * len(self._shares),
                self._weights.get(office, 1.0),
            )
            self._learn(lesson)
        except RedisError as error:
            raise NoPermit(retry_after=REDIS_GONE, why="no-redis") from error
        if not granted:
            raise NoPermit(retry_after=float(when), why=_text(what))
        at = datetime.fromtimestamp(float(when), UTC)
        return Permit(holder=_text(what), lane=lane, office=office, granted_at=at)

    def settle(
        self,
        permit: Permit,
        outcome: Outcome,
        *,
        seconds: float,
        retry_after: float | None = None,
        opens_at: datetime | None = None,
        timed_out: bool = False,
    ) -> None:
        """Give the permit back and say how the call ended. A lost permit is given back by its lease."""
        until = opens_at.timestamp() if opens_at else retry_after
        try:
            _counted, lesson = self._run(
                "settle",
                permit.holder,
                outcome.value,
                f"{seconds:.6f}",
                "" if until is None else f"{until:.3f}",
                int(timed_out),
            )
            self._learn(lesson)
        except RedisError:
            log.warning("throttle: a permit could not be settled; its lease will end")

    def room(self, *, lane: Lane, office: str) -> int:
        """How many calls of this lane could begin now; 0 without Redis."""
        try:
            return int(self._run("room"))
        except RedisError:
            return 0

    def snapshot(self) -> Snapshot:
        """Where everything stands. Never raises."""
        try:
            _now, in_flight, flat = self._run("snapshot")
        except RedisError:
            return Snapshot(limit=0.0, in_flight=0, state="no-redis", why="Redis tidak menjawab.")
        fields = {_text(flat[i]): _text(flat[i + 1]) for i in range(0, len(flat), 2)}
        return Snapshot(
            limit=float(fields.get("limit", capacity.FIRST_LIMIT)),
            in_flight=int(in_flight),
            state="paused" if fields.get("paused") else fields.get("mode", "learning"),
            why=fields.get("why", ""),
            offered=int(fields.get("offered", 0)),
            served=int(fields.get("served", 0)),
            refused=int(fields.get("refused", 0)),
            timed_out=int(fields.get("timed_out", 0)),
        )

    def history(self) -> list[Moment]:
        """The last hour, a line a second at most."""
        return []

    def pause(self, *, reason: str, actor: str) -> None:
        """No permits until resume()."""
        self._redis.hset(self._keys[2], "paused", json.dumps({"reason": reason, "actor": actor}))

    def resume(self, *, actor: str) -> None:
        """Permits again."""
        self._redis.hdel(self._keys[2], "paused")

    def set_ceiling(self, ceiling: int | None, *, reason: str, actor: str) -> None:
        """Never more calls in flight than this."""
        if ceiling is None:
            self._redis.hdel(self._keys[2], "ceiling")
        else:
            self._redis.hset(self._keys[2], "ceiling", ceiling)

    def forget(self) -> None:
        """Everything learned."""
        self._redis.delete(*self._keys)

    def _run(self, operation: str, *args: Any) -> Any:
        return self._script(keys=self._keys, args=[operation, "", *args])

    def _learn(self, lesson: Sequence[Any]) -> None:
        if not lesson:
            return
        now, version, learner, turned_away, ceiling, answers, out = lesson
        before = State(**json.loads(learner)) if learner else State(limit=capacity.FIRST_LIMIT)
        after = capacity.learn(
            before,
            Lesson(
                now=float(now),
                answers=[_seen(_text(line)) for line in answers],
                out=[_out(_text(holder)) for holder in out],
                turned_away=int(turned_away or 0),
                ceiling=int(ceiling) if ceiling else None,
            ),
        )
        fields = {
            "learner": json.dumps(asdict(after)),
            "limit": after.limit,
            "mode": after.mode,
            "why": after.why,
            "spacing": after.spacing,
            "shut_until": after.shut_until,
            "probe_at": after.probe_at,
            "tick_every": 0.25,
        }
        flat = [item for pair in fields.items() for item in pair]
        self._run("learn", version, len(answers), "", *flat)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _seen(line: str) -> Seen:
    lane, office, started, in_flight, _random, word, seconds, ended, until = line.split("|")
    return Seen(
        lane=lane,
        office=office,
        started=float(started),
        in_flight=int(in_flight),
        word=word,
        seconds=float(seconds),
        ended=float(ended),
        until=float(until) if until else None,
    )


def _out(holder: str) -> Out:
    lane, office, started, in_flight, _random = holder.split("|")
    return Out(lane=lane, office=office, started=float(started), in_flight=int(in_flight))
