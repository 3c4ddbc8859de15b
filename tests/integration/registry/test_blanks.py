"""Do the verbs of the ledger book what they say, once, and refuse the rest?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from registry.models import BlankBalance, BlankMovement, BlankReceipt, Office, StockCount
from registry.selectors.blanks import balances, open_reservations
from registry.services import blanks
from registry.states import BLANK_MOVES, Place

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)
TODAY = date(2017, 11, 28)
WHO = {"now": NOW, "actor": "rina"}


def receive(office: Office, quantity: int, minutes: str = "BA-1", **changed: Any) -> BlankReceipt:
    """A delivery of today."""
    facts: dict[str, Any] = {"received_on": TODAY, **WHO, **changed}
    return blanks.receive(office=office, quantity=quantity, minutes=minutes, **facts)


def at(office: Office) -> dict[str, int]:
    """Places that are not empty, the outside left out."""
    return {
        place.value: quantity
        for place, quantity in balances(office=office).items()
        if quantity and place not in (Place.CENTRE, Place.DIFFERENCE)
    }


class TestReceive:
    def test_puts_the_delivery_into_the_store_with_its_minutes(self, office: Office) -> None:
        receipt = receive(office, 8000, "470/12/BA/2017")
        assert at(office) == {"store": 8000}
        assert (receipt.minutes, receipt.received_on, receipt.movement.quantity) == (
            "470/12/BA/2017",
            TODAY,
            8000,
        )

    def test_is_the_same_receipt_when_the_same_comes_again(self, office: Office) -> None:
        first = receive(office, 8000)
        again = receive(office, 8000, "  BA-1 ", now=NOW + timedelta(hours=1), actor="budi")
        assert again == first
        assert again.movement.actor == "rina"
        assert at(office) == {"store": 8000}

    @pytest.mark.parametrize("changed", [{"quantity": 2000}, {"received_on": date(2017, 11, 27)}])
    def test_refuses_other_content_under_the_same_minutes(
        self, office: Office, changed: dict[str, Any]
    ) -> None:
        receive(office, 8000)
        with pytest.raises(blanks.MinutesReused) as refused:
            receive(office, **{"quantity": 8000, **changed})
        assert (refused.value.quantity, refused.value.received_on) == (8000, TODAY)
        assert at(office) == {"store": 8000}

    def test_refuses_the_minutes_of_another_office(self, office: Office, other_office: Office) -> None:
        receive(office, 8000)
        with pytest.raises(blanks.MinutesReused):
            receive(other_office, 8000)

    def test_knows_today_by_the_clock_of_the_office(self, office: Office) -> None:
        late = datetime(2017, 11, 27, 18, 0, tzinfo=UTC)  # one o'clock at night in Jakarta
        assert receive(office, 1, now=late).received_on == TODAY
        with pytest.raises(blanks.InFuture):
            receive(office, 1, "BA-2", now=late, received_on=date(2017, 11, 29))

    @pytest.mark.parametrize("quantity", [0, -1, blanks.MOST_AT_ONCE + 1])
    def test_refuses_quantities_that_no_delivery_has(self, office: Office, quantity: int) -> None:
        with pytest.raises(blanks.BadQuantity):
            receive(office, quantity)

    @pytest.mark.parametrize("minutes", ["", "   ", "x" * 61, "BA\x00"])
    def test_refuses_minutes_that_cannot_be_a_number(self, office: Office, minutes: str) -> None:
        with pytest.raises(blanks.BadText):
            receive(office, 1, minutes)


class TestReserve:
    def test_takes_one_blank_for_each_reference_in_their_order(self, office: Office) -> None:
        receive(office, 10)
        names = ["z", "a", "m"]
        movements = blanks.reserve(office=office, references=names, **WHO)
        assert [movement.reference for movement in movements] == names
        assert [movement.pk for movement in movements] == sorted(movement.pk for movement in movements)
        assert at(office) == {"store": 7, "reserved": 3}

    def test_gives_what_the_database_has(self, office: Office) -> None:
        receive(office, 1)
        (movement,) = blanks.reserve(office=office, references=["a"], why="kartu", **WHO)
        fields = [field.attname for field in BlankMovement._meta.concrete_fields]
        stored = BlankMovement.objects.get(pk=movement.pk)
        assert {name: getattr(movement, name) for name in fields} == {
            name: getattr(stored, name) for name in fields
        }

    def test_numbers_the_blank_for_the_outside_world(self, office: Office) -> None:
        receive(office, 1)
        (movement,) = blanks.reserve(office=office, references=["a"], **WHO)
        assert blanks.blank_number(movement) == f"21.02-{movement.pk:010d}"

    def test_costs_one_round_trip_for_one_card(self, office: Office) -> None:
        receive(office, 2)
        with CaptureQueriesContext(connection) as queries:
            blanks.reserve(office=office, references=["a"], **WHO)
            blanks.settle(office=office, reference="a", to=Place.PRINTED, why="", **WHO)
        assert len(queries) == 2

    def test_takes_nothing_when_there_is_not_enough_for_all(self, office: Office) -> None:
        receive(office, 2)
        with transaction.atomic():
            with pytest.raises(blanks.NotEnoughBlanks) as refused:
                blanks.reserve(office=office, references=["a", "b", "c"], **WHO)
            assert (refused.value.place, refused.value.wanted, refused.value.there) == (Place.STORE, 3, 2)
            assert len(blanks.reserve(office=office, references=["a", "b"], **WHO)) == 2
        assert at(office) == {"reserved": 2}

    def test_gives_the_same_blanks_when_asked_again_though_the_store_is_empty(self, office: Office) -> None:
        receive(office, 2)
        first = blanks.reserve(office=office, references=["a", "b"], **WHO)
        assert blanks.reserve(office=office, references=["a", "b"], **WHO) == first
        assert at(office) == {"reserved": 2}

    def test_takes_only_the_missing_ones_when_some_were_taken_before(self, office: Office) -> None:
        receive(office, 3)
        (first,) = blanks.reserve(office=office, references=["b"], **WHO)
        movements = blanks.reserve(office=office, references=["a", "b", "c"], **WHO)
        assert [movement.reference for movement in movements] == ["a", "b", "c"]
        assert movements[1] == first
        assert at(office) == {"reserved": 3}

    def test_never_takes_from_another_office(self, office: Office, other_office: Office) -> None:
        receive(office, 5)
        with pytest.raises(blanks.NotEnoughBlanks):
            blanks.reserve(office=other_office, references=["a"], **WHO)

    def test_of_nothing_is_nothing(self, office: Office) -> None:
        assert blanks.reserve(office=office, references=[], **WHO) == []


class TestSettle:
    @pytest.fixture(autouse=True)
    def reserved(self, office: Office) -> None:
        receive(office, 5)
        blanks.reserve(office=office, references=["a", "b", "c"], **WHO)

    @pytest.mark.parametrize("to", [Place.PRINTED, Place.SPOILED, Place.STORE, Place.LOST])
    def test_moves_the_blank_to_where_it_went(self, office: Office, to: Place) -> None:
        before = balances(office=office)[to]
        blanks.settle(office=office, reference="a", to=to, why="", **WHO)
        after = balances(office=office)
        assert (after[Place.RESERVED], after[to]) == (2, before + 1)

    def test_is_the_same_movement_when_the_same_is_said_again(self, office: Office) -> None:
        first = blanks.settle(office=office, reference="a", to=Place.PRINTED, why="", **WHO)
        again = blanks.settle(office=office, reference="a", to=Place.PRINTED, why="again", **WHO)
        assert again == first
        assert at(office) == {"store": 2, "reserved": 2, "printed": 1}

    def test_refuses_another_end_for_the_same_blank(self, office: Office) -> None:
        blanks.settle(office=office, reference="a", to=Place.PRINTED, why="", **WHO)
        with pytest.raises(blanks.ReferenceReused) as refused:
            blanks.settle(office=office, reference="a", to=Place.STORE, why="", **WHO)
        assert refused.value.booked.target == Place.PRINTED
        assert at(office) == {"store": 2, "reserved": 2, "printed": 1}

    def test_refuses_what_was_never_reserved(self, office: Office) -> None:
        with pytest.raises(blanks.NotReserved) as refused:
            blanks.settle(office=office, reference="nobody", to=Place.PRINTED, why="", **WHO)
        assert refused.value.reference == "nobody"

    def test_refuses_the_reservation_of_another_office(self, office: Office, other_office: Office) -> None:
        receive(other_office, 1, "BA-2")
        blanks.reserve(office=other_office, references=["other"], **WHO)
        with pytest.raises(blanks.NotReserved):
            blanks.settle(office=other_office, reference="a", to=Place.PRINTED, why="", **WHO)

    def test_refuses_a_movement_that_is_no_reservation(self, office: Office) -> None:
        with pytest.raises(blanks.NotReserved):
            blanks.settle(office=office, reference="receipt:BA-1", to=Place.PRINTED, why="", **WHO)

    def test_refuses_a_place_where_no_card_ends(self, office: Office) -> None:
        with pytest.raises(blanks.NotAllowed):
            blanks.settle(office=office, reference="a", to=Place.DESTROYED, why="", **WHO)

    def test_of_many_keeps_their_order(self, office: Office) -> None:
        settled = blanks.settle_all(office=office, references=["c", "a"], to=Place.PRINTED, why="", **WHO)
        assert [movement.reference for movement in settled] == ["c:settled", "a:settled"]
        assert [movement.reference for movement in open_reservations(office=office)] == ["b"]

    @pytest.mark.parametrize("bad", ["nobody", "receipt:BA-1"])
    def test_of_many_settles_none_when_one_cannot_be(self, office: Office, bad: str) -> None:
        with transaction.atomic():
            with pytest.raises(blanks.NotReserved):
                blanks.settle_all(office=office, references=["a", bad], to=Place.PRINTED, why="", **WHO)
            assert at(office) == {"store": 2, "reserved": 3}

    def test_of_many_settles_none_when_one_went_elsewhere(self, office: Office) -> None:
        blanks.settle(office=office, reference="b", to=Place.STORE, why="", **WHO)
        with pytest.raises(blanks.ReferenceReused):
            blanks.settle_all(office=office, references=["a", "b"], to=Place.PRINTED, why="", **WHO)
        assert at(office) == {"store": 3, "reserved": 2}

    def test_of_many_finishes_what_was_begun_before(self, office: Office) -> None:
        blanks.settle(office=office, reference="b", to=Place.PRINTED, why="", **WHO)
        blanks.settle_all(office=office, references=["a", "b", "c"], to=Place.PRINTED, why="", **WHO)
        assert at(office) == {"store": 2, "printed": 3}


class TestMove:
    def book(self, office: Office, **changed: Any) -> BlankMovement:
        facts: dict[str, Any] = {
            "quantity": 1,
            "source": Place.STORE,
            "target": Place.LENT,
            "reference": "r",
            "why": "",
            **WHO,
        }
        return blanks.move(office=office, **facts | changed)

    def test_returns_the_first_when_the_same_comes_again(self, office: Office) -> None:
        receive(office, 1)
        first = self.book(office)
        assert self.book(office, why="again", actor="budi") == first
        assert at(office) == {"lent": 1}

    @pytest.mark.parametrize("changed", [{"quantity": 2}, {"target": Place.SPOILED}])
    def test_refuses_other_content_under_the_same_reference(
        self, office: Office, changed: dict[str, Any]
    ) -> None:
        receive(office, 5)
        first = self.book(office)
        with pytest.raises(blanks.ReferenceReused) as refused:
            self.book(office, **changed)
        assert refused.value.booked == first

    def test_refuses_more_than_there_is_and_leaves_the_transaction_usable(self, office: Office) -> None:
        receive(office, 5)
        with transaction.atomic():
            with pytest.raises(blanks.NotEnoughBlanks) as refused:
                self.book(office, quantity=6)
            assert (refused.value.wanted, refused.value.there) == (6, 5)
            self.book(office, quantity=5)
        assert at(office) == {"lent": 5}

    @pytest.mark.parametrize(
        ("source", "target"),
        [
            (Place.PRINTED, Place.STORE),  # a card never becomes a blank again
            (Place.DESTROYED, Place.STORE),
            (Place.CENTRE, Place.STORE),  # only with minutes
            (Place.DIFFERENCE, Place.STORE),  # only by a count
            (Place.STORE, Place.RESERVED),  # only for a card
            (Place.RESERVED, Place.PRINTED),
            (Place.STORE, Place.STORE),
        ],
    )
    def test_refuses_ways_that_are_not_its_own(self, office: Office, source: Place, target: Place) -> None:
        receive(office, 5)
        with pytest.raises(blanks.NotAllowed):
            self.book(office, source=source, target=target)

    @pytest.mark.parametrize("reference", ["", "x" * 73])
    def test_refuses_references_that_cannot_be_kept(self, office: Office, reference: str) -> None:
        receive(office, 5)
        with pytest.raises(blanks.BadText):
            self.book(office, reference=reference)


class TestHarm:
    def test_a_blank_spoiled_in_the_store_is_destroyed_with_witnesses(self, office: Office) -> None:
        receive(office, 10)
        blanks.spoil_in_store(office=office, quantity=4, reference="1", why="kena air", **WHO)
        gone = blanks.destroy(
            office=office, quantity=3, minutes="BA-P-1", witnesses=["Siti  Aminah", "Budi"], **WHO
        )
        assert gone.why == "Siti Aminah; Budi"
        assert at(office) == {"store": 6, "spoiled": 1, "destroyed": 3}

    @pytest.mark.parametrize("witnesses", [[], ["Siti"], ["Siti", " Siti "], ["Siti", " "]])
    def test_one_witness_is_none(self, office: Office, witnesses: list[str]) -> None:
        receive(office, 10)
        blanks.spoil_in_store(office=office, quantity=4, reference="1", why="kena air", **WHO)
        with pytest.raises(blanks.BadText, match="saksi"):
            blanks.destroy(office=office, quantity=1, minutes="BA-P-1", witnesses=witnesses, **WHO)

    def test_a_printed_card_that_turns_out_bad_is_spoiled(self, office: Office) -> None:
        receive(office, 1)
        blanks.reserve(office=office, references=["a"], **WHO)
        blanks.settle(office=office, reference="a", to=Place.PRINTED, why="", **WHO)
        blanks.move(
            office=office,
            quantity=1,
            source=Place.PRINTED,
            target=Place.SPOILED,
            reference="a:spoiled",
            why="tergores",
            **WHO,
        )
        assert at(office) == {"spoiled": 1}

    def test_what_is_lost_may_be_found_again(self, office: Office) -> None:
        receive(office, 10)
        blanks.lose(office=office, quantity=3, reference="1", why="tidak ada di lemari", **WHO)
        blanks.find_again(office=office, quantity=2, reference="1", why="di laci", **WHO)
        assert at(office) == {"store": 9, "lost": 1}

    @pytest.mark.parametrize("verb", [blanks.lose, blanks.spoil_in_store])
    def test_harm_needs_a_reason(self, office: Office, verb: Any) -> None:
        receive(office, 10)
        with pytest.raises(blanks.BadText, match="Alasan"):
            verb(office=office, quantity=1, reference="1", why=" ", **WHO)


class TestLending:
    def test_no_more_comes_back_than_was_lent(self, office: Office) -> None:
        receive(office, 10)
        blanks.lend(office=office, quantity=4, borrower="Dukcapil Batam", reference="1", **WHO)
        blanks.take_back_lent(office=office, quantity=3, reference="1", why="", **WHO)
        assert at(office) == {"store": 9, "lent": 1}
        with pytest.raises(blanks.NotEnoughBlanks):
            blanks.take_back_lent(office=office, quantity=2, reference="2", why="", **WHO)

    def test_blanks_go_back_to_the_centre_with_minutes(self, office: Office) -> None:
        receive(office, 10)
        blanks.give_back(office=office, quantity=4, minutes="BA-K-1", why="salah kirim", **WHO)
        assert at(office) == {"store": 6}
        assert balances(office=office)[Place.CENTRE] == -6


class TestCountStock:
    def test_books_what_is_missing(self, office: Office) -> None:
        receive(office, 10)
        count = blanks.count_stock(office=office, counted=7, note="lemari 2", **WHO)
        assert (count.counted, count.booked, count.difference) == (7, 10, -3)
        assert at(office) == {"store": 7}
        assert balances(office=office)[Place.DIFFERENCE] == 3

    def test_books_what_is_too_many(self, office: Office) -> None:
        receive(office, 10)
        blanks.count_stock(office=office, counted=12, note="", **WHO)
        assert at(office) == {"store": 12}
        assert balances(office=office)[Place.DIFFERENCE] == -2

    def test_moves_nothing_when_books_and_store_agree(self, office: Office) -> None:
        receive(office, 10)
        assert blanks.count_stock(office=office, counted=10, note="", **WHO).movement is None

    def test_counts_once_under_one_reference_though_the_store_has_moved_on(self, office: Office) -> None:
        receive(office, 10)
        first = blanks.count_stock(office=office, counted=7, note="", reference="form-1", **WHO)
        blanks.reserve(office=office, references=["a"], **WHO)
        again = blanks.count_stock(office=office, counted=7, note="", reference="form-1", **WHO)
        assert again == first
        assert at(office) == {"store": 6, "reserved": 1}

    def test_refuses_another_result_of_the_same_count(self, office: Office) -> None:
        receive(office, 10)
        blanks.count_stock(office=office, counted=7, note="", **WHO)
        with pytest.raises(blanks.CountReused):
            blanks.count_stock(office=office, counted=8, note="", **WHO)

    def test_may_find_a_store_without_books(self, office: Office) -> None:
        assert blanks.count_stock(office=office, counted=3, note="", **WHO).booked == 0
        assert at(office) == {"store": 3}

    def test_may_find_nothing_at_all(self, office: Office) -> None:
        receive(office, 10)
        blanks.count_stock(office=office, counted=0, note="", **WHO)
        assert at(office) == {}

    def test_refuses_a_count_below_nothing(self, office: Office) -> None:
        with pytest.raises(blanks.BadQuantity):
            blanks.count_stock(office=office, counted=-1, note="", **WHO)


class TestTheDatabaseItself:
    """What no code can do, whoever wrote it."""

    def row(self, office: Office, **changed: Any) -> BlankMovement:
        facts: dict[str, Any] = {
            "quantity": 1,
            "source": Place.STORE,
            "target": Place.LENT,
            "reference": "raw",
            "at": NOW,
            "actor": "x",
        }
        return BlankMovement(office=office, **facts | changed)

    def test_moves_balances_for_rows_that_no_service_wrote(self, office: Office) -> None:
        receive(office, 5)
        BlankMovement.objects.bulk_create([self.row(office, reference=f"raw{n}") for n in range(3)])
        assert at(office) == {"store": 2, "lent": 3}

    def test_refuses_what_is_not_there(self, office: Office) -> None:
        receive(office, 5)
        with pytest.raises(IntegrityError, match="blankbalance_not_negative"), transaction.atomic():
            self.row(office, quantity=6).save()

    @pytest.mark.parametrize(
        ("changed", "constraint"),
        [
            ({"quantity": 0}, "blankmovement_some"),
            ({"source": Place.PRINTED, "target": Place.STORE}, "blankmovement_allowed"),
            ({"target": Place.RESERVED, "quantity": 2}, "blankmovement_reserved_singly"),
            ({"source": Place.RESERVED, "target": Place.PRINTED}, "blankmovement_settled_by_name"),
            ({"reference": "receipt:BA-1"}, "reference"),
        ],
    )
    def test_refuses_rows_outside_the_rules(
        self, office: Office, changed: dict[str, Any], constraint: str
    ) -> None:
        receive(office, 5)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            self.row(office, **changed).save()

    def test_knows_no_way_but_those_of_the_table(self, office: Office) -> None:
        receive(office, 5)
        for source in Place:
            for target in set(Place) - {to for start, to in BLANK_MOVES if start == source}:
                with pytest.raises(IntegrityError), transaction.atomic():
                    self.row(office, source=source, target=target).save()

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
        ids=["update", "delete", "truncate"],
    )
    @pytest.mark.parametrize("model", [BlankMovement, BlankReceipt, StockCount])
    def test_keeps_what_was_written(self, office: Office, model: Any, statement: str) -> None:
        receive(office, 5)
        blanks.count_stock(office=office, counted=4, note="", **WHO)
        sql = statement.format(model._meta.db_table)
        with pytest.raises(DatabaseError, match="annot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    def test_holds_balances_at_nothing_or_more(self, office: Office) -> None:
        receive(office, 5)
        with pytest.raises(IntegrityError), transaction.atomic():
            BlankBalance.objects.filter(office=office, place=Place.STORE).update(quantity=-1)
