"""How much may we ask of the centre?

Pure: state × observations × now → state. This first version is additive increase, multiplicative
decrease, with one probe at a time while nothing answers.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

FIRST_LIMIT = 2.0  # calls in flight before anything is known
QUIET_FAILURES = 4  # failures in a row, with no success between, that look like an outage
PROBE_FIRST, PROBE_LONGEST = 2.0, 28.0  # seconds between probes: two a minute in a long outage


@dataclass(frozen=True, slots=True)
class Seen:
    """One call that has ended. Times are the server's, in seconds."""

    lane: str
    office: str
    started: float
    in_flight: int  # at its start, itself included
    word: str  # ok, ignored, refused, timed_out, closed, expired
    seconds: float
    ended: float
    until: float | None = None  # Retry-After or the opening, as a time


@dataclass(frozen=True, slots=True)
class Out:
    """One call that is still out."""

    lane: str
    office: str
    started: float
    in_flight: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to learn from at one moment."""

    now: float
    answers: Sequence[Seen] = ()
    out: Sequence[Out] = ()
    turned_away: int = 0  # callers that found no place, ever
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is known and decided."""

    mode: str = "learning"
    why: str = "new"
    limit: float = FIRST_LIMIT
    spacing: float = 0.0  # seconds between starts; 0: not paced
    shut_until: float = 0.0
    probe_at: float = 0.0
    failures: int = 0
    probes: int = 0
    turned_away: int = 0
    cut_at: float = 0.0
    median: float = 0.0


def learn(state: State, lesson: Lesson, *, chance: random.Random | None = None) -> State:
    """The next state."""
    chance = chance or random.Random()  # noqa: S311 (jitter, not a secret)
    for seen in lesson.answers:
        state = _one(state, seen, lesson, chance)
    return replace(state, turned_away=lesson.turned_away)


def _one(state: State, seen: Seen, lesson: Lesson, chance: random.Random) -> State:
    if seen.word == "closed":
        return replace(state, mode="closed", why="closed", shut_until=seen.until or lesson.now + 60)
    if seen.word == "ok":
        median = seen.seconds if not state.median else state.median * 0.9 + seen.seconds * 0.1
        limit = state.limit + (1 / state.limit if lesson.turned_away > state.turned_away else 0)
        return replace(state, mode="steady", why="climbing", limit=limit, failures=0, probes=0, median=median)
    if seen.word in ("refused", "timed_out"):
        failures = state.failures + 1
        if failures >= QUIET_FAILURES or state.mode == "outage":
            pause = min(PROBE_LONGEST, PROBE_FIRST * 2**state.probes) * chance.uniform(0.8, 1.2)
            return replace(
                state,
                mode="outage",
                why="outage",
                failures=failures,
                probes=state.probes + 1,
                limit=1.0,
                probe_at=lesson.now + pause,
            )
        if seen.started < state.cut_at:
            return replace(state, failures=failures)
        return replace(
            state, limit=max(1.0, state.limit * 0.7), failures=failures, cut_at=lesson.now, why="refused"
        )
    return state
