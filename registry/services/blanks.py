"""What may be done with blank cards?

Each verb books movements in the ledger and nothing else; each is safe to repeat under the same
reference. A refusal is a LedgerRefusal whose text is a sentence for the clerk, and leaves the
caller's transaction usable. Who and when of a repeated booking are those of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import (
    BlankBalance,
    BlankMovement,
    BlankReceipt,
    Office,
    StockCount,
)
from registry.services.ledger import (
    MOST_AT_ONCE,
    WHY_LENGTH,
    BadQuantity,
    BadText,
    CountReused,
    Entry,
    InFuture,
    LedgerRefusal,
    MinutesReused,
    NotAllowed,
    NotEnoughBlanks,
    NotReserved,
    ReferenceReused,
    book,
    close,
)
from registry.states import Place

__all__ = [
    "BadQuantity",
    "BadText",
    "CountReused",
    "InFuture",
    "LedgerRefusal",
    "MinutesReused",
    "NotAllowed",
    "NotEnoughBlanks",
    "NotReserved",
    "ReferenceReused",
]

MINUTES_LENGTH = 60  # BlankReceipt.minutes
WITNESSES = 2  # so many sign the minutes of a destruction beside the clerk


def blank_number(movement: BlankMovement) -> str:
    """What the world calls the blank that this reservation took (``21.02-0000000042``)."""
    return f"{movement.office.code}-{movement.pk:010d}"


def move(
    *,
    office: Office,
    quantity: int,
    source: Place,
    target: Place,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Book ``quantity`` blanks from ``source`` to ``target``, once per reference.

    What needs more than a movement has a verb of its own and is refused here: reserve and settle,
    receive (its minutes), count_stock (its count). Raises LedgerRefusal.
    """
    if source == Place.CENTRE or {Place.RESERVED, Place.DIFFERENCE} & {source, target}:
        raise NotAllowed(source, target)
    return _move(
        office=office,
        quantity=quantity,
        source=source,
        target=target,
        reference=reference,
        why=why,
        now=now,
        actor=actor,
    )


