"""Does our throttle find each kind of centre's capacity, in a few simulated minutes?"""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.limiter.ours import ours
from benchmarks.limiter.world import Result, Scene, play

HALF = ((0.0, 1.0), (300.0, 0.5))


def played(centre: str, *, seed: int = 7, **facts: object) -> Result:
    scene = Scene(**({"name": centre, "centre": centre, "steps": HALF, "end": 600.0, "capacity": 30} | facts))  # type: ignore[arg-type]
    return play(scene, ours(scene, Random(seed)), seed)


class TestOurs:
    @pytest.mark.parametrize("centre", ["refuses", "queues", "quota"])
    def test_uses_a_centre_that_it_knows_nothing_of_and_wastes_little(self, centre: str) -> None:
        result = played(centre)
        assert result.used > 0.7  # ten minutes, of which it takes some to learn what kind of centre this is
        assert result.wasted < 0.04
        assert result.fairness > 0.97

    def test_probes_a_dead_centre_three_times_a_minute_at_most(self) -> None:
        result = played("refuses", steps=((0.0, 1.0), (120.0, 0.0), (600.0, 1.0)), end=700.0)
        assert result.dead_per_minute < 4
        assert result.back_after_outage[0] < 60

    @pytest.mark.parametrize("centre", ["refuses", "queues"])
    @pytest.mark.parametrize("noise", [0.02, 0.15])
    def test_is_not_the_fool_of_failures_that_come_by_chance(self, centre: str, noise: float) -> None:
        result = played(centre, noise=noise, steps=((0.0, 1.0), (500.0, 0.5)), end=1000.0)
        assert result.used > 0.7
        assert result.wasted < 0.1

    def test_does_not_take_a_small_quota_for_chance(self) -> None:
        assert played("quota", capacity=3, end=900.0).wasted < 0.15

    def test_does_not_take_a_queue_for_the_answer_time(self) -> None:
        result = played("queues", seed=4, capacity=100, hands=1000, steps=((0.0, 1.0),), end=500.0)
        assert result.used > 0.9
        assert result.wasted < 0.01

    def test_shares_evenly_among_many(self) -> None:
        assert played("refuses", clients=10).fairness > 0.97

    @pytest.mark.parametrize("capacity", [3, 10])
    def test_shares_a_small_quota_evenly_too(self, capacity: int) -> None:
        assert played("quota", clients=10, capacity=capacity, end=1200.0).fairness > 0.97
