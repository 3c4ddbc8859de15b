"""Does the proof find what somebody with every right in the database has done to the books?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import BlankMovement, LedgerSeal, Office
from registry.services import blanks, proof, seals
from registry.services.proof import Fault, verify
from registry.states import Place

NOW = datetime(2017, 11, 28, 1, 0, tzinfo=UTC)
WHO: dict[str, Any] = {"now": NOW, "actor": "rina"}


def receive(office: Office, minutes: str, quantity: int) -> BlankMovement:
    """A delivery."""
    return blanks.receive(
        office=office, quantity=quantity, minutes=minutes, received_on=date(2017, 11, 28), **WHO
    ).movement


def make_cards(office: Office, *names: str, to: Place = Place.PRINTED) -> None:
    """One blank for each name, and what became of it."""
    blanks.reserve(office=office, references=names, **WHO)
    blanks.settle_all(office=office, references=names, to=to, why="", **WHO)


@pytest.fixture
def books(office: Office) -> Office:
    """Books with something of everything: three seals and an open end."""
    receive(office, "BA-1", 100)
    make_cards(office, "a", "b", "c")
    seals.seal(now=NOW)
    make_cards(office, "d", to=Place.SPOILED)
    blanks.destroy(office=office, quantity=1, minutes="BA-P", witnesses=["Siti", "Budi"], **WHO)
    blanks.count_stock(office=office, counted=95, note="", **WHO)
    seals.seal(now=NOW)
    blanks.lend(office=office, quantity=5, borrower="Batam", reference="1", **WHO)
    blanks.give_back(office=office, quantity=10, minutes="BA-K", why="", **WHO)
    seals.seal(now=NOW)
    blanks.reserve(office=office, references=["e"], **WHO)
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # the rows above were honest; what follows may not be
    return office


@contextmanager
def guards_off() -> Iterator[None]:
    """What the owner of the database can do: no trigger fires."""
    sql("SET LOCAL session_replication_role = replica")
    yield
    sql("SET LOCAL session_replication_role = origin")


def sql(statement: str, *parameters: Any) -> None:
    """Run as the owner."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def tamper(statement: str, *parameters: Any) -> Fault | None:
    """Change the books behind their guards, and prove them."""
    with guards_off():
        sql(statement, *parameters)
    return verify().fault


def number(reference: str) -> int:
    """The movement of this reference."""
    return BlankMovement.objects.get(reference=reference).pk


def add(office: Office, reference: str, source: Place, target: Place, quantity: int = 1) -> int:
    """A movement that no service made; its number."""
    return BlankMovement.objects.create(
        office=office,
        at=NOW,
        quantity=quantity,
        source=source,
        target=target,
        reference=reference,
        actor="x",
    ).pk


class TestSoundBooks:
    def test_are_proved(self, books: Office) -> None:
        proved = verify()
        assert proved.fault is None
        assert (proved.seals, proved.movements - proved.sealed) == (3, 1)
        assert proved.head == LedgerSeal.objects.order_by("-id").values_list("hash", flat=True)[0]
        assert proved.balances["21.02"]["printed"] == 3

    def test_are_proved_while_they_are_empty(self, office: Office) -> None:
        assert verify().fault is None

    def test_are_proved_for_every_office_apart(self, books: Office, other_office: Office) -> None:
        receive(other_office, "BA-9", 7)
        proved = verify()
        assert proved.fault is None
        assert proved.balances["21.71"] == {"centre": -7, "store": 7}

    def test_contain_every_anchor_ever_noted(self, books: Office) -> None:
        hashes = list(LedgerSeal.objects.values_list("hash", flat=True))
        assert verify(anchors=hashes).fault is None

    def test_are_proved_in_as_many_queries_whatever_their_length(self, books: Office) -> None:
        with CaptureQueriesContext(connection) as before:
            verify()
        make_cards(books, *(f"more-{n}" for n in range(50)))
        with CaptureQueriesContext(connection) as after:
            verify()
        assert len(after) == len(before)


