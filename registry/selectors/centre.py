"""How has the centre been in the last hours?

The throttle's own history, thinned so that a chart of it costs the same after an hour and after three
weeks. What a point does not say is taken as unknown, never as an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

COUNTED = ("offered", "served", "refused", "timed_out", "probes")


@dataclass(frozen=True, slots=True)
class Point:
    """One stretch of time: how it stood, and what happened in it."""

    at: datetime
    limit: float
    in_flight: float
    learned: float  # calls in flight that the centre bears, as far as is known
    latency: float  # seconds
    offered: int  # permits asked for
    served: int
    refused: int
    timed_out: int
    probes: int

    @property
    def lost(self) -> int:
        """Calls that the centre did not answer for whatever reason."""
        return self.refused + self.timed_out


def recent(
    history: Iterable[Mapping[str, Any]], *, now: datetime, span: timedelta, step: timedelta
) -> list[Point]:
    """The samples of the last ``span``, one point per ``step``, oldest first.

    Counters of a sample are totals, so what happened in a step is their difference; a counter that
    fell (the throttle forgot) starts again from nothing.
    """
    since = (now - span).timestamp()
    samples = [one for one in history if _number(one, "at") >= since]
    width = step.total_seconds()
    points, before = [], samples[0] if samples else {}
    for _bucket, group in groupby(samples, key=lambda one: _number(one, "at") // width):
        inside = list(group)
        last = inside[-1]
        points.append(
            Point(
                at=datetime.fromtimestamp(_number(last, "at"), UTC),
                limit=max(_number(one, "limit") for one in inside),
                in_flight=max(_number(one, "in_flight") for one in inside),
                learned=_number(last, "learned"),
                latency=max(_number(one, "latency") for one in inside),
                **{name: _gained(before, last, name) for name in COUNTED},
            )
        )
        before = last
    return points


def _gained(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> int:
    gained = _number(after, name) - _number(before, name)
    return int(gained if gained >= 0 else _number(after, name))


def _number(sample: Mapping[str, Any], name: str) -> float:
    value = sample.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
