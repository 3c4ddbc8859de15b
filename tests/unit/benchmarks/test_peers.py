"""Do the peers of the limiter table reckon as their sources say?"""

from __future__ import annotations

import math
from random import Random

import pytest

from benchmarks.limiter.peers.aimd import Aimd, TunedAimd
from benchmarks.limiter.peers.aws import AwsAdaptive, Cubic, RateClock
from benchmarks.limiter.peers.breaker import Breaker
from benchmarks.limiter.peers.envoy import EnvoyGradient, next_limit
from benchmarks.limiter.peers.gradient2 import Gradient2
from benchmarks.limiter.peers.in_flight import Estimate, Fixed, InFlight
from benchmarks.limiter.peers.none import NoLimit
from benchmarks.limiter.peers.rate import FixedRate
from benchmarks.limiter.peers.sre import SreThrottling, refusal
from benchmarks.limiter.peers.vegas import Vegas
from benchmarks.limiter.protocol import Answer, Kind, Limiter


def granted(limiter: Limiter, *, now: float = 0.0, most: int = 100) -> list[object]:
    """Tickets until the limiter says no."""
    tickets: list[object] = []
    while len(tickets) < most and not isinstance(ticket := limiter.ask(client=0, now=now), float):
        tickets.append(ticket)
    return tickets


def take(estimate: Estimate, *, latency: float = 1.0, in_flight: int = 1000, dropped: bool = False) -> None:
    estimate.sample(started=0.0, latency=latency, in_flight=in_flight, dropped=dropped)


class TestNoLimit:
    def test_always_says_yes(self) -> None:
        assert len(granted(NoLimit())) == 100


class TestFixedRate:
    def test_starts_one_call_and_says_when_the_next_may_start(self) -> None:
        limiter = FixedRate(rate=0.5)
        assert len(granted(limiter)) == 1
        assert limiter.ask(client=0, now=0.5) == pytest.approx(2.0)

    def test_saves_no_more_than_one_token_while_idle(self) -> None:
        limiter = FixedRate(rate=0.5)
        assert len(granted(limiter, now=1000.0)) == 1

    def test_lets_those_who_come_back_on_time_through(self) -> None:
        limiter, now = FixedRate(rate=1 / 3), 0.0
        for _call in range(100):
            assert not isinstance(limiter.ask(client=0, now=now), float)
            later = limiter.ask(client=0, now=now)
            assert isinstance(later, float)
            now = later
        assert now == pytest.approx(300.0)


class TestInFlight:
    def test_grants_up_to_the_limit_and_again_when_a_call_ends(self) -> None:
        limiter = InFlight(estimate=Fixed(limit=3.9))
        first, *others = granted(limiter)
        assert len(others) == 2
        assert limiter.ask(client=0, now=1.0) == math.inf
        limiter.settle(ticket=first, answer=Answer(Kind.OK, 1.0), now=1.0)
        assert len(granted(limiter, now=1.0)) == 1

    def test_always_leaves_one_call(self) -> None:
        assert len(granted(InFlight(estimate=Fixed(limit=0.2)))) == 1

    @pytest.mark.parametrize(
        ("kind", "limit"),
        [(Kind.OK, 11), (Kind.REFUSED, 9), (Kind.TIMEOUT, 9), (Kind.CLOSED, 9), (Kind.ERROR, 10)],
    )
    def test_counts_what_the_server_turned_away_as_dropped_and_ignores_other_errors(
        self, kind: Kind, limit: int
    ) -> None:
        limiter = InFlight(estimate=Aimd(limit=10))
        tickets = granted(limiter)
        limiter.settle(ticket=tickets[-1], answer=Answer(kind, 1.0), now=1.0)
        assert limiter.estimate.limit == limit


class TestAimd:
    def test_adds_one_for_every_success_while_half_is_used(self) -> None:
        estimate = Aimd(limit=10)
        take(estimate, in_flight=5)
        take(estimate, in_flight=5)
        assert estimate.limit == 11

    @pytest.mark.parametrize(("before", "after"), [(100, 90), (10, 9), (5, 4), (1, 1)])
    def test_takes_a_tenth_and_at_least_one_for_every_drop(self, before: int, after: int) -> None:
        estimate = Aimd(limit=before)
        take(estimate, dropped=True)
        assert estimate.limit == after

    def test_takes_an_answer_after_five_seconds_for_a_drop(self) -> None:
        estimate = Aimd(limit=10)
        take(estimate, latency=5.1)
        assert estimate.limit == 9