class TestASealedMovement:
    @pytest.mark.parametrize(
        "change",
        [
            "at = at - interval '1 microsecond'",
            "quantity = 99",
            "why = 'x'",
            "actor = 'budi'",
            "reference = 'receipt:BA-2'",
            "source = 'lent'",
        ],
    )
    def test_that_was_changed_is_named(self, books: Office, change: str) -> None:
        row = number("receipt:BA-1")
        fault = tamper(f"UPDATE registry_blankmovement SET {change} WHERE id = {row}")
        assert (fault.rule, fault.row) == ("seal", f"mutasi {row}")
        assert "diubah" in fault.sentence

    @pytest.mark.parametrize("reference", ["receipt:BA-1", "b:settled", "c:settled", "return:BA-K"])
    def test_that_was_taken_away_is_named(self, books: Office, reference: str) -> None:
        """At the start, in the middle, and at the end of a run."""
        row = number(reference)
        fault = tamper("DELETE FROM registry_blankmovement WHERE id = %s", row)
        assert (fault.rule, fault.row) == ("seal", f"mutasi {row}")
        assert "dihapus" in fault.sentence

    def test_that_was_slipped_into_a_gap_is_named(self, books: Office) -> None:
        """Numbers have gaps where a transaction failed; also between two seals."""
        sql("SELECT nextval(pg_get_serial_sequence('registry_blankmovement', 'id'))")
        gap = BlankMovement.objects.order_by("-id").values_list("id", flat=True)[0] + 1
        blanks.reserve(office=books, references=["f"], **WHO)
        seals.seal(now=NOW)
        fault = tamper(
            """INSERT INTO registry_blankmovement
            (id, office_id, at, quantity, source, target, reference, why, actor)
            VALUES (%s, %s, now(), 1, 'store', 'lent', 'sly', '', 'x')""",
            gap,
            books.pk,
        )
        assert (fault.rule, fault.row) == ("seal", f"mutasi {gap}")
        assert "disisipkan" in fault.sentence

    def test_that_was_put_before_the_first_is_named(self, books: Office) -> None:
        fault = tamper(
            """INSERT INTO registry_blankmovement
            (id, office_id, at, quantity, source, target, reference, why, actor)
            VALUES (-5, %s, now(), 1, 'store', 'lent', 'sly', '', 'x')""",
            books.pk,
        )
        assert (fault.rule, fault.row) == ("seal", "mutasi -5")

    def test_that_traded_places_with_another_is_named(self, books: Office) -> None:
        first, second = number("a"), number("b")
        fault = tamper(
            """UPDATE registry_blankmovement SET reference = CASE id WHEN %s THEN 'b' ELSE 'a' END || '!'
            WHERE id IN (%s, %s)""",
            first,
            first,
            second,
        )
        assert (fault.rule, fault.row) == ("seal", f"mutasi {first}")


