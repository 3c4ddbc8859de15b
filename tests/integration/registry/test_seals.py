"""Does a seal close every movement that is there, each once, and none that is still on its way?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from threading import Event, Thread, Timer
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from registry.models import LedgerSeal, Office
from registry.services import blanks, seals
from registry.services.proof import verify

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)
WHO: dict[str, Any] = {"now": NOW, "actor": "rina"}


def receive(office: Office, minutes: str, quantity: int = 10) -> int:
    """A delivery; the number of its movement."""
    return blanks.receive(
        office=office, quantity=quantity, minutes=minutes, received_on=date(2017, 11, 28), **WHO
    ).movement_id


class TestSeal:
    def test_closes_what_is_there_and_nothing_twice(self, office: Office) -> None:
        first, last = receive(office, "1"), receive(office, "2")
        (made,) = seals.seal(now=NOW)
        assert (made.first_id, made.last_id, made.count) == (first, last, 2)
        assert made.previous_hash == seals.GENESIS
        assert seals.seal(now=NOW) == []

    def test_follows_the_seal_before(self, office: Office) -> None:
        receive(office, "1")
        (first,) = seals.seal(now=NOW)
        receive(office, "2")
        (second,) = seals.seal(now=NOW)
        assert second.previous_hash == first.hash
        assert second.first_id > first.last_id

    def test_of_nothing_is_nothing(self, office: Office) -> None:
        assert seals.seal(now=NOW) == []

    def test_goes_in_runs_when_much_is_open(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seals, "RUN", 3)
        for n in range(7):
            receive(office, str(n))
        assert [made.count for made in seals.seal(now=NOW)] == [3, 3, 1]
        assert verify().fault is None

    def test_serves_all_offices_with_one_chain(self, office: Office, other_office: Office) -> None:
        receive(office, "1")
        receive(other_office, "2")
        assert [made.count for made in seals.seal(now=NOW)] == [2]

    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
    def test_cannot_be_changed(self, office: Office, statement: str) -> None:
        receive(office, "1")
        seals.seal(now=NOW)
        sql = statement.format(LedgerSeal._meta.db_table)
        with pytest.raises(DatabaseError, match="annot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.fixture
def unfinished(transactional_db: None, office: Office) -> Iterator[Event]:
    """A transaction that has booked a movement and commits when told to. The next one has committed."""
    booked, finish = Event(), Event()

    def book() -> None:
        try:
            with transaction.atomic():
                receive(office, "slow")
                booked.set()
                finish.wait(20)
        finally:
            connection.close()

    slow = Thread(target=book)
    slow.start()
    assert booked.wait(10)
    yield finish
    finish.set()
    slow.join(20)


class TestSealBesideWriters:
    def test_waits_for_a_movement_that_is_not_committed(
        self, unfinished: Event, other_office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The later number is there first; a seal made now would leave the earlier one out for ever."""
        monkeypatch.setattr(seals, "WAIT_MS", 20_000)
        later = receive(other_office, "quick")
        Timer(0.3, unfinished.set).start()
        (made,) = seals.seal(now=NOW)
        assert (made.count, made.last_id) == (2, later)
        assert verify().fault is None

    def test_gives_up_soon_so_that_nobody_queues_behind_it(
        self, unfinished: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(seals, "WAIT_MS", 100)
        with pytest.raises(seals.LedgerBusy):
            seals.seal(now=NOW)
        assert LedgerSeal.objects.count() == 0
