"""What did the centre see of a run? Reckoned from its own counters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

BACK_SHARE = 0.95  # of the capacity, in the mean of ...
BACK_SAMPLES = 4  # ... so many samples: two seconds, as in the simulated world


@dataclass(frozen=True, slots=True)
class Phase:
    """For ``seconds`` the centre has this share of its capacity."""

    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The centre's counters at one moment, ``at`` seconds after the start; ``answer`` in seconds."""

    at: float
    in_flight: int
    offered: int
    served: int
    refused: int
    wasted: int
    answer: float


@dataclass(frozen=True, slots=True)
class Centre:
    """What it bears at its best: calls at once, and seconds for one."""

    capacity: int
    seconds: float

    def slots(self, share: float) -> int:
        """Calls at once at this share; 0 when dead."""
        return max(1, round(self.capacity * share)) if share else 0

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.capacity / self.seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares, seconds and calls. ``inf``: not before the next step. ``steps``: the share used in each."""

    used: float
    served: int
    wasted: float
    wasted_calls: int
    back_after_outage: float
    back_after_half: float
    answer: float
    dead_per_minute: float
    steps: tuple[float, ...]

    @classmethod
    def from_json(cls, figures: dict[str, Any]) -> Figures:
        """The reverse of ``asdict``."""
        return cls(**{**figures, "steps": tuple(figures["steps"])})


def reckon(*, centre: Centre, plan: Sequence[Phase], samples: Sequence[Sample]) -> Figures:
    """The figures of one run."""
    pieces = _pieces(plan)
    alive = [_inside(samples, begin, end) for begin, end, share in pieces if share]
    dead = [_inside(samples, begin, end) for begin, end, share in pieces if not share]
    possible = sum(centre.slots(phase.share) * phase.seconds for phase in plan) / centre.seconds
    served = samples[-1].served - samples[0].served
    offered = sum(part[-1].offered - part[0].offered for part in alive)
    wasted = sum(_wasted(part[-1]) - _wasted(part[0]) for part in alive)
    minutes = sum(part[-1].at - part[0].at for part in dead) / 60
    return Figures(
        used=served / possible,
        served=served,
        wasted=wasted / max(1, offered),
        wasted_calls=wasted,
        back_after_outage=_slowest(centre, pieces, samples, outage=True),
        back_after_half=_slowest(centre, pieces, samples, outage=False),
        answer=median(sample.answer for part in alive for sample in part),
        dead_per_minute=sum(part[-1].offered - part[0].offered for part in dead) / minutes if minutes else 0,
        steps=tuple(
            _gained(samples, begin, end) / (centre.slots(share) * (end - begin) / centre.seconds)
            for begin, end, share in pieces
            if share
        ),
    )


def _pieces(plan: Sequence[Phase]) -> list[tuple[float, float, float]]:
    """(from, to, share), one after another."""
    pieces, begin = [], 0.0
    for phase in plan:
        pieces.append((begin, begin + phase.seconds, phase.share))
        begin += phase.seconds
    return pieces


def _inside(samples: Sequence[Sample], begin: float, end: float) -> list[Sample]:
    return [sample for sample in samples if begin <= sample.at < end]


def _gained(samples: Sequence[Sample], begin: float, end: float) -> int:
    inside = _inside(samples, begin, end)
    return inside[-1].served - inside[0].served


def _wasted(sample: Sample) -> int:
    return sample.refused + sample.wasted


def _slowest(
    centre: Centre,
    pieces: Sequence[tuple[float, float, float]],
    samples: Sequence[Sample],
    *,
    outage: bool,
) -> float:
    """The slowest of the returns to a greater share, from an outage or from a part."""
    backs = [
        _back(_inside(samples, begin, end), centre.slots(share), begin)
        for (_begin, _end, before), (begin, end, share) in pairwise(pieces)
        if share > before and (before == 0) == outage
    ]
    return max(backs, default=0.0)


def _back(samples: Sequence[Sample], slots: int, begin: float) -> float:
    for place in range(len(samples) - BACK_SAMPLES + 1):
        window = samples[place : place + BACK_SAMPLES]
        if sum(one.in_flight for one in window) / BACK_SAMPLES >= BACK_SHARE * slots:
            return window[0].at - begin
    return math.inf
