"""May this caller ask the centre now?

One throttle for all workers on all machines. Each permit is a lease of its own holder in Redis, so a
dead holder's place comes back by time; how many there may be is learned from the answers (see
``throttle.lua``). Lanes take weighted fair turns and borrow what others leave. Without Redis there is
no permit: the throttle fails closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from redis import Redis, RedisError

from registry.central.errors import NoPermit

SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
LEASE_SECONDS = 60.0  # longer than the longest call (35 s) and what a worker does around it
NO_REDIS_WAIT = 1.0  # seconds; Redis comes back within seconds or not at all


class Lane(StrEnum):
    """Calls of one kind, so that polling never starves printing."""

    AUTHORIZATION = "authorization"
    VISIBILITY = "visibility"
    REPORT = "report"


LANES = tuple(Lane)
SHARES: Mapping[Lane, float] = {
    Lane.AUTHORIZATION: 0.5,  # the line itself
    Lane.VISIBILITY: 0.15,  # one call asks for 500 people
    Lane.REPORT: 0.35,  # every card makes one; it must never lag behind
}

SETTINGS = json.dumps(
    {
        "shares": [SHARES[lane] for lane in LANES],
        "first_limit": 2.0,  # unknown centre: two calls show whether one disturbs the other
        "highest_limit": 512.0,  # more threads than one office will ever have
        "first_latency": 1.0,  # s, before any answer
        "least_wait": 0.02,  # s; sooner than the fastest answer nothing can be free
        "wants_seconds": 2.0,  # s a lane that was sent away counts as waiting; callers return sooner
        "smoothing": 0.1,  # of the mean answer time: the last ten or so answers
        "base_drift": 0.01,  # how fast a lane's best answer time is forgotten: hundreds of answers
        "slow_factor": 2.5,  # an answer slower than this times the best one means a queue at the centre
        "slow_margin": 0.1,  # s; below this nobody can tell a queue from noise
        "step": 1.0,  # one more call in flight per round of answers
        "cut": 0.7,  # after a refusal; gentler than a half, because 513 others feel the same and cut too
        "ease": 0.9,  # when the queue grows but everybody is still served
        "outage_drops": 3,  # failures in a row, and ...
        "outage_silence": 1.5,  # ... no answer for this many answer times: the centre is out
        "first_pause": 1.0,  # s before the first probe
        "longest_pause": 30.0,  # s; two probes a minute for the whole office notice a return soon enough
        "return_share": 0.8,  # of the limit before the outage: fast up to here, then step by step
        "closed_seconds": 60.0,  # s to wait when a closed centre does not say when it opens
        "paused_seconds": 5.0,  # s between looks of a caller while an administrator has paused us
        "longest_wait": 3600.0,  # s; a Retry-After beyond an hour is asked about again within the hour
        "sample_seconds": 10.0,  # s between two points of the history
        "samples": 8640,  # a day of them
    }
)


class Outcome(StrEnum):
    """How a permitted call ended, for the learner."""

    OK = "ok"  # the centre answered, whatever it decided
    IGNORED = "ignored"  # says nothing about load
    DROPPED = "dropped"  # refused for load, or no answer
    CLOSED = "closed"  # outside of opening hours


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one call, until its lease ends."""

    holder: str
    lane: Lane
    office: str
    granted_at: float  # seconds since 1970 by Redis's clock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the throttle knows now. ``state``: learning steady waiting outage closed paused no-redis."""

    state: str
    limit: float = 0.0
    in_flight: int = 0
    room: int = 0
    offered: int = 0
    served: int = 0
    refused: int = 0
    timed_out: int = 0
    probes: int = 0
    latency: float = 0.0  # seconds
    last_answer: datetime | None = None
    last_drop: datetime | None = None
    last_probe: datetime | None = None
    next_probe: datetime | None = None
    opens_at: datetime | None = None
    ceiling: float | None = None
    paused: str = ""  # the reason, while an administrator has paused us
    paused_by: str = ""

    @property
    def why(self) -> str:
        """One sentence that says why the limit is what it is."""
        return _sentence(self)


