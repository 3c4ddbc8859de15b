"""How is a movement of blanks booked: once, and never more than there is?

One statement does it. It locks the balances, looks whether there is enough, inserts what is not
booked yet and nothing else; the trigger then moves the balances. So a refusal costs no savepoint,
and a card costs one round trip. Only the verbs in blanks.py call this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from registry.models import BlankBalance, BlankMovement, Office
from registry.models.blank import SETTLED
from registry.states import BLANK_MOVES, OUTSIDE, Place

MOST_AT_ONCE = 1_000_000  # a regency gets thousands; more is a slip of the keyboard, and is refused
REFERENCE_LENGTH = 80  # BlankMovement.reference
WHY_LENGTH = 300  # BlankMovement.why


# --- Refusals ---------------------------------------------------------------------------------


class LedgerRefusal(Exception):
    """The books do not accept this; ``str()`` is a sentence for the clerk. Nothing was booked."""


@dataclass(eq=False)
class NotEnoughBlanks(LedgerRefusal):
    """``place`` has ``there`` blanks and ``wanted`` were to leave it."""

    place: Place
    wanted: int
    there: int

    def __str__(self) -> str:
        return _("Blanko tidak cukup (%(place)s): diperlukan %(wanted)s, ada %(there)s.") % {
            "place": self.place.label,
            "wanted": number_format(self.wanted),
            "there": number_format(self.there),
        }


@dataclass(eq=False)
class NotAllowed(LedgerRefusal):
    """No blank goes this way, or not by this verb."""

    source: Place
    target: Place

    def __str__(self) -> str:
        return _("Blanko tidak boleh dipindahkan dari “%(source)s” ke “%(target)s” dengan cara ini.") % {
            "source": self.source.label,
            "target": self.target.label,
        }


@dataclass(eq=False)
class ReferenceReused(LedgerRefusal):
    """``reference`` already stands for another movement: ``booked``."""

    reference: str
    booked: BlankMovement

    def __str__(self) -> str:
        return _(
            "Acuan “%(reference)s” sudah dipakai: %(quantity)s blanko dari “%(source)s” ke “%(target)s”."
        ) % {
            "reference": self.reference,
            "quantity": number_format(self.booked.quantity),
            "source": self.booked.get_source_display(),
            "target": self.booked.get_target_display(),
        }


@dataclass(eq=False)
class NotReserved(LedgerRefusal):
    """Nothing was ever reserved under ``reference`` in this office."""

    reference: str

    def __str__(self) -> str:
        return _("Tidak ada blanko yang disiapkan dengan acuan “%(reference)s”.") % {
            "reference": self.reference
        }


@dataclass(eq=False)
class MinutesReused(LedgerRefusal):
    """These minutes already stand for another delivery."""

    minutes: str
    quantity: int
    received_on: date

    def __str__(self) -> str:
        return _(
            "Berita acara “%(minutes)s” sudah tercatat untuk %(quantity)s blanko, diterima %(date)s; "
            "periksa nomornya."
        ) % {
            "minutes": self.minutes,
            "quantity": number_format(self.quantity),
            "date": date_format(self.received_on, "j F Y"),
        }


@dataclass(eq=False)
class CountReused(LedgerRefusal):
    """This stock count was already written down, with another result."""

    counted: int
    booked: int

    def __str__(self) -> str:
        return _("Hitung stok ini sudah dicatat: %(counted)s blanko (buku: %(booked)s).") % {
            "counted": number_format(self.counted),
            "booked": number_format(self.booked),
        }


@dataclass(eq=False)
class BadQuantity(LedgerRefusal):
    """Not a number of blanks that can move at once."""

    quantity: int

    def __str__(self) -> str:
        return _("Jumlah blanko harus antara 1 dan %(most)s, bukan %(quantity)s.") % {
            "most": number_format(MOST_AT_ONCE),
            "quantity": number_format(self.quantity),
        }


@dataclass(eq=False)
class BadText(LedgerRefusal):
    """``field`` (as the clerk calls it) is empty, or longer than ``most`` characters."""

    field: str
    most: int

    def __str__(self) -> str:
        return _("%(field)s wajib diisi, paling panjang %(most)s karakter.") % {
            "field": self.field,
            "most": self.most,
        }


@dataclass(eq=False)
class InFuture(LedgerRefusal):
    """A day that has not come yet."""

    day: date

    def __str__(self) -> str:
        return _("Tanggal %(day)s belum tiba.") % {"day": date_format(self.day, "j F Y")}


# --- Booking ----------------------------------------------------------------------------------

# The store's row is the office's turnstile: it is locked before any other, here and in the trigger,
# so that two transactions with several movements each cannot wait for each other. FOR UPDATE reads
# the newest balance even when the statement had to wait.
_LOCKED = """
    locked AS MATERIALIZED (
        SELECT place, quantity FROM registry_blankbalance
        WHERE office_id = %(office)s AND place IN ('store', %(source)s, %(target)s)
        ORDER BY place <> 'store', place FOR UPDATE
    )"""
_ENOUGH = """
    (coalesce((SELECT quantity FROM locked WHERE place = %(source)s), 0)
     >= %(quantity)s * (SELECT count(*) FROM fresh) OR %(outside)s)"""
_INSERT = """
    INSERT INTO registry_blankmovement (office_id, at, quantity, source, target, reference, why, actor)
    SELECT %(office)s, %(now)s, %(quantity)s, %(source)s, %(target)s, reference, %(why)s, %(actor)s
    FROM fresh"""
_ONCE = "ORDER BY n ON CONFLICT (reference) DO NOTHING RETURNING id, reference"

BOOK = f"""
    WITH {_LOCKED}, fresh AS MATERIALIZED (
        SELECT reference, n FROM unnest(%(references)s::varchar[]) WITH ORDINALITY AS named (reference, n)
        WHERE NOT EXISTS (SELECT 1 FROM registry_blankmovement AS one WHERE one.reference = named.reference)
    )
    {_INSERT} WHERE {_ENOUGH} {_ONCE}"""  # noqa: S608 (made of the constants above)

CLOSE = f"""
    WITH {_LOCKED}, held AS MATERIALIZED (
        SELECT known.reference || %(settled)s AS reference, n
        FROM unnest(%(references)s::varchar[]) WITH ORDINALITY AS named (reference, n)
        JOIN registry_blankmovement AS known USING (reference)
        WHERE known.office_id = %(office)s AND known.target = %(source)s
    ), fresh AS MATERIALIZED (
        SELECT reference, n FROM held
        WHERE NOT EXISTS (SELECT 1 FROM registry_blankmovement AS one WHERE one.reference = held.reference)
    )
    {_INSERT}
    WHERE (SELECT count(*) FROM held) = cardinality(%(references)s::varchar[]) AND {_ENOUGH}
    {_ONCE}"""  # noqa: S608 (made of the constants above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every movement of one booking has in common."""

    office: Office
    quantity: int
    source: Place
    target: Place
    why: str
    now: datetime
    actor: str

    def movement(self, reference: str, pk: int) -> BlankMovement:
        """The row that was just booked, without asking for it."""
        return BlankMovement(
            id=pk,
            office=self.office,
            at=self.now,
            quantity=self.quantity,
            source=self.source,
            target=self.target,
            reference=reference,
            why=self.why,
            actor=self.actor,
        )

    def parameters(self) -> dict[str, Any]:
        """For the statements above."""
        return {
            "office": self.office.pk,
            "quantity": self.quantity,
            "source": self.source.value,
            "target": self.target.value,
            "why": self.why,
            "now": self.now,
            "actor": self.actor,
            "outside": self.source in OUTSIDE,
        }


