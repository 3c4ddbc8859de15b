"""How many blanks are where, and how many went which way?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Concat, TruncDate

from registry.models import BlankBalance, BlankMovement, Office
from registry.models.blank import SETTLED
from registry.states import Place


def balances(*, office: Office) -> dict[Place, int]:
    """Blanks per place now, every place included; the outside ones are negative where more came than went."""
    there = dict(BlankBalance.objects.filter(office=office).values_list("place", "quantity"))
    return {place: there.get(place, 0) for place in Place}


def in_store(*, office: Office) -> int:
    """Blanks that can still be taken for a card."""
    return balances(office=office)[Place.STORE]


def moved(
    *,
    office: Office,
    source: Place | None = None,
    target: Place | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """How many blanks went from ``source`` to ``target`` in [since, until); None means any."""
    return _movements(office, source, target, since, until).aggregate(sum=Sum("quantity"))["sum"] or 0


def moved_by_day(
    *,
    office: Office,
    source: Place | None = None,
    target: Place | None = None,
    since: datetime,
    until: datetime,
) -> dict[date, int]:
    """The same for each day of the office on which any went, in order."""
    rows = (
        _movements(office, source, target, since, until)
        .annotate(day=TruncDate("at"))
        .values("day")
        .annotate(sum=Sum("quantity"))
        .order_by("day")
    )
    return {row["day"]: row["sum"] for row in rows}


def flows(*, office: Office, since: datetime, until: datetime) -> Counter[tuple[str, str]]:
    """(from, to) → blanks that went this way in [since, until); every way that none went counts 0."""
    rows = _movements(office, None, None, since, until).values_list("source", "target")
    return Counter({(source, target): sum for source, target, sum in rows.annotate(sum=Sum("quantity"))})


@dataclass(frozen=True, slots=True)
class Summary:
    """The month's or the year's account of blanks, as the office writes it: what came is what is."""

    received: int
    given_back: int
    printed: int
    spoiled: int
    left: int  # in the store when the period ends


def summary(*, office: Office, since: datetime, until: datetime) -> Summary:
    """Blanks of [since, until): a card that was found bad after printing counts as spoiled."""

    def went(source: Place | None, target: Place | None) -> int:
        return moved(office=office, source=source, target=target, since=since, until=until)

    return Summary(
        received=went(Place.CENTRE, Place.STORE),
        given_back=went(Place.STORE, Place.CENTRE),
        printed=went(None, Place.PRINTED) - went(Place.PRINTED, None),
        spoiled=went(None, Place.SPOILED),
        left=moved(office=office, target=Place.STORE, until=until)
        - moved(office=office, source=Place.STORE, until=until),
    )


def open_reservations(*, office: Office, older_than: datetime | None = None) -> QuerySet[BlankMovement]:
    """Blanks that were taken for a card and of which nobody has said what became, oldest first."""
    ended = BlankMovement.objects.filter(reference=Concat(OuterRef("reference"), Value(SETTLED)))
    held = BlankMovement.objects.filter(office=office, target=Place.RESERVED).exclude(Exists(ended))
    return (held.filter(at__lt=older_than) if older_than else held).order_by("id")


def _movements(
    office: Office,
    source: Place | None,
    target: Place | None,
    since: datetime | None,
    until: datetime | None,
) -> QuerySet[BlankMovement]:
    wanted = {
        "source": source,
        "target": target,
        "at__gte": since,
        "at__lt": until,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return BlankMovement.objects.filter(office=office, **given).order_by()