class TestTunedAimd:
    def test_adds_one_in_a_round(self) -> None:
        estimate = TunedAimd(limit=10)
        for _answer in range(10):
            take(estimate)
        assert estimate.limit == pytest.approx(11, abs=0.05)

    def test_cuts_once_for_all_calls_of_a_round(self) -> None:
        estimate = TunedAimd(limit=10)
        for _answer in range(5):
            take(estimate, dropped=True)
        assert estimate.limit == 8
        estimate.sample(started=1.5, latency=1.0, in_flight=8, dropped=True)
        assert estimate.limit == pytest.approx(6.4)


class TestVegas:
    def estimate(self, limit: float = 20.0) -> Vegas:
        vegas = Vegas(random=Random(1), limit=limit)
        take(vegas, latency=1.0)
        return vegas

    @pytest.mark.parametrize(
        ("latency", "limit"),
        [
            (1.05, 26),  # queue 1: up by beta
            (1.1, 21),  # queue 2: up by one
            (1.2, 20),  # queue 4: well
            (1.4, 20),  # queue 6: well
            (1.5, 19),  # queue 7: down by one
        ],
    )
    def test_holds_a_queue_of_three_to_six(self, latency: float, limit: int) -> None:
        estimate = self.estimate()
        take(estimate, latency=latency)
        assert estimate.limit == limit

    def test_takes_larger_steps_at_larger_limits(self) -> None:
        estimate = self.estimate(limit=200.0)
        take(estimate, latency=1.001)
        assert estimate.limit == 212

    def test_goes_down_for_a_drop(self) -> None:
        estimate = self.estimate()
        take(estimate, latency=1.05, dropped=True)
        assert estimate.limit == 19

    def test_does_not_grow_while_half_is_unused(self) -> None:
        estimate = self.estimate()
        take(estimate, latency=1.05, in_flight=9)
        assert estimate.limit == 20

    def test_forgets_the_shortest_time_after_thirty_limits_of_answers(self) -> None:
        estimate = self.estimate()
        for _answer in range(30 * 20):
            take(estimate, latency=2.0, in_flight=1)
        assert estimate.shortest == 2.0


class TestGradient2:
    def test_grows_by_a_fifth_of_its_queue_while_the_answer_time_stands(self) -> None:
        estimate = Gradient2(limit=20)
        estimate.take(average=1.0, in_flight=20)
        assert estimate.limit == pytest.approx(20.8)

    def test_shrinks_by_a_tenth_at_most(self) -> None:
        estimate = Gradient2(limit=100)
        for _window in range(10):
            estimate.take(average=1.0, in_flight=1)
        estimate.take(average=100.0, in_flight=100)
        assert estimate.limit == pytest.approx(100 * 0.8 + (100 * 0.5 + 4) * 0.2)

    def test_forgets_a_long_load_sooner(self) -> None:
        estimate = Gradient2()
        for _window in range(10):
            estimate.take(average=10.0, in_flight=1)
        estimate.take(average=1.0, in_flight=1)
        assert estimate.long == pytest.approx((10 - 9 * 2 / 601) * 0.9)

    def test_waits_for_ten_samples_in_ten_seconds(self) -> None:
        estimate = Gradient2(limit=20)
        for second in range(12):
            estimate.sample(started=float(second), latency=1.0, in_flight=20, dropped=False)
        assert estimate.limit == pytest.approx(20.8)


class TestEnvoy:
    @pytest.mark.parametrize(
        ("sampled", "limit"),
        [
            (1.25, 110),  # gradient 1: 100 + √100
            (5.0, 57),  # held at 0.5: 50 + √50
            (0.1, 214),  # held at 2: 200 + √200
        ],
    )
    def test_moves_by_the_gradient_and_leaves_room_for_bursts(self, sampled: float, limit: int) -> None:
        assert next_limit(limit=100, minimum=1.0, sampled=sampled) == limit

    def test_measures_the_minimum_with_three_calls_in_flight(self) -> None:
        limiter = EnvoyGradient(random=Random(1))
        now = 0.0
        for call in range(51):
            tickets = granted(limiter, now=now)
            assert len(tickets) == (3 if call == 0 else 1)
            assert limiter.measuring is (call < 50)
            if call == 0:
                waiting = tickets[:2]
            now += 2.0
            limiter.settle(ticket=tickets[-1], answer=Answer(Kind.OK, 2.0), now=now)
        assert (limiter.minimum, len(waiting)) == (2.0, 2)

    def test_measures_anew_after_five_windows_at_the_lowest_limit(self) -> None:
        limiter, now = EnvoyGradient(random=Random(1)), 0.0
        for _call in range(50):
            (ticket, *others) = granted(limiter, now=now)
            for one in (ticket, *others):
                limiter.settle(ticket=one, answer=Answer(Kind.OK, 1.0), now=now + 1.0)
            now += 1.0
            if not limiter.measuring:
                break
        for _window in range(10):
            for one in granted(limiter, now=now + 10.5):
                limiter.settle(ticket=one, answer=Answer(Kind.OK, 10.0), now=now + 10.5)
            now += 10.5
        limiter.ask(client=0, now=now + 10.5)
        assert limiter.measuring


