"""Does the throttle give as many permits as the centre bears, to each its turn, and none without Redis?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from redis import Redis

from registry.central.errors import NoPermit
from registry.central.throttle import Lane, Outcome, Permit, Throttle

OFFICE = "21.02"


def take_all(throttle: Throttle, lane: Lane = Lane.AUTHORIZATION) -> list[Permit]:
    """Every permit there is now."""
    permits = []
    while True:
        try:
            permits.append(throttle.acquire(lane=lane, office=OFFICE))
        except NoPermit:
            return permits


def answer(throttle: Throttle, permits: list[Permit], outcome: Outcome = Outcome.OK, **facts: object) -> None:
    """Settle them all, each after a second."""
    for permit in permits:
        throttle.settle(permit, outcome, **({"seconds": 1.0} | facts))  # type: ignore[arg-type]


def grow(throttle: Throttle, rounds: int = 6, lane: Lane = Lane.AUTHORIZATION) -> None:
    """Let the throttle learn that the centre answers."""
    for _round in range(rounds):
        answer(throttle, take_all(throttle, lane))


def fail_until_out(throttle: Throttle) -> None:
    """Nothing but failures until the throttle calls it an outage."""
    for _round in range(30):
        if throttle.snapshot().state == "outage":
            return
        answer(throttle, take_all(throttle), Outcome.DROPPED, seconds=2.0, timed_out=True)
    pytest.fail("no outage was seen")


@pytest.fixture
def quick(redis: Redis, throttle: Throttle) -> Throttle:
    """A throttle that has seen a centre which answers in milliseconds, so that silence is short."""
    for _round in range(4):
        answer(throttle, take_all(throttle), seconds=0.001)
    return throttle


class TestPermits:
    def test_are_never_more_than_the_limit(self, throttle: Throttle) -> None:
        grow(throttle)
        taken = take_all(throttle)
        seen = throttle.snapshot()
        assert len(taken) == seen.in_flight == int(seen.limit)
        assert throttle.room(lane=Lane.REPORT, office=OFFICE) == 0

    def test_are_never_more_than_the_limit_for_many_threads(self, throttle: Throttle, redis: Redis) -> None:
        grow(throttle)
        taken: list[Permit] = []
        threads = [Thread(target=lambda: taken.extend(take_all(throttle))) for _thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == int(throttle.snapshot().limit)

    def test_say_when_to_come_back(self, throttle: Throttle) -> None:
        take_all(throttle)
        with pytest.raises(NoPermit) as refusal:
            throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        assert 0 < refusal.value.retry_after <= 60

    def test_of_a_dead_holder_come_back_by_time(self, redis: Redis, throttle: Throttle) -> None:
        brief = Throttle(redis, name=throttle._prefix, lease=0.001)
        permit = brief.acquire(lane=Lane.REPORT, office=OFFICE)
        while brief.snapshot().in_flight:
            pass
        assert brief.settle(permit, Outcome.OK, seconds=1.0) is False
        assert brief.snapshot().served == 0
        brief.forget()

    def test_are_settled_once(self, throttle: Throttle) -> None:
        permit = throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        assert throttle.settle(permit, Outcome.OK, seconds=1.0) is True
        assert throttle.settle(permit, Outcome.OK, seconds=1.0) is False
        assert throttle.snapshot().served == 1

    def test_are_not_given_without_redis(self) -> None:
        nowhere = Throttle(Redis(port=1, socket_connect_timeout=1))
        with pytest.raises(NoPermit, match="no-redis"):
            nowhere.acquire(lane=Lane.REPORT, office=OFFICE)
        assert nowhere.room(lane=Lane.REPORT, office=OFFICE) == 0
        assert nowhere.snapshot().state == "no-redis"
        assert "Redis" in nowhere.snapshot().why


class TestLearning:
    def test_asks_for_more_while_the_centre_answers(self, throttle: Throttle) -> None:
        first = throttle.snapshot().limit
        grow(throttle)
        assert throttle.snapshot().limit > first + 4

    def test_does_not_grow_on_what_it_does_not_use(self, throttle: Throttle) -> None:
        grow(throttle)
        before = throttle.snapshot().limit
        throttle._redis.hset(throttle._keys[0], "full_at", 0)
        for _call in range(10):
            answer(throttle, [throttle.acquire(lane=Lane.REPORT, office=OFFICE)])
        assert throttle.snapshot().limit == before

    def test_cuts_once_for_all_calls_that_were_in_flight_together(self, throttle: Throttle) -> None:
        grow(throttle)
        before = throttle.snapshot().limit
        taken = take_all(throttle)
        answer(throttle, taken[:1])
        answer(throttle, taken[1:3], Outcome.DROPPED)
        assert throttle.snapshot().limit == pytest.approx(before * 0.7, rel=0.1)
        assert throttle.snapshot().refused == 2

    def test_keeps_the_place_of_a_refused_call_for_one_answer_time(self, throttle: Throttle) -> None:
        grow(throttle)
        permit = throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        throttle.settle(permit, Outcome.DROPPED, seconds=0.001)
        assert throttle.snapshot().in_flight == 1

    def test_stops_growing_when_answers_get_slow(self, throttle: Throttle) -> None:
        grow(throttle)
        before = throttle.snapshot().limit
        answer(throttle, take_all(throttle), seconds=9.0)
        assert throttle.snapshot().limit < before

    def test_never_goes_over_the_ceiling_of_an_administrator(self, throttle: Throttle) -> None:
        throttle.set_ceiling(3)
        grow(throttle)
        assert len(take_all(throttle)) == 3

    def test_never_goes_below_one(self, throttle: Throttle) -> None:
        for _round in range(5):
            answer(throttle, take_all(throttle)[:1], Outcome.DROPPED)
            throttle._redis.delete(*throttle._keys[1:2], *throttle._keys[3:])
            throttle._redis.hset(throttle._keys[0], mapping={"outage": 0, "drops": 0})
        assert throttle.snapshot().limit >= 1


class TestOutage:
    def test_is_not_prolonged_by_calls_that_began_before_it(self, quick: Throttle, redis: Redis) -> None:
        early = take_all(quick)[:8]
        answer(quick, early[:3], Outcome.DROPPED, seconds=2.0)
        fail_until_out(quick)
        answer(quick, early[3:], Outcome.DROPPED, seconds=2.0)
        assert float(redis.hget(quick._keys[0], "pause")) == 1.0  # type: ignore[arg-type]

    def test_lets_one_probe_through_at_a_time(self, quick: Throttle, redis: Redis) -> None:
        fail_until_out(quick)
        assert take_all(quick) == []
        redis.hset(quick._keys[0], "probe_at", 0)
        assert len(take_all(quick)) == 1

    def test_pauses_longer_after_each_failed_probe(self, quick: Throttle, redis: Redis) -> None:
        fail_until_out(quick)
        pauses = []
        for _probe in range(7):
            redis.hset(quick._keys[0], "probe_at", 0)
            answer(quick, take_all(quick), Outcome.DROPPED, seconds=2.0)
            pauses.append(float(redis.hget(quick._keys[0], "pause")))  # type: ignore[arg-type]
        assert pauses == [2, 4, 8, 16, 30, 30, 30]

    def test_returns_gently_when_a_probe_is_answered(self, quick: Throttle, redis: Redis) -> None:
        fail_until_out(quick)
        redis.hset(quick._keys[0], "probe_at", 0)
        answer(quick, take_all(quick))
        seen = quick.snapshot()
        assert seen.state in ("learning", "steady")
        assert seen.limit <= 2


class TestTheCentresWishes:
    def test_keeps_away_until_the_centre_opens(self, throttle: Throttle) -> None:
        opens = datetime.now(UTC) + timedelta(hours=2)
        answer(throttle, [throttle.acquire(lane=Lane.REPORT, office=OFFICE)], Outcome.CLOSED, opens_at=opens)
        with pytest.raises(NoPermit, match="closed") as refusal:
            throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        assert refusal.value.retry_after == pytest.approx(7200, abs=60)
        assert throttle.snapshot().state == "closed"

    def test_waits_as_long_as_it_asks(self, throttle: Throttle) -> None:
        permit = throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        answer(throttle, [permit], Outcome.DROPPED, retry_after=120.0)
        with pytest.raises(NoPermit, match="waiting") as refusal:
            throttle.acquire(lane=Lane.REPORT, office=OFFICE)
        assert refusal.value.retry_after == pytest.approx(120, abs=20)


class TestPause:
    def test_gives_nothing_until_an_administrator_resumes(self, throttle: Throttle) -> None:
        throttle.pause(reason="pemeliharaan", actor="kepala")
        assert take_all(throttle) == []
        assert throttle.snapshot().why == "Dihentikan sementara oleh kepala: pemeliharaan."
        throttle.resume()
        assert take_all(throttle) != []


class TestLanes:
    def test_lets_a_lane_have_what_others_leave(self, throttle: Throttle) -> None:
        grow(throttle, lane=Lane.REPORT)
        assert len(take_all(throttle, Lane.REPORT)) == int(throttle.snapshot().limit)

    def test_gives_every_waiting_lane_its_share(self, throttle: Throttle) -> None:
        throttle.set_ceiling(4)
        grow(throttle)
        granted = dict.fromkeys(Lane, 0)
        for _turn in range(200):
            permits = []
            for lane in Lane:
                try:
                    permits.append(throttle.acquire(lane=lane, office=OFFICE))
                except NoPermit:
                    continue
            for lane in Lane:
                try:
                    permits.append(throttle.acquire(lane=lane, office=OFFICE))
                except NoPermit:
                    continue
            for permit in permits:
                granted[permit.lane] += 1
            answer(throttle, permits)
        assert min(granted.values()) > 0.1 * sum(granted.values())

    def test_never_starves_a_lane_when_only_one_call_may_be_in_flight(self, throttle: Throttle) -> None:
        throttle.set_ceiling(1)
        granted = dict.fromkeys(Lane, 0)
        for _turn in range(60):
            for lane in (Lane.AUTHORIZATION, Lane.AUTHORIZATION, Lane.REPORT, Lane.VISIBILITY):
                try:
                    permit = throttle.acquire(lane=lane, office=OFFICE)
                except NoPermit:
                    continue
                granted[lane] += 1
                held = permit
            answer(throttle, [held])
        assert all(granted.values())


class TestHistory:
    def test_keeps_points_for_a_chart(self, throttle: Throttle) -> None:
        grow(throttle, rounds=1)
        (point,) = throttle.history()[:1]
        assert {"at", "limit", "in_flight", "state", "served", "refused"} <= point.keys()
