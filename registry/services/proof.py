"""Do the books of the blanks prove themselves?

Every rule is checked from the rows alone, in one snapshot and in constant memory, whatever triggers
and constraints were meant to prevent: whoever owns the database can switch those off. The first bad
row ends the proof and is named.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from registry.models import BlankBalance, BlankMovement, BlankReceipt, LedgerSeal, StockCount
from registry.models.blank import SETTLED
from registry.services import seals
from registry.states import BLANK_MOVES, OUTSIDE, Place

KEPT = (BlankMovement, BlankBalance, BlankReceipt, StockCount, LedgerSeal)
CHUNK = 2_000  # rows a server-side cursor brings at once


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad row: the rule it breaks, its name, and a sentence."""

    rule: str
    row: str
    sentence: str


@dataclass(slots=True)
class Proof:
    """What was proved, up to the first fault if there is one."""

    movements: int = 0
    seals: int = 0
    sealed: int = 0  # movements under a seal
    head: str = ""  # hash of the newest seal; note it somewhere else, and give it as an anchor later
    sealed_at: datetime | None = None
    balances: dict[str, dict[str, int]] = field(default_factory=dict)  # office code → place → blanks
    fault: Fault | None = None


def verify(*, anchors: Sequence[str] = ()) -> Proof:
    """Check every rule of the books. ``anchors`` are hashes of seals that were noted elsewhere."""
    proof = Proof()
    rules: tuple[Callable[[], Fault | None], ...] = (
        lambda: _chain(proof, anchors),
        _moves,
        _references,
        _reservations,
        _balances,
        _negative,
        _receipts,
        _counts,
        _totals,
        _guards,  # last: a bad row says more than the missing guard that let it in
    )
    with _one_snapshot():
        proof.movements = BlankMovement.objects.count()
        for balance in BlankBalance.objects.select_related("office").order_by("office__code", "place"):
            proof.balances.setdefault(balance.office.code, {})[balance.place] = balance.quantity
        proof.fault = next((fault for rule in rules if (fault := rule())), None)
    return proof