class Throttle:
    """All permits of one centre. ``name`` keeps several apart in one Redis."""

    def __init__(self, redis: Redis, *, name: str = "central", lease: float = LEASE_SECONDS) -> None:
        self._redis = redis
        self._lease = lease
        self._prefix = f"ektp:{{{name}}}"
        self._script = redis.register_script(SCRIPT)
        self._keys = [
            f"{self._prefix}:{part}" for part in ("state", "leases", "history", *(f"lane:{x}" for x in LANES))
        ]

    def acquire(self, *, lane: Lane, office: str) -> Permit:
        """A permit, at once or not at all. Raises NoPermit, which says when to come back."""
        holder = f"{office}:{uuid4().hex}"
        try:
            granted, told, word = self._run("acquire", _place(lane), holder, self._lease)
        except RedisError as error:
            raise NoPermit(retry_after=NO_REDIS_WAIT, why="no-redis") from error
        if not granted:
            raise NoPermit(retry_after=float(told), why=word.decode())
        return Permit(holder, lane, office, float(told))

    def settle(
        self,
        permit: Permit,
        outcome: Outcome,
        *,
        seconds: float,
        retry_after: float | None = None,
        opens_at: datetime | None = None,
        timed_out: bool = False,
    ) -> bool:
        """Give a permit back and learn; False when its lease had ended, so that nothing was counted."""
        try:
            counted = self._run(
                "settle",
                _place(permit.lane),
                permit.holder,
                repr(permit.granted_at),
                outcome.value,
                repr(seconds),
                repr(retry_after or 0.0),
                repr(opens_at.timestamp() if opens_at else 0.0),
                int(timed_out),
            )
        except RedisError:
            return False  # the lease ends by itself
        return bool(counted)

    def room(self, *, lane: Lane, office: str) -> int:
        """How many calls could begin now; 0 without Redis."""
        try:
            return int(self._run("room"))
        except RedisError:
            return 0

    def snapshot(self) -> Snapshot:
        """What is known now; never raises."""
        try:
            seen = json.loads(self._run("look"))
        except RedisError:
            return Snapshot(state="no-redis")
        return Snapshot(
            state=seen["state"],
            limit=float(seen["limit"]),
            in_flight=int(seen["in_flight"]),
            room=int(seen["room"]),
            latency=float(seen["latency"]),
            last_answer=_moment(seen["ok_at"]),
            last_drop=_moment(seen["dropped_at"]),
            last_probe=_moment(seen["probed_at"]),
            next_probe=_moment(seen["probe_at"]),
            opens_at=_moment(seen["opens_at"]),
            ceiling=seen["ceiling"] or None,
            paused=seen["paused"],
            paused_by=seen["paused_by"],
            **{name: int(seen[name]) for name in ("offered", "served", "refused", "timed_out", "probes")},
        )

    def history(self) -> list[dict[str, Any]]:
        """A point every ten seconds for a day at most, oldest first; empty without Redis."""
        try:
            return [json.loads(point) for point in self._redis.lrange(self._keys[2], 0, -1)]
        except RedisError:
            return []

    def pause(self, *, reason: str, actor: str) -> None:
        """Give no permits until ``resume``; calls in flight finish. Raises RedisError."""
        self._redis.hset(self._keys[0], mapping={"paused": reason or "-", "paused_by": actor})

    def resume(self) -> None:
        """Give permits again. Raises RedisError."""
        self._redis.hdel(self._keys[0], "paused", "paused_by")

    def set_ceiling(self, ceiling: int | None) -> None:
        """Never more calls in flight than this, whatever is learned; None lifts it. Raises RedisError."""
        if ceiling is None:
            self._redis.hdel(self._keys[0], "ceiling")
        else:
            self._redis.hset(self._keys[0], "ceiling", max(1, ceiling))

    def forget(self) -> None:
        """Everything that was learned, and all permits. Raises RedisError."""
        self._redis.delete(*self._keys)

    def _run(self, verb: str, *arguments: Any) -> Any:
        return self._script(keys=self._keys, args=[verb, SETTINGS, *arguments])


def _place(lane: Lane) -> int:
    return LANES.index(lane) + 1


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _clock(moment: datetime | None) -> str:
    return date_format(localtime(moment), "H.i.s") if moment else "—"


def _sentence(seen: Snapshot) -> str:
    if seen.state == "no-redis":
        return _("Redis tidak terjangkau: tanpa izin tidak ada panggilan ke pusat.")
    if seen.state == "paused":
        return _("Dihentikan sementara oleh %(who)s: %(reason)s.") % {
            "who": seen.paused_by,
            "reason": seen.paused,
        }
    if seen.state == "closed":
        return _("Pusat tutup; buka lagi %(when)s.") % {"when": _clock(seen.opens_at)}
    if seen.state == "outage":
        return _("Pusat tidak menjawab sejak %(since)s; dicoba lagi pukul %(next)s.") % {
            "since": _clock(seen.last_answer),
            "next": _clock(seen.next_probe),
        }
    numbers = {
        "limit": number_format(seen.limit, 1),
        "in_flight": number_format(seen.in_flight),
        "latency": number_format(seen.latency, 2),
        "drop": _clock(seen.last_drop),
    }
    if seen.state == "waiting":
        return _("Pusat meminta menunggu; batas sekarang %(limit)s panggilan sekaligus.") % numbers
    return (
        _(
            "%(in_flight)s dari %(limit)s panggilan sedang berjalan; pusat menjawab dalam %(latency)s detik; "
            "terakhir ditolak pukul %(drop)s."
        )
        % numbers
    )
