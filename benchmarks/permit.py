"""How many permits a second, and how long does one take? ``make bench ARGS=permit``

Callers take a permit and give it back, as fast as they can, whatever the throttle answers; a *turn* is a
permit taken and given back, or a no. Beside them the same callers make bare round trips to the same
Redis, two for each turn, which no throttle that remembers anything elsewhere can beat. The callers are
threads of two processes, as in two workers. Figures are medians over the rounds; Redis's own time per
call comes from its ``commandstats``, where busy callers do not blur it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from registry.central.door import redis_client  # noqa: E402 (Django must be set up first)
from registry.central.errors import NoPermit  # noqa: E402
from registry.central.throttle import Lane, Outcome, Permit, Throttle  # noqa: E402

HOLDERS = (2, 20, 200)
PROCESSES = 2
ROUNDS = 5
SECONDS = 2.0  # of one round: thousands of turns
WARMING = 5.0  # s in which the throttle may learn that there is room for all
ANSWER = 0.02  # s the pretended calls took
NAME = f"bench-permit-{os.getpid()}"

together: Barrier


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does in one round."""

    what: str  # "permit" or "bare"
    name: str
    threads: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one round, or the medians of several. Latencies in milliseconds."""

    turns: float  # a second
    permits: float  # a second
    median: float
    p99: float
    server: float  # µs of Redis's time for one call


def permit(throttle: Throttle) -> bool:
    """One turn: a permit taken and given back, or a no."""
    try:
        permit = throttle.acquire(lane=Lane.AUTHORIZATION, office="21.02")
    except NoPermit:
        return False
    return throttle.settle(permit, Outcome.OK, seconds=ANSWER)


def bare() -> bool:
    """One turn: two round trips."""
    client = redis_client()
    return bool(client.ping()) and bool(client.ping())


def prepare(barrier: Barrier) -> None:
    """What a process keeps: where it waits for the others before each round."""
    global together  # noqa: PLW0603 (a pool's process can be given it in no other way)
    together = barrier


def work(job: Job) -> tuple[int, list[float]]:
    """All callers of one process: (turns that got something, seconds of each turn)."""
    throttle = Throttle(redis_client(), name=job.name)
    turn: Callable[[], bool] = bare if job.what == "bare" else lambda: permit(throttle)

    def call() -> tuple[int, list[float]]:
        got, seconds, until = 0, [], time.perf_counter() + SECONDS
        while (began := time.perf_counter()) < until:
            got += turn()
            seconds.append(time.perf_counter() - began)
        return got, seconds

    together.wait()

    with ThreadPoolExecutor(job.threads) as callers:
        ended = [one.result() for one in [callers.submit(call) for _caller in range(job.threads)]]
    return sum(got for got, _seconds in ended), [one for _got, seconds in ended for one in seconds]


def measure(pool: Pool, *, what: str, holders: int) -> Reading:
    """One round of all processes."""
    job = Job(what, NAME, holders // PROCESSES)
    before = server_time()
    ended = pool.map(work, [job] * PROCESSES, chunksize=1)
    calls, microseconds = (after - one for after, one in zip(server_time(), before, strict=True))
    turns = sorted(second for _got, seconds in ended for second in seconds)
    return Reading(
        turns=len(turns) / SECONDS,
        permits=sum(got for got, _seconds in ended) / SECONDS,
        median=turns[len(turns) // 2] * 1e3,
        p99=turns[int(len(turns) * 0.99)] * 1e3,
        server=microseconds / calls,
    )


def server_time() -> tuple[float, float]:
    """(calls, microseconds) of the commands that turns are made of, since Redis began."""
    seen = redis_client().info("commandstats")
    rows = [seen.get(f"cmdstat_{name}", {}) for name in ("evalsha", "ping")]
    return sum(row.get("calls", 0) for row in rows), sum(row.get("usec", 0) for row in rows)


def warm() -> None:
    """Take what there is and give it back, again and again, until there is room for all."""
    throttle = Throttle(redis_client(), name=NAME)
    until = time.monotonic() + WARMING
    while time.monotonic() < until and throttle.snapshot().limit < max(HOLDERS):
        held: list[Permit] = []
        try:
            while len(held) < max(HOLDERS):
                held.append(throttle.acquire(lane=Lane.AUTHORIZATION, office="21.02"))
        except NoPermit:
            time.sleep(ANSWER)
        for one in held:
            throttle.settle(one, Outcome.OK, seconds=ANSWER)


def read(pool: Pool, *, what: str, holders: int) -> Reading:
    """The medians of all rounds."""
    rounds = [measure(pool, what=what, holders=holders) for _round in range(ROUNDS)]
    return Reading(*(median(getattr(one, name) for one in rounds) for name in Reading.__slots__))


def main() -> None:
    """Print the table."""
    head = f"{'holders':>7} {'':<7}{'turns/s':>12}{'permits/s':>11}{'p50 ms':>8}{'p99 ms':>8}{'Redis µs':>10}"
    print(f"{PROCESSES} processes, {ROUNDS} rounds of {SECONDS:.0f} s\n{head}", flush=True)
    found: dict[tuple[str, int], Reading] = {}
    try:
        warm()
        spawn = get_context("spawn")
        with spawn.Pool(PROCESSES, prepare, [spawn.Barrier(PROCESSES)]) as pool:
            for holders in HOLDERS:
                for what in ("bare", "permit"):
                    one = found[what, holders] = read(pool, what=what, holders=holders)
                    permits = f"{one.permits:,.0f}" if what == "permit" else ""
                    print(
                        f"{holders:>7} {what:<7}{one.turns:>12,.0f}{permits:>11}"
                        f"{one.median:>8.2f}{one.p99:>8.2f}{one.server:>10.1f}",
                        flush=True,
                    )
    finally:
        Throttle(redis_client(), name=NAME).forget()
    for holders in HOLDERS:
        one, plain = found["permit", holders], found["bare", holders]
        print(f"BENCH permit_{holders}_turns {one.turns:.0f} per_second")
        print(f"BENCH permit_{holders}_permits {one.permits:.0f} per_second")
        print(f"BENCH permit_{holders}_p50 {one.median:.3f} ms")
        print(f"BENCH permit_{holders}_p99 {one.p99:.3f} ms")
        print(f"BENCH permit_{holders}_server_time {one.server:.1f} us")
        print(f"BENCH permit_{holders}_to_bare_ratio {one.turns / plain.turns:.3f} ratio")


if __name__ == "__main__":
    main()
