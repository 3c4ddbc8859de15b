"""Does the table of the real stack reckon rightly from the centre's counters?"""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks.real.watch import Centre, Figures, Phase, Sample, reckon

CENTRE = Centre(capacity=10, seconds=2.0)
PLAN = (Phase(10, 1.0), Phase(10, 0.5), Phase(10, 0.0), Phase(10, 1.0))


def sample(at: int, **other: int) -> Sample:
    """Five calls a second are served, and ten are in flight."""
    served = 5 * at
    return replace(Sample(at, 10, served, served, 0, 0, 2.0), **other)


def figures(*changed: Sample) -> Figures:
    """Of a run of forty seconds with these samples in place of their likes."""
    by_moment = {one.at: one for one in [*(sample(at) for at in range(41)), *changed]}
    return reckon(centre=CENTRE, plan=PLAN, samples=list(by_moment.values()))


class TestReckon:
    def test_holds_what_was_served_against_what_could_have_been(self) -> None:
        assert figures().used == 200 / ((10 + 5 + 10) * 10 / 2)

    def test_counts_refusals_only_while_the_centre_lives(self) -> None:
        late = [sample(at, refused=30) for at in range(20, 41)]
        assert figures(*late).wasted_calls == 0
        early = [sample(at, refused=30) for at in range(5, 41)]
        assert figures(*early).wasted_calls == 30

    def test_counts_calls_to_the_dead(self) -> None:
        assert figures().dead_per_minute == 300

    def test_knows_a_slow_return_from_an_outage(self) -> None:
        assert figures().back_after_outage == 0
        slow = [sample(at, in_flight=9) for at in range(30, 35)]
        assert figures(*slow).back_after_outage == 3  # 9 9 10 10 is 9.5 in the mean

    def test_says_so_when_it_never_came_back(self) -> None:
        never = [sample(at, in_flight=9) for at in range(30, 41)]
        assert figures(*never).back_after_outage == math.inf