def book(*, entry: Entry, references: Sequence[str]) -> list[BlankMovement]:
    """Book one movement per reference, all or none; those already booked alike are returned as they are.

    Raises BadQuantity, NotAllowed, BadText, ReferenceReused, NotEnoughBlanks.
    """
    _check(entry, references)
    with _all_or_none(references):
        booked = _run(BOOK, entry, references)
        if len(booked) < len(references):
            booked |= _known(entry, [name for name in references if name not in booked])
            missing = [name for name in references if name not in booked]
            if missing:
                raise _short(entry, len(missing))
    return [booked[name] for name in references]


def close(*, entry: Entry, references: Sequence[str]) -> list[BlankMovement]:
    """Move the one blank that each of these reservations holds on to ``entry.target``, all or none.

    Raises NotAllowed, NotReserved, ReferenceReused when it went elsewhere before.
    """
    _check(entry, references)
    with _all_or_none(references):
        booked = _run(CLOSE, entry, references)
        settled = [f"{name}{SETTLED}" for name in references]
        if len(booked) < len(references):
            booked |= _known(entry, [name for name in settled if name not in booked])
            missing = [name for name in references if f"{name}{SETTLED}" not in booked]
            if missing:
                raise _unheld(entry, missing)
    return [booked[name] for name in settled]


def _check(entry: Entry, references: Sequence[str]) -> None:
    if not 1 <= entry.quantity <= MOST_AT_ONCE:
        raise BadQuantity(entry.quantity)
    if (entry.source, entry.target) not in BLANK_MOVES:
        raise NotAllowed(entry.source, entry.target)
    if len(set(references)) != len(references):
        raise ValueError("one reference twice in one booking")
    if not all(0 < len(name) <= REFERENCE_LENGTH - len(SETTLED) for name in references):
        raise BadText(_("Acuan"), REFERENCE_LENGTH - len(SETTLED))


def _all_or_none(references: Sequence[str]) -> AbstractContextManager[object]:
    """One row is all or nothing by itself; several need a savepoint (two more round trips)."""
    return transaction.atomic() if len(references) > 1 else nullcontext()


def _run(statement: str, entry: Entry, references: Sequence[str]) -> dict[str, BlankMovement]:
    if not references:
        return {}
    parameters = {
        **entry.parameters(),
        "references": list(references),
        "settled": SETTLED,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {reference: entry.movement(reference, pk) for pk, reference in cursor.fetchall()}


def _known(entry: Entry, references: Sequence[str]) -> Mapping[str, BlankMovement]:
    """Movements that were booked before under these references. Raises ReferenceReused."""
    known = {}
    for movement in BlankMovement.objects.select_related("office").filter(reference__in=references):
        same = (
            movement.office_id,
            movement.quantity,
            movement.source,
            movement.target,
        ) == (
            entry.office.pk,
            entry.quantity,
            entry.source,
            entry.target,
        )
        if not same:
            raise ReferenceReused(movement.reference, movement)
        known[movement.reference] = movement
    return known


def _short(entry: Entry, missing: int) -> NotEnoughBlanks:
    balance = BlankBalance.objects.filter(office=entry.office, place=entry.source).first()
    return NotEnoughBlanks(entry.source, entry.quantity * missing, balance.quantity if balance else 0)


def _unheld(entry: Entry, missing: Sequence[str]) -> LedgerRefusal:
    """Why these were not closed: the first that was never reserved, or else too few are reserved."""
    held = set(
        BlankMovement.objects.filter(
            reference__in=missing, office=entry.office, target=entry.source
        ).values_list("reference", flat=True)
    )
    never = [name for name in missing if name not in held]
    return NotReserved(never[0]) if never else _short(entry, len(missing))
