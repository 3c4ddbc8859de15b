"""Does the throttle give as many permits as were learned, to each its turn, and none without Redis?"""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread
from uuid import uuid4

import pytest
from redis import Redis

from registry.central.errors import NoPermit
from registry.central.throttle import SCRIPT, Lane, Outcome, Permit, Throttle

OFFICE = "21.02"
CALL = 0.03  # seconds
SOON = 0.02  # seconds that a call takes as the learner knows: so callers come before it ends
FAR = 2e10  # seconds since 1970: no lesson in a test's time


def tell(throttle: Throttle, **facts: object) -> None:
    """Put the learner's words into its mouth, and let it learn nothing itself."""
    told = {"limit": 4, "starts": 1e6, "latency": 0.5, "mode": "holding", "lesson_at": FAR} | facts
    throttle._redis.hset(throttle._keys[0], mapping=told)  # type: ignore[arg-type]


def take_all(throttle: Throttle, lane: Lane = Lane.AUTHORIZATION, office: str = OFFICE) -> list[Permit]:
    """Every permit there is now."""
    permits = []
    while True:
        try:
            permits.append(throttle.acquire(lane=lane, office=office))
        except NoPermit:
            return permits


def answer(throttle: Throttle, permits: list[Permit], outcome: Outcome = Outcome.OK, **facts: object) -> None:
    """Settle them all, each after a second."""
    for permit in permits:
        throttle.settle(permit, outcome, **({"seconds": 1.0} | facts))  # type: ignore[arg-type]