def _move(
    *,
    office: Office,
    quantity: int,
    source: Place,
    target: Place,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    entry = Entry(
        office=office,
        quantity=quantity,
        source=source,
        target=target,
        why=why[:WHY_LENGTH],
        now=now,
        actor=actor,
    )
    return book(entry=entry, references=[reference])[0]


# --- For the printing of a card ---------------------------------------------------------------


def reserve(
    *,
    office: Office,
    references: Sequence[str],
    now: datetime,
    actor: str,
    why: str = "",
) -> list[BlankMovement]:
    """Take one blank out of the store for each reference, all or none, in the order given.

    Raises NotEnoughBlanks, whose ``there`` says how many could have been taken.
    """
    entry = Entry(
        office=office,
        quantity=1,
        source=Place.STORE,
        target=Place.RESERVED,
        why=why[:WHY_LENGTH],
        now=now,
        actor=actor,
    )
    return book(entry=entry, references=references)


def settle(
    *, office: Office, reference: str, to: Place, why: str, now: datetime, actor: str
) -> BlankMovement:
    """Say what became of a reserved blank: printed, spoiled, back in the store, or lost.

    ``reference`` is the reservation's. Raises NotReserved, ReferenceReused when it was settled otherwise.
    """
    return settle_all(office=office, references=[reference], to=to, why=why, now=now, actor=actor)[0]


def settle_all(
    *,
    office: Office,
    references: Sequence[str],
    to: Place,
    why: str,
    now: datetime,
    actor: str,
) -> list[BlankMovement]:
    """The same for many reservations that ended alike: all or none, in one statement."""
    entry = Entry(
        office=office,
        quantity=1,
        source=Place.RESERVED,
        target=to,
        why=why[:WHY_LENGTH],
        now=now,
        actor=actor,
    )
    return close(entry=entry, references=references)


# --- Between the centre and the store ---------------------------------------------------------


def receive(
    *,
    office: Office,
    quantity: int,
    minutes: str,
    received_on: date,
    now: datetime,
    actor: str,
) -> BlankReceipt:
    """Take in a delivery from the centre. The same minutes again are the same receipt.

    Raises MinutesReused when they stand for another delivery, InFuture, BadQuantity, BadText.
    """
    minutes = _text(minutes, field=_("Nomor berita acara"), most=MINUTES_LENGTH)
    if received_on > timezone.localdate(now):
        raise InFuture(received_on)
    with transaction.atomic():
        try:
            movement = _move(
                office=office,
                quantity=quantity,
                source=Place.CENTRE,
                target=Place.STORE,
                reference=f"receipt:{minutes}",
                why=received_on.isoformat(),  # sealed with the movement; the receipt itself is not
                now=now,
                actor=actor,
            )
        except ReferenceReused as reused:
            first = BlankReceipt.objects.get(movement=reused.booked)
            raise MinutesReused(minutes, reused.booked.quantity, first.received_on) from None
        receipt, _made = BlankReceipt.objects.get_or_create(
            movement=movement, defaults={"minutes": minutes, "received_on": received_on}
        )
        if receipt.received_on != received_on:
            raise MinutesReused(minutes, quantity, receipt.received_on)
    return receipt


def give_back(
    *, office: Office, quantity: int, minutes: str, why: str, now: datetime, actor: str
) -> BlankMovement:
    """Return blanks from the store to the centre, with minutes."""
    minutes = _text(minutes, field=_("Nomor berita acara"), most=MINUTES_LENGTH)
    return move(
        office=office,
        quantity=quantity,
        source=Place.STORE,
        target=Place.CENTRE,
        reference=f"return:{minutes}",
        why=why,
        now=now,
        actor=actor,
    )


def lend(
    *,
    office: Office,
    quantity: int,
    borrower: str,
    reference: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Lend blanks to another office; ``borrower`` is kept as the reason."""
    return move(
        office=office,
        quantity=quantity,
        source=Place.STORE,
        target=Place.LENT,
        reference=f"lend:{reference}",
        why=_text(borrower, field=_("Peminjam"), most=WHY_LENGTH),
        now=now,
        actor=actor,
    )


def take_back_lent(
    *,
    office: Office,
    quantity: int,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Blanks that were lent have come back."""
    return move(
        office=office,
        quantity=quantity,
        source=Place.LENT,
        target=Place.STORE,
        reference=f"lent-back:{reference}",
        why=why,
        now=now,
        actor=actor,
    )


# --- Harm -------------------------------------------------------------------------------------


def spoil_in_store(
    *,
    office: Office,
    quantity: int,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Blanks were damaged in the store; a reason is required."""
    return move(
        office=office,
        quantity=quantity,
        source=Place.STORE,
        target=Place.SPOILED,
        reference=f"spoil:{reference}",
        why=_text(why, field=_("Alasan"), most=WHY_LENGTH),
        now=now,
        actor=actor,
    )


def destroy(
    *,
    office: Office,
    quantity: int,
    minutes: str,
    witnesses: Sequence[str],
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Destroy spoiled blanks, with minutes and at least two different witnesses."""
    minutes = _text(minutes, field=_("Nomor berita acara"), most=MINUTES_LENGTH)
    names = list(dict.fromkeys(" ".join(name.split()) for name in witnesses if name.strip()))
    enough = "; ".join(names) if len(names) >= WITNESSES else ""
    return move(
        office=office,
        quantity=quantity,
        source=Place.SPOILED,
        target=Place.DESTROYED,
        reference=f"destroy:{minutes}",
        why=_text(enough, field=_("Nama dua saksi yang berbeda"), most=WHY_LENGTH),
        now=now,
        actor=actor,
    )


def lose(
    *,
    office: Office,
    quantity: int,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Blanks are gone from the store; a reason is required."""
    return move(
        office=office,
        quantity=quantity,
        source=Place.STORE,
        target=Place.LOST,
        reference=f"lose:{reference}",
        why=_text(why, field=_("Alasan"), most=WHY_LENGTH),
        now=now,
        actor=actor,
    )


def find_again(
    *,
    office: Office,
    quantity: int,
    reference: str,
    why: str,
    now: datetime,
    actor: str,
) -> BlankMovement:
    """Blanks that were lost have turned up and lie in the store."""
    return move(
        office=office,
        quantity=quantity,
        source=Place.LOST,
        target=Place.STORE,
        reference=f"find:{reference}",
        why=why,
        now=now,
        actor=actor,
    )


# --- Count ------------------------------------------------------------------------------------


def count_stock(
    *,
    office: Office,
    counted: int,
    note: str,
    now: datetime,
    actor: str,
    reference: str = "",
) -> StockCount:
    """Write what was counted in the store beside what the books say, and book the difference.

    The store stands still between the two. ``reference`` makes a repeated form harmless; without
    one, office and time make the count unique. Raises BadQuantity, CountReused.
    """
    if not 0 <= counted <= MOST_AT_ONCE:
        raise BadQuantity(counted)
    reference = f"count:{reference or f'{office.code}:{now.isoformat()}'}"
    with transaction.atomic():
        booked = _lock_store(office)
        first = StockCount.objects.filter(reference=reference).select_related("movement").first()
        if first:
            return _same_count(first, office=office, counted=counted)
        return StockCount.objects.create(
            office=office,
            reference=reference,
            counted_at=now,
            counted=counted,
            booked=booked,
            movement=_book_difference(
                office=office,
                counted=counted,
                booked=booked,
                reference=reference,
                now=now,
                actor=actor,
            ),
            note=note[:WHY_LENGTH],
            actor=actor,
        )


def _book_difference(
    *,
    office: Office,
    counted: int,
    booked: int,
    reference: str,
    now: datetime,
    actor: str,
) -> BlankMovement | None:
    if counted == booked:
        return None
    more = counted > booked
    return _move(
        office=office,
        quantity=abs(counted - booked),
        source=Place.DIFFERENCE if more else Place.STORE,
        target=Place.STORE if more else Place.DIFFERENCE,
        reference=reference,
        why=f"{counted}/{booked}",  # sealed with the movement; the count itself is not
        now=now,
        actor=actor,
    )


def _same_count(first: StockCount, *, office: Office, counted: int) -> StockCount:
    if (first.office_id, first.counted) != (office.pk, counted):
        raise CountReused(first.counted, first.booked)
    return first


def _lock_store(office: Office) -> int:
    """Let nothing in or out of the store until the transaction ends; returns what is booked there."""
    row = BlankBalance.objects.select_for_update().filter(office=office, place=Place.STORE).first()
    return row.quantity if row else 0


def _text(text: str, *, field: str, most: int) -> str:
    """The text without blanks around and within doubled. Raises BadText."""
    text = " ".join(text.split())
    if not 0 < len(text) <= most or not text.isprintable():
        raise BadText(field, most)
    return text
