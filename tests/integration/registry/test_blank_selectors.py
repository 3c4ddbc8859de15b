"""Do the books of Karimun add up to what its office told the press?

The figures are those of the office's year 2017 and of early 2018 (DESIGN.md, golden facts).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from registry.models import Office
from registry.selectors import blanks as books
from registry.services import blanks
from registry.services.proof import verify
from registry.states import Place

WIB = ZoneInfo("Asia/Jakarta")
NAMES = count()


def at(day: date) -> datetime:
    """Nine in the morning of that day, in the office."""
    return datetime.combine(day, time(9), WIB)


def receive(office: Office, quantity: int, day: date) -> None:
    """A delivery on that day."""
    blanks.receive(
        office=office, quantity=quantity, minutes=f"BA-{day}", received_on=day, now=at(day), actor="rina"
    )


def print_cards(office: Office, quantity: int, day: date, *, to: Place = Place.PRINTED) -> None:
    """So many cards on that day."""
    who: dict[str, Any] = {"now": at(day), "actor": "system:printing"}
    names = [f"card-{next(NAMES)}" for _n in range(quantity)]
    blanks.reserve(office=office, references=names, **who)
    blanks.settle_all(office=office, references=names, to=to, why="", **who)


def year(number: int) -> dict[str, datetime]:
    """From its first moment to that of the next, in the office."""
    return {
        "since": datetime(number, 1, 1, tzinfo=WIB),
        "until": datetime(number + 1, 1, 1, tzinfo=WIB),
    }


@pytest.fixture
def karimun(office: Office) -> Office:
    """2017: four deliveries, 18,000 blanks, 17,136 cards."""
    receive(office, 8000, date(2017, 3, 1))
    receive(office, 2000, date(2017, 7, 19))
    print_cards(office, 7136, date(2017, 8, 1))
    receive(office, 4000, date(2017, 9, 12))
    receive(office, 4000, date(2017, 11, 1))
    print_cards(office, 10_000, date(2017, 11, 27))
    return office


class TestKarimun:
    def test_had_ten_thousand_blanks_by_july_2017(self, karimun: Office) -> None:
        received = books.moved(
            office=karimun, source=Place.CENTRE, target=Place.STORE, until=datetime(2017, 7, 20, tzinfo=WIB)
        )
        assert received == 10_000

    def test_had_864_blanks_left_of_18000_after_17136_cards(self, karimun: Office) -> None:
        summary = books.summary(office=karimun, **year(2017))
        assert (summary.received, summary.printed, summary.left) == (18_000, 17_136, 864)
        assert summary.spoiled == summary.given_back == 0
        assert books.in_store(office=karimun) == 864
        assert verify().fault is None

    def test_had_7438_in_january_and_9438_in_february_2018(self, karimun: Office) -> None:
        receive(karimun, 8000, date(2018, 1, 8))
        print_cards(karimun, 1426, date(2018, 1, 31))
        assert books.in_store(office=karimun) == 7438
        receive(karimun, 2000, date(2018, 2, 5))
        assert books.in_store(office=karimun) == 9438
        assert books.summary(office=karimun, **year(2017)).left == 864  # the past stays as it was
        assert books.summary(office=karimun, **year(2018)).printed == 1426

    def test_cards_are_counted_by_the_day_of_the_office(self, office: Office) -> None:
        receive(office, 10, date(2017, 11, 1))
        blanks.reserve(office=office, references=["a"], now=at(date(2017, 11, 2)), actor="x")
        night = datetime(2017, 11, 3, 0, 30, tzinfo=WIB)  # still the second in Greenwich
        blanks.settle(office=office, reference="a", to=Place.PRINTED, why="", now=night, actor="x")
        days = books.moved_by_day(office=office, target=Place.PRINTED, **year(2017))
        assert days == {date(2017, 11, 3): 1}


class TestSummary:
    def test_counts_a_card_that_turned_out_bad_as_spoiled(self, office: Office) -> None:
        receive(office, 10, date(2017, 11, 1))
        print_cards(office, 3, date(2017, 11, 2))
        print_cards(office, 1, date(2017, 11, 2), to=Place.SPOILED)
        blanks.move(
            office=office,
            quantity=1,
            source=Place.PRINTED,
            target=Place.SPOILED,
            reference="bad",
            why="tergores",
            now=at(date(2017, 11, 3)),
            actor="rina",
        )
        summary = books.summary(office=office, **year(2017))
        assert (summary.printed, summary.spoiled, summary.left) == (2, 2, 6)


class TestBalances:
    def test_names_every_place_of_an_office_without_books(self, office: Office) -> None:
        assert books.balances(office=office) == dict.fromkeys(Place, 0)


class TestOpenReservations:
    def test_lists_blanks_nobody_has_spoken_for_the_oldest_first(self, office: Office) -> None:
        receive(office, 10, date(2017, 11, 1))
        for day, name in enumerate(("a", "b", "c"), start=2):
            blanks.reserve(office=office, references=[name], now=at(date(2017, 11, day)), actor="x")
        blanks.settle(
            office=office, reference="b", to=Place.LOST, why="", now=at(date(2017, 11, 5)), actor="x"
        )
        assert [one.reference for one in books.open_reservations(office=office)] == ["a", "c"]
        older = books.open_reservations(office=office, older_than=at(date(2017, 11, 2)) + timedelta(hours=1))
        assert [one.reference for one in older] == ["a"]