class TestTheChain:
    def rechain(self, since: int, until: int | None = None) -> None:
        """Make the seals from the ``since``-th on anew, as somebody with this program would."""
        rows = list(LedgerSeal.objects.order_by("id"))
        before = rows[since - 1].hash if since else seals.GENESIS
        for seal in rows[since:until]:
            movements = list(
                BlankMovement.objects.filter(id__gte=seal.first_id, id__lte=seal.last_id)
                .order_by("id")
                .values_list(*seals.COLUMNS)
            )
            digests = [seals.digest(row) for row in movements]
            seal.previous_hash, seal.count = before, len(movements)
            before = seals.seal_hash(seal=seal, digests=digests)
            sql(
                """UPDATE registry_ledgerseal SET previous_hash = %s, count = %s, fingerprints = %s, hash = %s
                WHERE id = %s""",
                seal.previous_hash,
                seal.count,
                b"".join(map(seals.fingerprint, movements, digests)),
                before,
                seal.pk,
            )

    def test_breaks_where_one_seal_was_made_anew(self, books: Office) -> None:
        second = LedgerSeal.objects.order_by("id")[1]
        with guards_off():
            sql("UPDATE registry_blankmovement SET why = 'x' WHERE reference = 'a'")
            self.rechain(0, 1)
        fault = verify().fault
        assert fault.rule == "chain"
        assert f"segel {second.pk} " in fault.row

    def test_made_anew_to_the_end_differs_from_a_hash_noted_elsewhere(self, books: Office) -> None:
        noted = verify().head
        with guards_off():
            sql("UPDATE registry_blankmovement SET why = 'x' WHERE reference = 'a'")
            self.rechain(0)
        assert verify().fault is None  # nothing inside the database can tell
        fault = verify(anchors=[noted]).fault
        assert (fault.rule, fault.row) == ("anchor", noted)

    def test_made_anew_still_betrays_a_quantity(self, books: Office) -> None:
        with guards_off():
            sql("UPDATE registry_blankmovement SET quantity = 90 WHERE reference = 'receipt:BA-1'")
            self.rechain(0)
        assert verify().fault.rule == "balances"

    def test_cut_short_lacks_a_hash_noted_elsewhere(self, books: Office) -> None:
        noted = verify().head
        with guards_off():
            sql("DELETE FROM registry_ledgerseal WHERE hash = %s", noted)
        assert verify().fault is None
        assert verify(anchors=[noted]).fault.rule == "anchor"

    def test_breaks_where_a_seal_was_taken_out(self, books: Office) -> None:
        _first, second, third = LedgerSeal.objects.order_by("id")
        fault = tamper("DELETE FROM registry_ledgerseal WHERE id = %s", second.pk)
        assert fault.rule == "chain"
        assert f"segel {third.pk} " in fault.row

    @pytest.mark.parametrize(
        "change",
        ["sealed_at = now()", "count = count + 1", "first_id = first_id - 1", "hash = repeat('0', 64)"],
    )
    def test_names_a_seal_that_was_changed(self, books: Office, change: str) -> None:
        last = LedgerSeal.objects.order_by("id").last()
        fault = tamper(f"UPDATE registry_ledgerseal SET {change} WHERE id = {last.pk}")
        assert fault.rule == "seal"
        assert f"segel {last.pk} " in fault.row

    def test_does_not_trust_the_fingerprints(self, books: Office) -> None:
        """Changed with the row, they only hide which row it was."""
        row = number("a")
        with guards_off():
            sql("UPDATE registry_blankmovement SET why = 'x' WHERE id = %s", row)
            first = LedgerSeal.objects.order_by("id").first()
            run = list(
                BlankMovement.objects.filter(id__lte=first.last_id).order_by("id").values_list(*seals.COLUMNS)
            )
            sql(
                "UPDATE registry_ledgerseal SET fingerprints = %s WHERE id = %s",
                b"".join(seals.fingerprint(one, seals.digest(one)) for one in run),
                first.pk,
            )
        assert verify().fault.rule == "seal"


class TestTheOpenEnd:
    """What is not sealed yet is still held by the other rules."""

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE registry_blankmovement SET target = 'lent' WHERE reference = 'e'", "balances"),
            ("DELETE FROM registry_blankmovement WHERE reference = 'e'", "balances"),
            ("UPDATE registry_blankbalance SET quantity = quantity + 1 WHERE place = 'store'", "balances"),
            ("DELETE FROM registry_blankbalance WHERE place = 'printed'", "balances"),
            (
                """INSERT INTO registry_blankbalance (office_id, place, quantity)
                SELECT id, 'lost', 4 FROM registry_office""",
                "balances",
            ),
            ("UPDATE registry_blankreceipt SET minutes = 'BA-2'", "receipts"),
            ("UPDATE registry_blankreceipt SET received_on = '2017-01-01'", "receipts"),
            ("DELETE FROM registry_blankreceipt", "receipts"),
            (
                """UPDATE registry_blankreceipt SET movement_id =
                (SELECT id FROM registry_blankmovement WHERE reference = 'a')""",
                "receipts",
            ),
            ("UPDATE registry_stockcount SET counted = 94", "counts"),
            ("UPDATE registry_stockcount SET movement_id = NULL", "counts"),
            ("DELETE FROM registry_stockcount", "counts"),
        ],
    )
    def test_is_found_bad(self, books: Office, statement: str, rule: str) -> None:
        fault = tamper(statement)
        assert fault is not None
        assert fault.rule == rule

    def test_names_a_blank_that_was_settled_without_a_reservation(self, books: Office) -> None:
        row = add(books, "ghost:settled", Place.RESERVED, Place.PRINTED)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("reservations", f"mutasi {row}")

    def test_names_a_delivery_without_minutes(self, books: Office) -> None:
        row = add(books, "no-minutes", Place.CENTRE, Place.STORE)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("receipts", f"mutasi {row}")

    def test_names_a_difference_that_nobody_counted(self, books: Office) -> None:
        row = add(books, "no-count", Place.STORE, Place.DIFFERENCE)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("counts", f"mutasi {row}")


