"""What do Celery's own tasks cost on the same services?

Two tasks in the real application, with its settings (acks late, one prefetched), through the prefork
pool: one does nothing, the other is one small transaction. Both find a full queue, so that ringing
costs them nothing.
"""

from __future__ import annotations

import os
import time
from itertools import pairwise

from celery import shared_task
from django.db import connection, transaction

from ektp_project.embedded.machinery import Machinery, wait_until
from registry.central.door import redis_client

QUEUE = "office"  # the queues are those of the application; its own workers rest meanwhile
WARM_UP = 100  # tasks until both processes of the pool have their connections
LIMIT_SECONDS = 120.0


@shared_task(queue=QUEUE)
def nothing() -> None:
    """A bare message."""


@shared_task(queue=QUEUE)
def one_transaction(row: int) -> None:
    """One row moves, if it still may, in one durable transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bench_task SET state = 'done', done_at = clock_timestamp() WHERE id = %s AND state = ''",
            [row],
        )


def make_table() -> None:
    """The rows that ``one_transaction`` moves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_task (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT '', "
            "done_at timestamptz)"
        )


def nothing_rates(whole: Machinery, *, rounds: int, tasks: int) -> list[float]:
    """Tasks a second of each round."""
    for _task in range(WARM_UP + rounds * tasks):
        nothing.delay()
    _start(whole)
    marks = [_when_left(rounds * tasks - done) for done in range(0, rounds * tasks + 1, tasks)]
    whole.kill("peers")
    return [tasks / (after - before) for before, after in pairwise(marks)]


def transaction_rates(whole: Machinery, *, rounds: int, tasks: int) -> list[float]:
    """Tasks a second of each round, by the clock of the database."""
    many = WARM_UP + rounds * tasks
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_task")
        cursor.execute(
            "INSERT INTO bench_task (state) SELECT '' FROM generate_series(1, %s) RETURNING id", [many]
        )
        rows = [row for (row,) in cursor.fetchall()]
    for row in rows:
        one_transaction.delay(row)
    _start(whole)
    wait_until(lambda: _count_left() == 0, what="one-transaction tasks", seconds=LIMIT_SECONDS)
    whole.kill("peers")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM done_at) FROM bench_task ORDER BY done_at")
        done = [float(moment) for (moment,) in cursor.fetchall()]
    marks = done[WARM_UP - 1 :: tasks]
    return [tasks / (after - before) for before, after in pairwise(marks)]


def _start(whole: Machinery) -> None:
    """A prefork worker with a process for each processor, as Celery starts one by default."""
    whole.start(
        "peers",
        *("celery", "-q", "-A", "ektp_project", "worker", "-Q", QUEUE, "-P", "prefork"),
        *("-c", str(os.cpu_count() or 2), "-I", "benchmarks.line.peers", "-n", "peers@%h"),
        *("--without-gossip", "--without-mingle"),
    )


def _when_left(number: int) -> float:
    """The moment at which at most so many tasks are left, taken or not."""
    client, limit = redis_client(), time.perf_counter() + LIMIT_SECONDS
    while int(client.llen(QUEUE)) + int(client.hlen("unacked")) > number:
        if time.perf_counter() > limit:
            raise TimeoutError(f"{number} no-op tasks were never reached")
        time.sleep(0.005)
    return time.perf_counter()


def _count_left() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_task WHERE state = ''")
        return int(cursor.fetchone()[0])
