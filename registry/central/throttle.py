"""May this caller ask the centre now?

One throttle for all workers on all machines. Each permit is a lease of its own holder in Redis, so a
dead holder's place comes back by time; how many there may be ``capacity`` learns from the answers. Lanes
take weighted turns, and offices within a lane; all borrow what others leave. Two round trips a permit
(``throttle.lua``), however many wait. Without Redis there is no permit: the throttle fails closed.
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

from registry.central import capacity
from registry.central.capacity import Known, Mode, Moment, Seen, learn
from registry.central.errors import NoPermit

SCRIPT = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
LEASE_SECONDS = 60.0  # longer than the longest call (35 s) and what a worker does around it
NO_REDIS_WAIT = 1.0  # seconds; Redis comes back within seconds or not at all
LESSON_SECONDS = 0.25  # between two lessons for all workers together; a failure is learned from at once


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
        "first_limit": capacity.FIRST_LIMIT,
        "first_starts": capacity.FIRST_LIMIT * capacity.PACE_SLACK,
        "first_latency": 1.0,  # s, before any answer
        "first_patience": 10.0,  # s until a probe counts as lost, before any answer
        "first_pause": capacity.FIRST_PAUSE,
        "pause_growth": capacity.PAUSE_GROWTH,
        "longest_pause": capacity.LONGEST_PAUSE,
        "lesson_seconds": LESSON_SECONDS,
        "most_seen": 1000,  # calls that ended between two lessons
        "catch_up": 0.05,  # s of starts that may be made up for: callers are a little late, not early
        "least_wait": 0.02,  # s; sooner than the fastest answer nothing can be free
        "longest_turn": 5.0,  # s; beyond it a told time says little
        "grace_seconds": 0.5,  # s a caller may come late without losing its turn
        "again_seconds": 0.1,  # s until one whose time has come asks again: a place stays empty no longer
        "closed_seconds": 60.0,  # s to wait when a closed centre does not say when it opens
        "paused_seconds": 5.0,  # s between looks of a caller while an administrator has paused us
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
    beside: int = 0  # calls in flight then


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the throttle knows now.

    ``state``: searching holding yielding returning outage (the learner's modes), listening waiting closed
    paused no-redis. ``learned`` is the level that the learner believes in, ``pace`` calls per second where
    the centre counts those (else 0), ``queue`` calls that wait at the centre, ``noise`` the share of calls
    that fail at any load.
    """

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
    learned: float = 0.0
    pace: float = 0.0
    queue: float = 0.0
    noise: float = 0.0
    last_answer: datetime | None = None
    last_drop: datetime | None = None
    last_probe: datetime | None = None
    next_probe: datetime | None = None
    opens_at: datetime | None = None
    wait_until: datetime | None = None
    ceiling: float | None = None
    paused: str = ""  # the reason, while an administrator has paused us
    paused_by: str = ""

    @property
    def why(self) -> str:
        """One sentence that says why the limit is what it is."""
        return _sentence(self)