MOVEMENT, BALANCE = "registry_blankmovement", "registry_blankbalance"


class TestTheGuards:
    @pytest.mark.parametrize(
        "change",
        [
            f"{MOVEMENT} DISABLE TRIGGER USER",
            "registry_ledgerseal DISABLE TRIGGER USER",
            f"{MOVEMENT} DROP CONSTRAINT blankmovement_allowed",
            f"{BALANCE} DROP CONSTRAINT blankbalance_not_negative",
            f"{MOVEMENT} DROP CONSTRAINT registry_blankmovement_reference_key",
            "registry_blankreceipt DROP CONSTRAINT registry_blankreceipt_movement_id_key",
        ],
    )
    def test_are_missed_when_they_are_off(self, books: Office, change: str) -> None:
        sql(f"ALTER TABLE {change}")
        fault = verify().fault
        assert fault.rule == "guards"
        assert fault.row.startswith(change.split()[0])

    def test_are_missed_when_they_look_away_from_old_rows(self, books: Office) -> None:
        sql(f"ALTER TABLE {BALANCE} DROP CONSTRAINT blankbalance_not_negative")
        sql(f"ALTER TABLE {BALANCE} ADD CONSTRAINT blankbalance_not_negative CHECK (true) NOT VALID")
        assert verify().fault.rule == "guards"

    def test_gone_the_rows_they_let_in_are_named(self, books: Office) -> None:
        sql(f"ALTER TABLE {MOVEMENT} DROP CONSTRAINT blankmovement_allowed")
        row = add(books, "again-a-blank", Place.PRINTED, Place.STORE)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("moves", f"mutasi {row}")

    def test_gone_a_reference_that_came_twice_is_named(self, books: Office) -> None:
        sql(f"ALTER TABLE {MOVEMENT} DROP CONSTRAINT registry_blankmovement_reference_key")
        add(books, "twice", Place.STORE, Place.LENT)
        row = add(books, "twice", Place.STORE, Place.LENT)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("references", f"mutasi {row}")

    def test_gone_a_place_with_less_than_nothing_is_named(self, books: Office) -> None:
        sql(f"ALTER TABLE {BALANCE} DROP CONSTRAINT blankbalance_not_negative")
        add(books, "too-many", Place.STORE, Place.LENT, 5000)
        fault = verify().fault
        assert (fault.rule, fault.row) == ("negative", "21.02 gudang")


class TestTotals:
    def test_compare_deliveries_with_places_by_a_road_of_their_own(self, books: Office) -> None:
        assert proof._totals() is None
        with guards_off():
            sql(f"UPDATE {BALANCE} SET quantity = quantity + 1 WHERE place = 'spoiled'")
        assert proof._totals().row == "21.02"


@pytest.mark.django_db(transaction=True)
def test_sees_one_moment_though_the_books_go_on(books: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker books and seals while the proof is under way."""
    number_before = BlankMovement.objects.count()
    honest, goes_on = proof._moves, []

    def meanwhile() -> None:
        try:
            receive(books, "BA-MEANWHILE", 5)
            seals.seal(now=NOW)
        finally:
            connection.close()

    def moves() -> Fault | None:
        worker = Thread(target=meanwhile)
        worker.start()
        worker.join(20)
        goes_on.append(proof._first("SELECT count(*) FROM registry_blankmovement"))
        return honest()

    monkeypatch.setattr(proof, "_moves", moves)
    proved = verify()
    assert proved.fault is None
    assert goes_on == [(number_before,)]
    assert verify().movements == number_before + 1