class TestAwsAdaptive:
    def test_sleeps_until_the_first_throttled_call(self) -> None:
        limiter = AwsAdaptive()
        ticket = granted(limiter)[0]
        limiter.settle(ticket=ticket, answer=Answer(Kind.TIMEOUT, 40.0), now=40.0)
        assert len(granted(limiter, now=40.0)) == 100

    def test_is_awake_after_it_and_never_slower_than_half_a_call_a_second(self) -> None:
        limiter = AwsAdaptive()
        limiter.settle(ticket=limiter.ask(client=0, now=0.0), answer=Answer(Kind.REFUSED, 0.1), now=0.1)
        assert limiter.ask(client=0, now=0.1) == pytest.approx(0.1 + 0.9 / 0.5)

    def test_cuts_to_seven_tenths_and_is_back_after_the_flat_time(self) -> None:
        cubic = Cubic()
        assert cubic.cut(rate=10.0, now=100.0) == pytest.approx(7.0)
        assert cubic.flat_after == pytest.approx((10 * 0.3 / 0.4) ** (1 / 3))
        assert cubic.grown(now=100.0) == pytest.approx(7.0)
        assert cubic.grown(now=100.0 + cubic.flat_after) == pytest.approx(10.0)

    def test_measures_the_rate_in_smoothed_half_seconds(self) -> None:
        clock = RateClock()
        for _answer in range(4):
            clock.record(now=0.4)
        assert clock.record(now=0.6) == pytest.approx(10 * 0.8)
        assert clock.record(now=1.1) == pytest.approx(2 * 0.8 + 8 * 0.2)


class TestSreThrottling:
    @pytest.mark.parametrize(
        ("requests", "accepts", "probability"), [(0, 0, 0), (100, 50, 0), (100, 0, 100 / 101), (99, 25, 0.49)]
    )
    def test_refuses_what_exceeds_twice_the_accepts(
        self, requests: int, accepts: int, probability: float
    ) -> None:
        assert refusal(requests=requests, accepts=accepts) == pytest.approx(probability)

    def test_forgets_after_two_minutes(self) -> None:
        limiter = SreThrottling(random=Random(1))
        granted(limiter)
        assert not isinstance(limiter.ask(client=0, now=121.0), float)


class TestBreaker:
    def open(self) -> Breaker:
        limiter = Breaker(rate=1.0)
        for second in range(5):
            ticket = limiter.ask(client=0, now=float(second))
            limiter.settle(ticket=ticket, answer=Answer(Kind.REFUSED, 0.1), now=second + 0.1)
        return limiter

    def test_opens_for_a_minute_after_five_failures_in_a_row(self) -> None:
        assert self.open().ask(client=0, now=5.0) == pytest.approx(64.1)

    def test_sends_one_trial_and_closes_when_it_succeeds(self) -> None:
        limiter = self.open()
        (trial,) = granted(limiter, now=70.0)
        limiter.settle(ticket=trial, answer=Answer(Kind.OK, 1.0), now=71.0)
        assert limiter.opened_at is None

    def test_stays_open_when_the_trial_fails(self) -> None:
        limiter = self.open()
        (trial,) = granted(limiter, now=70.0)
        limiter.settle(ticket=trial, answer=Answer(Kind.TIMEOUT, 30.0), now=100.0)
        assert limiter.ask(client=0, now=100.0) == pytest.approx(160.0)

    def test_starts_calls_at_its_rate_while_closed(self) -> None:
        assert Breaker(rate=0.5).ask(client=0, now=0.0) is not None
        assert len(granted(Breaker(rate=0.5))) == 1
