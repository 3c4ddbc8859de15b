"""Do the books stay right when many book at the same moment?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Barrier, Event, Thread, Timer
from typing import Any

import pytest
from django.db import connection, transaction

from registry.models import BlankMovement, LedgerSeal, Office
from registry.selectors.blanks import balances, open_reservations
from registry.services import blanks, seals
from registry.services.proof import verify
from registry.states import Place

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)
WHO: dict[str, Any] = {"now": NOW, "actor": "rina"}


def receive(office: Office, quantity: int, minutes: str = "BA-1") -> None:
    """A delivery."""
    blanks.receive(office=office, quantity=quantity, minutes=minutes, received_on=date(2017, 11, 28), **WHO)


def together(*works: Callable[[], Any]) -> Counter[str]:
    """Run each in a thread with a connection of its own, all at once; how they ended, by error."""
    start, ended = Barrier(len(works)), Counter[str]()

    def run(work: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(20)
            work()
            ended["done"] += 1
        except Exception as error:  # noqa: BLE001 (the caller asks how each ended)
            ended[type(error).__name__] += 1
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ended


class TestReserving:
    def test_gives_the_last_blank_to_one(self, office: Office) -> None:
        receive(office, 1)
        ended = together(
            *(
                lambda name=name: blanks.reserve(office=office, references=[name], **WHO)
                for name in ("a", "b", "c", "d")
            )
        )
        assert ended == {"done": 1, "NotEnoughBlanks": 3}
        assert balances(office=office)[Place.STORE] == 0

    def test_gives_the_last_blank_once_to_two_who_are_the_same(self, office: Office) -> None:
        receive(office, 1)
        taken: list[int] = []
        ended = together(
            *[lambda: taken.append(blanks.reserve(office=office, references=["a"], **WHO)[0].pk)] * 4
        )
        assert ended == {"done": 4}
        assert len(set(taken)) == 1

    def test_shares_a_short_store_without_a_remainder(self, office: Office) -> None:
        receive(office, 10)
        ended = together(
            *(
                lambda n=n: blanks.reserve(office=office, references=[f"{n}-{m}" for m in range(5)], **WHO)
                for n in range(4)
            )
        )
        assert ended == {"done": 2, "NotEnoughBlanks": 2}


class TestSettling:
    def test_lets_a_blank_end_in_one_place(self, office: Office) -> None:
        receive(office, 1)
        blanks.reserve(office=office, references=["a"], **WHO)
        ended = together(
            *(
                lambda to=to: blanks.settle(office=office, reference="a", to=to, why="", **WHO)
                for to in (Place.PRINTED, Place.SPOILED, Place.STORE, Place.LOST)
            )
        )
        assert ended == {"done": 1, "ReferenceReused": 3}
        assert not open_reservations(office=office).exists()


class TestReceiving:
    def test_books_a_delivery_once_though_two_clerks_enter_it(self, office: Office) -> None:
        assert together(*[lambda: receive(office, 100)] * 4) == {"done": 4}
        assert balances(office=office)[Place.STORE] == 100

    def test_opens_the_books_of_an_office_from_many_sides(self, office: Office) -> None:
        works = [lambda n=n: receive(office, 10, f"BA-{n}") for n in range(6)]
        assert together(*works) == {"done": 6}
        assert balances(office=office)[Place.STORE] == 60


@contextmanager
def unfinished(work: Callable[[], Any]) -> Iterator[None]:
    """``work`` has been done in another transaction, which commits a moment after the block begins."""
    done, finish = Event(), Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                finish.wait(20)
        finally:
            connection.close()

    other = Thread(target=run)
    other.start()
    assert done.wait(20)
    Timer(0.2, finish.set).start()
    yield
    other.join(20)


class TestCounting:
    def test_waits_for_a_blank_that_is_just_being_taken(self, office: Office) -> None:
        receive(office, 50)
        with unfinished(lambda: blanks.reserve(office=office, references=["a"], **WHO)):
            count = blanks.count_stock(office=office, counted=40, note="", **WHO)
        assert count.booked == 49
        assert balances(office=office)[Place.STORE] == 40
        assert verify().fault is None


class TestSealing:
    def test_twice_at_once_makes_one_seal(self, office: Office) -> None:
        receive(office, 50)
        with unfinished(lambda: seals.seal(now=NOW)):
            assert seals.seal(now=NOW) == []
        assert LedgerSeal.objects.count() == 1


class TestDeadlocks:
    """PostgreSQL would end one of two that wait for each other, and the thread would tell."""

    def test_moves_to_and_fro_do_not_wait_for_each_other(self, office: Office) -> None:
        receive(office, 100)
        blanks.lend(office=office, quantity=50, borrower="Batam", reference="0", **WHO)

        def out(who: int) -> None:
            for n in range(20):
                blanks.lend(office=office, quantity=1, borrower="Batam", reference=f"{who}-{n}", **WHO)

        def back(who: int) -> None:
            for n in range(20):
                blanks.take_back_lent(office=office, quantity=1, reference=f"{who}-{n}", why="", **WHO)

        ended = together(*(lambda n=n: (out if n % 2 else back)(n) for n in range(6)))
        assert ended == {"done": 6}

    def test_batches_that_end_in_many_ways_do_not_wait_for_each_other(self, office: Office) -> None:
        """A batch is several movements in one transaction, in an order that its cards decide."""
        receive(office, 200)
        orders = [
            (Place.SPOILED, Place.PRINTED, Place.STORE),
            (Place.PRINTED, Place.STORE, Place.SPOILED),
            (Place.STORE, Place.SPOILED, Place.PRINTED),
        ]

        def batches(who: int) -> None:
            for n in range(15):
                names = [f"{who}-{n}-{m}" for m in range(3)]
                with transaction.atomic():
                    blanks.reserve(office=office, references=names, **WHO)
                with transaction.atomic():
                    for name, to in zip(names, orders[who % 3], strict=True):
                        blanks.settle(office=office, reference=name, to=to, why="", **WHO)

        def bad_cards() -> None:  # two workers run it with the same names: each is booked once
            for n in range(30):
                with transaction.atomic():
                    blanks.reserve(office=office, references=[f"bad-{n}"], **WHO)
                    blanks.settle(office=office, reference=f"bad-{n}", to=Place.PRINTED, why="", **WHO)
                blanks.move(
                    office=office,
                    quantity=1,
                    source=Place.PRINTED,
                    target=Place.SPOILED,
                    reference=f"bad-{n}:spoiled",
                    why="tergores",
                    **WHO,
                )

        ended = together(*(lambda n=n: batches(n) for n in range(3)), bad_cards, bad_cards)
        assert ended == {"done": 5}
        assert balances(office=office)[Place.PRINTED] == 45


class TestManyAtOnce:
    def test_every_card_of_eight_workers_is_booked_once(
        self, office: Office, other_office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Eight threads, fifty cards each, two offices, with a sealer and a proof in between."""
        monkeypatch.setattr(seals, "WAIT_MS", 20_000)
        offices = (office, other_office)
        for one in offices:
            receive(one, 210, f"BA-{one.code}")

        def cards(who: int) -> None:
            for n in range(50):
                name = f"{who}-{n}"
                blanks.reserve(office=offices[who % 2], references=[name], **WHO)
                blanks.settle(office=offices[who % 2], reference=name, to=Place.PRINTED, why="", **WHO)

        def keeper() -> None:
            for _n in range(5):
                seals.seal(now=NOW)
                assert verify().fault is None

        assert together(*(lambda n=n: cards(n) for n in range(8)), keeper) == {"done": 9}
        for one in offices:
            there = balances(office=one)
            assert (there[Place.STORE], there[Place.RESERVED], there[Place.PRINTED]) == (10, 0, 200)
        seals.seal(now=NOW)
        proof = verify()
        assert proof.fault is None
        assert proof.sealed == proof.movements == BlankMovement.objects.count() == 802