class Throttle:
    """All permits of one centre. ``name`` keeps several apart in one Redis.

    ``process`` names whoever holds the permits, so that they can be taken back when it is known to be
    dead. ``weights`` says how much more than one turn an office has among those that wait.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        name: str = "central",
        lease: float = LEASE_SECONDS,
        process: str = "",
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self._redis = redis
        self._lease = lease
        self._process = process
        self._weights = weights or {}
        self._prefix = f"ektp:{{{name}}}"
        self._script = redis.register_script(SCRIPT)
        parts = ["state", "leases", "begun", "seen", "history", "known", "turns"]
        parts += [f"{part}:{lane}" for lane in LANES for part in ("waiting", "until")]
        self._keys = [f"{self._prefix}:{part}" for part in parts]

    def acquire(self, *, lane: Lane, office: str) -> Permit:
        """A permit, at once or not at all. Raises NoPermit, which says when to come back."""
        holder = f"{self._process}|{uuid4().hex}"
        weight = self._weights.get(office, 1.0)
        try:
            granted, told, word, beside, due = self._run(
                "acquire", _place(lane), office, weight, holder, self._lease
            )
            self._learn(due)
        except RedisError as error:
            raise NoPermit(retry_after=NO_REDIS_WAIT, why="no-redis") from error
        if not granted:
            raise NoPermit(retry_after=float(told), why=word.decode())
        return Permit(holder, lane, office, float(told), int(beside))

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
        """Give a permit back and learn; False when its lease had ended, so that nothing was counted.

        ``seconds`` the call took, by the caller's own watch: clocks differ, and Redis has its own delays.
        """
        dropped = "timed_out" if timed_out else "refused"
        try:
            counted, due = self._run(
                "settle",
                permit.holder,
                repr(permit.granted_at),
                repr(permit.granted_at + seconds),
                permit.beside,
                dropped if outcome is Outcome.DROPPED else outcome.value,
                repr(retry_after or 0.0),
                repr(opens_at.timestamp() if opens_at else 0.0),
            )
            self._learn(due)
        except RedisError:
            return False  # the lease ends by itself
        return bool(counted)

    def _learn(self, due: bytes) -> None:
        """Once every quarter of a second for all workers together, and after each failure."""
        if not due:
            return
        lesson = json.loads(due)
        known = capacity.from_json(lesson["known"]) if lesson["known"] else Known()
        moment = Moment(
            now=lesson["now"],
            in_flight=lesson["in_flight"],
            let_in=lesson["let_in"],
            proven=lesson["proven"],
            full_at=lesson["full_at"],
        )
        taught = learn(known, [_seen(line) for line in lesson["seen"]], moment)
        self._run(
            "teach",
            lesson["version"],
            len(lesson["seen"]),
            capacity.to_json(taught),
            json.dumps(_told(taught)),
        )

    def forget_process(self, process: str) -> int:
        """Take back the permits of a process that is known to be dead; how many. Raises RedisError."""
        return int(self._run("forget_process", process)) if process else 0

    def room(self, *, lane: Lane, office: str) -> int:
        """How many calls could begin now; 0 without Redis."""
        try:
            free, due = self._run("room")
            self._learn(due)
        except RedisError:
            return 0
        return int(free)

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
            learned=float(seen["learned"]),
            pace=float(seen["pace"]),
            queue=float(seen["queue"]),
            noise=float(seen["noise"]),
            wait_until=_moment(seen["wait_until"]),
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
            return [json.loads(point) for point in self._redis.lrange(self._keys[4], 0, -1)]
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


def _seen(line: str) -> Seen:
    began, ended, outcome, beside, retry_after = line.split()
    return Seen(
        began=float(began),
        ended=float(ended),
        answered=outcome == "ok",
        timed_out=outcome == "timed_out",
        beside=int(beside),
        retry_after=float(retry_after),
    )


def _told(known: Known) -> dict[str, float | str]:
    """What the script goes by until the next lesson."""
    return {
        "mode": known.mode,
        "limit": known.limit,
        "learned": known.level,
        "starts": known.starts,
        "pace": known.quota_pace,
        "latency": known.answer or 1.0,
        "queue": known.queue,
        "noise": known.noise,
        "probe_at": known.probe_at,
        "pause": known.pause,
        "probe_patience": known.probe_patience,
        "void_before": known.void_before,
        "wait_until": known.wait_until,
        "refused_began": known.refused_began,
        "verdict": known.verdict,
    }


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
        "limit": number_format(seen.limit, 0),
        "in_flight": number_format(seen.in_flight),
        "latency": number_format(seen.latency, 2),
        "pace": number_format(seen.pace, 1),
        "drop": _clock(seen.last_drop),
        "until": _clock(seen.wait_until),
    }
    if seen.state == "waiting":
        return _("Pusat meminta menunggu sampai pukul %(until)s.") % numbers
    now = _("%(in_flight)s dari %(limit)s panggilan sedang berjalan; pusat menjawab dalam %(latency)s detik.")
    return f"{now % numbers} {_reason(seen) % numbers}"


def _reason(seen: Snapshot) -> str:
    """Why is the limit what it is?"""
    if seen.state == Mode.SEARCHING:
        return _("Batas pusat belum diketahui: setiap jawaban menambah panggilan.")
    if seen.state == Mode.RETURNING:
        return _("Pusat menjawab lagi: kembali pelan-pelan ke tingkat sebelumnya.")
    if seen.state == Mode.YIELDING:
        return _("Pusat menolak berturut-turut: panggilan dikurangi.")
    if seen.state == "listening":
        return _("Jawaban terlambat: menunggu sebelum memanggil lagi.")
    if seen.pace:
        return _("Pusat membatasi jumlah per waktu: %(pace)s panggilan per detik.")
    if seen.queue >= 1:
        return _("Lebih banyak hanya akan mengantre di pusat.")
    if seen.last_drop:
        return _("Satu lagi ditolak pusat, terakhir pukul %(drop)s.")
    return _("Pusat menjawab semuanya.")