@contextmanager
def _one_snapshot() -> Iterator[None]:
    """All queries see the same rows, though blanks go on moving."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


# --- The chain --------------------------------------------------------------------------------


def _chain(proof: Proof, anchors: Sequence[str]) -> Fault | None:
    """Each seal follows the one before and closes exactly the movements that are there."""
    rows = BlankMovement.objects.order_by("id").values_list(*seals.COLUMNS).iterator(chunk_size=CHUNK)
    head, unseen, ahead = seals.GENESIS, set(anchors), deque[Any]()
    for seal in LedgerSeal.objects.order_by("id").iterator(chunk_size=20):
        if seal.previous_hash != head:
            return Fault("chain", _seal_name(seal), _("Segel ini tidak menyambung ke segel sebelumnya."))
        if fault := _run(seal, _up_to(seal.last_id, rows, ahead)):
            return fault
        head = seal.hash
        unseen.discard(head)
        proof.seals, proof.sealed, proof.head = proof.seals + 1, proof.sealed + seal.count, head
        proof.sealed_at = seal.sealed_at
    if unseen:
        return Fault(
            "anchor",
            min(unseen),
            _("Tidak ada segel dengan hash ini: rantai segel dibuat ulang atau dipotong."),
        )
    return None


def _up_to(last_id: int, rows: Iterator[Any], ahead: deque[Any]) -> Iterator[Any]:
    """The next rows up to ``last_id``; the one read too far waits in ``ahead``."""
    while row := (ahead.popleft() if ahead else next(rows, None)):
        if row[0] > last_id:
            ahead.append(row)
            return
        yield row


def _run(seal: LedgerSeal, rows: Iterator[Any]) -> Fault | None:
    digests, found = [], []
    for row in rows:
        digests.append(seals.digest(row))
        found.append((row[0], digests[-1][:8]))
    if len(found) == seal.count and seals.seal_hash(seal=seal, digests=digests) == seal.hash:
        return None
    return _blame(seal, found)


def _blame(seal: LedgerSeal, found: Sequence[tuple[int, bytes]]) -> Fault:
    """Which movement of a run that does not agree was changed, taken away, or slipped in."""
    sealed = list(seals.FINGERPRINT.iter_unpack(bytes(seal.fingerprints)))
    alike = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(sealed, found, strict=False)))
    was = sealed[alike] if alike < len(sealed) else None
    now = found[alike] if alike < len(found) else None
    if was and now and was[0] == now[0]:
        return Fault("seal", _movement_name(now[0]), _("Mutasi ini diubah setelah disegel."))
    if was and (now is None or was[0] < now[0]):
        return Fault("seal", _movement_name(was[0]), _("Mutasi ini dihapus setelah disegel."))
    if now:
        return Fault("seal", _movement_name(now[0]), _("Mutasi ini disisipkan ke bagian yang sudah disegel."))
    return Fault("seal", _seal_name(seal), _("Segel ini sendiri diubah."))


def _seal_name(seal: LedgerSeal) -> str:
    return _("segel %(id)s (mutasi %(first)s–%(last)s)") % {
        "id": seal.pk,
        "first": seal.first_id,
        "last": seal.last_id,
    }


def _movement_name(pk: int) -> str:
    return _("mutasi %(id)s") % {"id": pk}


# --- Movements --------------------------------------------------------------------------------


def _first(query: str, **parameters: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _moves() -> Fault | None:
    """Only ways that the table of moves knows, and at least one blank."""
    bad = _first(
        """SELECT id FROM registry_blankmovement
        WHERE quantity < 1 OR source || '>' || target <> ALL (%(allowed)s) ORDER BY id LIMIT 1""",
        allowed=[f"{source}>{target}" for source, target in sorted(BLANK_MOVES)],
    )
    if bad:
        return Fault("moves", _movement_name(bad[0]), _("Blanko tidak boleh berpindah seperti ini."))
    return None


def _references() -> Fault | None:
    """No reference happened twice."""
    bad = _first(
        """SELECT max(id) FROM registry_blankmovement GROUP BY reference HAVING count(*) > 1
        ORDER BY 1 LIMIT 1"""
    )
    if bad:
        return Fault("references", _movement_name(bad[0]), _("Acuan mutasi ini dipakai dua kali."))
    return None


def _reservations() -> Fault | None:
    """What left *reserved* is one blank that was reserved before, in the same office."""
    bad = _first(
        """SELECT ended.id FROM registry_blankmovement AS ended
        LEFT JOIN registry_blankmovement AS held
            ON held.reference = left(ended.reference, -length(%(settled)s))
            AND held.office_id = ended.office_id AND held.id < ended.id
            AND held.target = 'reserved' AND held.quantity = 1
        WHERE ended.source = 'reserved' AND (held.id IS NULL OR ended.quantity <> 1
            OR right(ended.reference, length(%(settled)s)) <> %(settled)s)
        ORDER BY ended.id LIMIT 1""",
        settled=SETTLED,
    )
    if bad:
        return Fault(
            "reservations", _movement_name(bad[0]), _("Tidak ada blanko yang disiapkan untuk mutasi ini.")
        )
    return None


# --- Sums -------------------------------------------------------------------------------------


def _balances() -> Fault | None:
    """Every balance is the sum of its movements."""
    bad = _first(
        """WITH sides AS (
            SELECT office_id, target AS place, quantity FROM registry_blankmovement
            UNION ALL SELECT office_id, source, -quantity FROM registry_blankmovement
        ), sums AS (SELECT office_id, place, sum(quantity) AS quantity FROM sides GROUP BY 1, 2)
        SELECT office.code, place, coalesce(balance.quantity, 0), coalesce(sums.quantity, 0)
        FROM sums FULL JOIN registry_blankbalance AS balance USING (office_id, place)
        LEFT JOIN registry_office AS office ON office.id = office_id
        WHERE coalesce(balance.quantity, 0) <> coalesce(sums.quantity, 0) ORDER BY 1, 2 LIMIT 1"""
    )
    if not bad:
        return None
    office, place, balance, movements = bad
    return Fault(
        "balances",
        _balance_name(office, place),
        _("Saldo tertulis %(balance)s, jumlah mutasinya %(movements)s.")
        % {"balance": balance, "movements": movements},
    )


def _negative() -> Fault | None:
    """No place of ours has less than nothing."""
    bad = (
        BlankBalance.objects.filter(quantity__lt=0)
        .exclude(place__in=OUTSIDE)
        .order_by("office__code", "place")
        .values_list("office__code", "place", "quantity")
        .first()
    )
    if not bad:
        return None
    return Fault(
        "negative", _balance_name(*bad[:2]), _("Saldo kurang dari nol: %(quantity)s.") % {"quantity": bad[2]}
    )


def _balance_name(office: str, place: str) -> str:
    return f"{office} {Place(place).label if place in Place.values else place}"


def _receipts() -> Fault | None:
    """Every delivery has its minutes, and they say what was booked."""
    bad = _first(
        """SELECT movement.id, receipt.id FROM registry_blankmovement AS movement
        FULL JOIN registry_blankreceipt AS receipt ON receipt.movement_id = movement.id
        WHERE (movement.source = 'centre' OR receipt.id IS NOT NULL)
        AND NOT coalesce(movement.source = 'centre' AND movement.reference = 'receipt:' || receipt.minutes
            AND movement.why = receipt.received_on::text, false)
        ORDER BY movement.id LIMIT 1"""
    )
    if bad:
        return Fault(
            "receipts", _movement_name(bad[0]), _("Penerimaan ini tidak cocok dengan berita acaranya.")
        )
    return None


def _counts() -> Fault | None:
    """Every difference comes from a count of the store, and is what was counted less what was booked."""
    bad = _first(
        """SELECT counted.id, movement.id FROM registry_blankmovement AS movement
        FULL JOIN registry_stockcount AS counted ON counted.movement_id = movement.id
        WHERE ('difference' IN (movement.source, movement.target) OR counted.id IS NOT NULL)
        AND NOT coalesce(
            CASE WHEN movement.id IS NULL THEN counted.counted = counted.booked
            ELSE movement.reference = counted.reference AND movement.office_id = counted.office_id
                AND movement.why = counted.counted || '/' || counted.booked
                AND counted.counted - counted.booked = CASE 'difference' WHEN movement.source
                    THEN movement.quantity WHEN movement.target THEN -movement.quantity END
            END, false)
        ORDER BY movement.id, counted.id LIMIT 1"""
    )
    if not bad:
        return None
    row = _movement_name(bad[1]) if bad[1] else _("hitung stok %(id)s") % {"id": bad[0]}
    return Fault("counts", row, _("Selisih ini tidak cocok dengan hitung stoknya."))


def _totals() -> Fault | None:
    """What was received, less what was given back, with what counts found, is what all places hold.

    It follows from the other rules; it is reckoned from the receipts here, so that a mistake in one
    of those rules would show.
    """
    bad = _first(
        """SELECT office.code, came.quantity, held.quantity FROM registry_office AS office
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(CASE WHEN receipt.id IS NOT NULL OR movement.source = 'difference'
                THEN movement.quantity ELSE -movement.quantity END), 0) AS quantity
            FROM registry_blankmovement AS movement
            LEFT JOIN registry_blankreceipt AS receipt ON receipt.movement_id = movement.id
            WHERE movement.office_id = office.id AND (receipt.id IS NOT NULL
                OR movement.target = 'centre' OR 'difference' IN (movement.source, movement.target))
        ) AS came CROSS JOIN LATERAL (
            SELECT coalesce(sum(quantity), 0) AS quantity FROM registry_blankbalance
            WHERE office_id = office.id AND place <> ALL (%(outside)s)
        ) AS held
        WHERE came.quantity <> held.quantity ORDER BY 1 LIMIT 1""",
        outside=sorted(OUTSIDE),
    )
    if not bad:
        return None
    return Fault(
        "totals",
        bad[0],
        _("Diterima %(came)s, tetapi semua tempat memuat %(held)s.") % {"came": bad[1], "held": bad[2]},
    )


# --- Guards -----------------------------------------------------------------------------------

_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled IN ('O', 'A')"
_CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND convalidated"
_UNIQUE = """
    SELECT 'unique ' || attname FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    WHERE indrelid = %s::regclass AND indisunique AND indisvalid AND indnatts = 1 AND indpred IS NULL"""


def _guards() -> Fault | None:
    """The triggers and constraints stand, and are switched on."""
    for model in KEPT:
        table = model._meta.db_table
        wanted = {trigger.get_pgid(model) for trigger in getattr(model._meta, "triggers", ())}
        wanted |= {constraint.name for constraint in model._meta.constraints}
        wanted |= {f"unique {column.column}" for column in model._meta.local_fields if column.unique}
        there = _names(_TRIGGERS, table) | _names(_CONSTRAINTS, table) | _names(_UNIQUE, table)
        for name in sorted(wanted - there):
            return Fault(
                "guards", f"{table}: {name}", _("Pengaman tabel ini hilang atau dimatikan di basis data.")
            )
    return None


def _names(query: str, table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return {name for (name,) in cursor.fetchall()}