class TestPermits:
    def test_are_never_more_than_the_limit_for_many_threads(self, throttle: Throttle) -> None:
        tell(throttle, limit=20)
        taken: list[Permit] = []
        threads = [Thread(target=lambda: taken.extend(take_all(throttle))) for _thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == throttle.snapshot().in_flight == 20
        assert throttle.room(lane=Lane.REPORT, office=OFFICE) == 0

    def test_begin_evenly_and_not_in_a_burst(self, throttle: Throttle) -> None:
        tell(throttle, limit=50, starts=2)
        assert 1 <= len(take_all(throttle)) <= 2

    def test_say_when_to_come_back_each_at_a_time_of_its_own(self, throttle: Throttle) -> None:
        tell(throttle, limit=2, latency=1.0)
        take_all(throttle)
        told = []
        for office in range(6):
            with pytest.raises(NoPermit) as refusal:
                throttle.acquire(lane=Lane.REPORT, office=str(office))
            told.append(refusal.value.retry_after)
        gaps = [later - earlier for earlier, later in pairwise(told)]
        assert all(gap == pytest.approx(0.5, abs=0.1) for gap in gaps)  # two places, a second each

    def test_of_a_dead_holder_come_back_by_time(self, redis: Redis) -> None:
        brief = Throttle(redis, name="test-brief", lease=0.001)
        permit = brief.acquire(lane=Lane.REPORT, office=OFFICE)
        while brief.snapshot().in_flight:
            with suppress(NoPermit):
                brief.acquire(lane=Lane.REPORT, office=OFFICE)
        assert brief.settle(permit, Outcome.OK, seconds=1.0) is False
        assert brief.snapshot().served == 0
        brief.forget()

    def test_of_a_process_that_is_known_to_be_dead_come_back_at_once(self, redis: Redis) -> None:
        dead, alive = (Throttle(redis, name="test-process", process=name) for name in ("a@1", "a@12"))
        tell(dead, limit=4)
        take_all(dead)
        assert dead.forget_process("a@1") == 4
        late = take_all(alive)
        assert len(late) == 4
        assert alive.forget_process("a@1") == 0
        assert alive.snapshot().in_flight == 4
        alive.forget()

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

    def test_take_two_round_trips_however_many_wait(self, throttle: Throttle, redis: Redis) -> None:
        tell(throttle, limit=1)
        held = throttle.acquire(lane=Lane.AUTHORIZATION, office=OFFICE)
        for office in range(300):
            with pytest.raises(NoPermit):
                throttle.acquire(lane=Lane.AUTHORIZATION, office=f"{office:03}")
        before = calls(redis)
        throttle.settle(held, Outcome.OK, seconds=0.1)
        with suppress(NoPermit):
            throttle.acquire(lane=Lane.AUTHORIZATION, office="000")
        assert calls(redis) - before == 2

    def test_leave_nothing_behind_of_those_that_never_come_back(self, throttle: Throttle) -> None:
        tell(throttle, limit=1, latency=0.001)
        held = throttle.acquire(lane=Lane.AUTHORIZATION, office=OFFICE)
        for office in range(50):
            with pytest.raises(NoPermit):
                throttle.acquire(lane=Lane.AUTHORIZATION, office=f"{office:03}")
        throttle.settle(held, Outcome.OK, seconds=0.1)
        waiting = f"{throttle._prefix}:waiting:authorization"

        def only_the_last_asks_still() -> bool:
            take_all(throttle)
            return int(throttle._redis.zcard(waiting)) <= 1  # type: ignore[arg-type]

        until(only_the_last_asks_still)


class TestLearning:
    def test_asks_for_more_while_the_centre_answers(self, throttle: Throttle) -> None:
        first = throttle.snapshot().limit
        for _round in range(6):
            answer(throttle, take_all(throttle), seconds=0.02)
            time.sleep(0.3)  # a lesson
        assert throttle.snapshot().limit > first + 2

    def test_heeds_a_refusal_at_once(self, throttle: Throttle) -> None:
        tell(throttle, limit=10, lesson_at=0)
        taken = take_all(throttle)
        before = throttle.snapshot()
        answer(throttle, taken[-1:], Outcome.DROPPED, seconds=0.01)
        after = throttle.snapshot()
        assert (before.refused, after.refused) == (0, 1)
        assert after.last_drop is not None
        assert throttle._redis.llen(f"{throttle._prefix}:seen") == 0

    def test_loses_nothing_when_two_learn_at_once(self, throttle: Throttle) -> None:
        tell(throttle, limit=40, lesson_at=0)
        taken = take_all(throttle)
        threads = [
            Thread(target=answer, args=(throttle, [permit], Outcome.DROPPED), kwargs={"seconds": 0.01})
            for permit in taken
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert throttle.snapshot().refused == len(taken)
        assert throttle.snapshot().in_flight == 0

    def test_never_goes_over_the_ceiling_of_an_administrator(self, throttle: Throttle) -> None:
        tell(throttle, limit=50)
        throttle.set_ceiling(3)
        assert len(take_all(throttle)) == 3
        throttle.set_ceiling(None)
        assert len(take_all(throttle)) == 47


def is_out(throttle: Throttle) -> bool:
    return throttle.snapshot().state == "outage"


class TestOutage:
    @pytest.fixture
    def out(self, throttle: Throttle) -> Throttle:
        """A throttle that hears nothing from the centre; its next probe may go."""
        tell(throttle, mode="outage", limit=10, probe_at=0, pause=3, probe_patience=0.2)
        return throttle

    def test_lets_one_probe_through_at_a_time(self, out: Throttle) -> None:
        assert len(take_all(out)) == 1
        tell(out, mode="outage", probe_at=0, probe_patience=60)
        assert take_all(out) == []

    def test_gives_a_lost_probe_up_in_time(self, out: Throttle) -> None:
        take_all(out)
        tell(out, mode="outage", probe_at=0, probe_patience=0.1)
        until(lambda: len(take_all(out)) == 1)

    def test_pauses_longer_after_each_probe_and_never_evenly(self, out: Throttle) -> None:
        pauses = []
        for _probe in range(4):
            answer(out, take_all(out), Outcome.IGNORED)
            pauses.append(float(out._redis.hget(out._keys[0], "pause")))  # type: ignore[arg-type]
            tell(out, mode="outage", probe_at=0)
        assert pauses == [8.25, 22.5, 22.5, 22.5]

    def test_is_noticed_when_all_callers_wait_for_an_answer(self, throttle: Throttle) -> None:
        """Nobody asks for a permit then; only the pumps ask how much room there is."""
        for _round in range(6):
            answer(throttle, take_all(throttle), seconds=0.01)
            time.sleep(0.3)
        take_all(throttle)
        until(lambda: throttle.room(lane=Lane.REPORT, office=OFFICE) == 0 and is_out(throttle))

    def test_is_seen_and_left_again(self, throttle: Throttle) -> None:
        for _round in range(3):
            answer(throttle, take_all(throttle), seconds=0.01)
            time.sleep(0.3)
        for _failure in range(40):
            if throttle.snapshot().state == "outage":
                break
            answer(throttle, take_all(throttle), Outcome.DROPPED, seconds=0.01, timed_out=True)
            time.sleep(0.05)
        seen = throttle.snapshot()
        assert seen.state == "outage"
        assert "tidak menjawab" in seen.why
        throttle._redis.hset(throttle._keys[0], "probe_at", 0)
        answer(throttle, take_all(throttle), seconds=0.01)
        assert throttle.snapshot().state in ("returning", "holding")


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


class Clock:
    """The script's clock in a test's hands: time passes only when it is told to."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.key = f"test-clock-{uuid4().hex}"
        self.move(to=1e9)

    def move(self, *, to: float) -> None:
        """Seconds since 1970; the key leaves with the test."""
        self.now = to
        self._redis.set(self.key, repr(to), ex=60)

    def rule(self, throttle: Throttle) -> Throttle:
        """The same script, but it reads this clock."""
        by_redis, by_test = "redis.call('TIME')", f"{{redis.call('GET', '{self.key}'), 0}}"
        assert SCRIPT.count(by_redis) == 1
        throttle._script = self._redis.register_script(SCRIPT.replace(by_redis, by_test))
        return throttle


@pytest.fixture
def clock(redis: Redis) -> Clock:
    return Clock(redis)


@pytest.fixture
def busy(throttle: Throttle, clock: Clock) -> Throttle:
    """One call at a time: turns are all that matters."""
    tell(throttle, limit=1, latency=SOON)
    return clock.rule(throttle)


def turns(
    throttle: Throttle, clock: Clock, callers: list[tuple[Lane, str]], grants: int
) -> Counter[tuple[Lane, str]]:
    """All of them always have something to ask, and come back exactly when told; who got how many?"""
    granted: Counter[tuple[Lane, str]] = Counter()
    back = dict.fromkeys(callers, clock.now)
    running: Permit | None = None
    ends = math.inf
    while True:
        clock.move(to=min(ends, *back.values()))
        if running and clock.now >= ends:
            throttle.settle(running, Outcome.OK, seconds=CALL)
            running, ends = None, math.inf
            if granted.total() >= grants:
                return granted
        for lane, office in [caller for caller, due in back.items() if due <= clock.now]:
            try:
                permit = throttle.acquire(lane=lane, office=office)
            except NoPermit as refusal:
                back[lane, office] = clock.now + refusal.retry_after
                continue
            assert running is None, "one call at a time"
            granted[lane, office] += 1
            running, ends = permit, clock.now + CALL
            back[lane, office] = ends


class TestTurns:
    def test_lets_a_lane_have_what_others_leave(self, throttle: Throttle) -> None:
        tell(throttle, limit=7)
        assert len(take_all(throttle, Lane.REPORT)) == 7

    def test_gives_every_waiting_lane_its_share(self, busy: Throttle, clock: Clock) -> None:
        granted = turns(busy, clock, [(lane, OFFICE) for lane in Lane], grants=100)
        assert granted[Lane.AUTHORIZATION, OFFICE] == pytest.approx(50, abs=1)
        assert granted[Lane.REPORT, OFFICE] == pytest.approx(35, abs=1)
        assert granted[Lane.VISIBILITY, OFFICE] == pytest.approx(15, abs=1)

    def test_gives_every_waiting_office_as_much(self, busy: Throttle, clock: Clock) -> None:
        offices = [(Lane.AUTHORIZATION, str(office)) for office in range(5)]
        granted = turns(busy, clock, offices, grants=100)
        assert [granted[office] for office in offices] == [20] * 5

    def test_gives_a_weightier_office_more(self, redis: Redis, clock: Clock) -> None:
        weighted = clock.rule(Throttle(redis, name=f"test-{uuid4().hex}", weights={"big": 3.0}))
        tell(weighted, limit=1, latency=SOON)
        granted = turns(weighted, clock, [(Lane.REPORT, "big"), (Lane.REPORT, "small")], grants=100)
        assert granted[Lane.REPORT, "big"] == pytest.approx(75, abs=3)
        weighted.forget()

    def test_does_not_let_an_office_save_turns_up(self, busy: Throttle, clock: Clock) -> None:
        turns(busy, clock, [(Lane.REPORT, "early")], grants=20)
        granted = turns(busy, clock, [(Lane.REPORT, "early"), (Lane.REPORT, "late")], grants=40)
        assert granted[Lane.REPORT, "early"] == pytest.approx(20, abs=1)

    def test_wait_for_nobody_who_does_not_come(self, busy: Throttle, clock: Clock) -> None:
        turns(busy, clock, [(Lane.REPORT, "here"), (Lane.REPORT, "gone")], grants=4)
        began = clock.now
        turns(busy, clock, [(Lane.REPORT, "here")], grants=20)
        assert clock.now - began == pytest.approx(20 * CALL, abs=1.0)  # the absent one's grace, once


class TestHistory:
    def test_keeps_points_for_a_chart(self, throttle: Throttle) -> None:
        answer(throttle, take_all(throttle))
        (point,) = throttle.history()[:1]
        assert {"at", "limit", "in_flight", "state", "served", "refused", "learned", "pace"} <= point.keys()


def calls(redis: Redis) -> int:
    """Commands that this Redis was sent by clients, scripts counted once."""
    stats = redis.info("commandstats")
    return sum(facts["calls"] for name, facts in stats.items() if name in ("cmdstat_evalsha", "cmdstat_eval"))


def until(true: object, seconds: float = 10.0) -> None:
    """Try until it is so."""
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came so"
        time.sleep(0.02)
