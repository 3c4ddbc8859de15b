"""How many blanks can be booked in a second, and how long does a proof take?

Beside our own bookings run the same work by hand through the ORM, and two bare statements that no
booking can beat on this machine: an insert, and an update of one row that all threads share. Every
figure is of durable commits. Run: ``python -m benchmarks.ledger`` with DATABASE_URL; a database of
its own is made there and dropped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from threading import Barrier, Thread
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 (Django must be set up first)
from django.utils import timezone  # noqa: E402

from registry.models import BlankBalance, Office  # noqa: E402
from registry.services import blanks, seals  # noqa: E402
from registry.services.proof import verify  # noqa: E402
from registry.states import Place  # noqa: E402

THREADS = 8  # PRINT_CONCURRENCY's default: one thread talks to one printer
EACH = 250  # bookings of a thread: enough that starting the threads does not count
BATCH = 20  # cards that one worker settles together when printers are quick
NAMES = count()


@contextmanager
def own_database() -> Iterator[None]:
    """The ledger forgets nothing, so the benchmark leaves with its whole database."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_ledger_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def rate(work: Callable[[int], Any], *, per_call: int = 1, calls: int = EACH) -> float:
    """Bookings a second when THREADS threads call ``work`` with their number, all at once."""
    start = Barrier(THREADS + 1)

    def run(who: int) -> None:
        connection.ensure_connection()
        start.wait()
        for _call in range(calls):
            work(who)
        connection.close()

    threads = [Thread(target=run, args=(who,)) for who in range(THREADS)]
    for thread in threads:
        thread.start()
    start.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    return THREADS * calls * per_call / (perf_counter() - began)


def bare(statement: str) -> Callable[[int], None]:
    """One statement, one commit."""

    def work(_who: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return work


def by_hand(office: Office) -> Callable[[int], None]:
    """The same guarantee as one usually writes it: lock, look, save, save, save."""

    def work(_who: int) -> None:
        with transaction.atomic():
            rows = BlankBalance.objects.select_for_update().filter(office=office).order_by("place")
            places = {row.place: row for row in rows}
            assert places[Place.LENT].quantity >= 1
            places[Place.LENT].quantity -= 1
            places[Place.LOST].quantity += 1
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO bench_plain (reference) VALUES (%s)", [f"hand-{next(NAMES)}"])
            places[Place.LENT].save(update_fields=["quantity"])
            places[Place.LOST].save(update_fields=["quantity"])

    return work


def offices(many: int) -> list[Office]:
    """Offices with more blanks than this benchmark takes."""
    made = []
    for n in range(many):
        office = Office.objects.create(code=f"9{n}.01", name=f"Uji {n}", province="Uji")
        blanks.receive(
            office=office,
            quantity=500_000,
            minutes=f"BA-{n}",
            received_on=date(2017, 1, 1),
            now=now(),
            actor="bench",
        )
        made.append(office)
    return made


def now() -> datetime:
    """The clock of a task."""
    return timezone.now()


class Cards:
    """Bookings of single cards, by threads that share the given offices evenly."""

    def __init__(self, shared: list[Office]) -> None:
        self.offices = shared
        self.open: list[list[str]] = [[] for _who in range(THREADS)]

    def office(self, who: int) -> Office:
        return self.offices[who % len(self.offices)]

    def reserve(self, who: int, many: int = 1) -> None:
        names = [f"ektp-{next(NAMES)}:reserved" for _n in range(many)]
        blanks.reserve(office=self.office(who), references=names, now=now(), actor="bench")
        self.open[who] += names

    def settle(self, who: int, many: int = 1) -> None:
        names = [self.open[who].pop() for _n in range(many)]
        blanks.settle_all(
            office=self.office(who), references=names, to=Place.PRINTED, why="", now=now(), actor="bench"
        )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    began = perf_counter()
    came = work()
    return perf_counter() - began, came


def main() -> None:
    """Print the table and the lines a script compares."""
    with own_database():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bench_plain (id bigserial PRIMARY KEY, reference varchar(80) UNIQUE)"
            )
            cursor.execute("CREATE TABLE bench_hot (n bigint)")
            cursor.execute("INSERT INTO bench_hot VALUES (0)")
        one, *more = offices(1 + THREADS)
        plain = Office.objects.create(code="99.99", name="Uji", province="Uji")
        BlankBalance.objects.bulk_create(
            [BlankBalance(office=plain, place=place, quantity=500_000) for place in (Place.LENT, Place.LOST)]
        )
        rows: list[tuple[str, str, float]] = []

        def row(name: str, text: str, figure: float) -> None:
            rows.append((name, text, figure))
            print(f"{text:<62}{figure:>10,.0f} /s", flush=True)

        print(f"{THREADS} threads, {EACH} calls each; durable commits")
        row(
            "bare_insert", "bare insert, nothing shared", rate(bare("INSERT INTO bench_plain DEFAULT VALUES"))
        )
        row("bare_hot_update", "bare update of one shared row", rate(bare("UPDATE bench_hot SET n = n + 1")))
        row("by_hand", "by hand through the ORM, one office", rate(by_hand(plain)))
        cards = Cards([one])
        row("reserve", "reserve, one card a call, one office", rate(cards.reserve))
        row("settle", "settle, one card a call, one office", rate(cards.settle))
        row(
            "reserve_batch",
            f"reserve, {BATCH} cards a call, one office",
            rate(lambda w: cards.reserve(w, BATCH), per_call=BATCH),
        )
        row(
            "settle_batch",
            f"settle, {BATCH} cards a call, one office",
            rate(lambda w: cards.settle(w, BATCH), per_call=BATCH),
        )
        spread = Cards(more)
        row("reserve_offices", f"reserve, one card a call, {THREADS} offices", rate(spread.reserve))
        row("settle_offices", f"settle, one card a call, {THREADS} offices", rate(spread.settle))
        BlankBalance.objects.filter(office=plain).delete()
        seconds, made = timed(lambda: seals.seal(now=now()))
        row("seal", "seal, movements", sum(seal.count for seal in made) / seconds)
        seconds, proof = timed(verify)
        assert proof.fault is None, proof.fault
        row("verify", "verify, movements", proof.movements / seconds)
        for name, _text, figure in rows:
            print(f"BENCH ledger_{name} {figure:.0f} per_second")


if __name__ == "__main__":
    main()
