"""What stands on each of the office's papers?"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime, make_aware

from printing.models import Box as PackedBox
from printing.models import CardRequest, Handover, PrintAttempt
from printing.models.box import Fate
from printing.models.job import Outcome
from printing.models.request import CardReason
from printing.paper.box import Box, Card
from printing.paper.minutes import Delivery, Destruction
from printing.paper.receipt import Receipt
from printing.paper.reports import Blanks, Day, DistrictRow, Line, Month
from printing.paper.sheet import Issuer
from printing.selectors.then import states_by_district
from printing.states import HoldReason, RequestState
from registry.models import BlankMovement, BlankReceipt, District, Office, Recording
from registry.models.blank import SETTLED
from registry.selectors.blanks import flows, moved
from registry.states import Place

RESERVED, SPOILED_LATER = f":reserved{SETTLED}", ":spoiled"  # how the line names what became of a blank

S = RequestState
ON_THE_WAY = (S.AUTHORIZING, S.READY_TO_PRINT, S.PRINTING)
NOT_PRINTED = (S.WAITING, S.HELD, *ON_THE_WAY)


def issuer(office: Office) -> Issuer:
    """The office as its letterhead names it."""
    return Issuer(code=office.code, name=office.name, province=office.province)


# --- One person -------------------------------------------------------------------------------


def receipt(*, request: CardRequest) -> Receipt:
    """What the resident takes home."""
    return Receipt(
        issuer=issuer(request.office),
        number=request.receipt,
        name=request.resident.name,
        nik=request.resident.masked_nik,
        reason=request.get_reason_display(),
        district=request.recording.district.name,
        received_at=localtime(request.created_at),
    )


# --- Minutes ----------------------------------------------------------------------------------


def delivery(*, delivered: BlankReceipt) -> Delivery:
    """A delivery, and the store before and after it as the books have them."""
    movement = delivered.movement
    before = _store_before(movement)
    return Delivery(
        issuer=issuer(movement.office),
        number=delivered.minutes,
        on=delivered.received_on,
        quantity=movement.quantity,
        before=before,
        after=before + movement.quantity,
        booked_by=movement.actor,
    )


def destruction(*, destroyed: BlankMovement) -> Destruction:
    """A destruction, and which blanks it was: those that were spoiled first, first.

    Raises ValueError for a movement that is no destruction.
    """
    if destroyed.target != Place.DESTROYED:
        raise ValueError(destroyed.pk)
    serials = _serials_of(destroyed)
    return Destruction(
        issuer=issuer(destroyed.office),
        number=destroyed.reference.partition(":")[2],
        on=localtime(destroyed.at).date(),
        quantity=destroyed.quantity,
        serials=serials,
        unnumbered=destroyed.quantity - len(serials),
        witnesses=destroyed.why.split("; "),
        booked_by=destroyed.actor,
    )


def _store_before(movement: BlankMovement) -> int:
    earlier = BlankMovement.objects.filter(office=movement.office, pk__lt=movement.pk)
    sums = earlier.aggregate(
        came=Coalesce(Sum("quantity", filter=Q(target=Place.STORE)), 0),
        went=Coalesce(Sum("quantity", filter=Q(source=Place.STORE)), 0),
    )
    return int(sums["came"] - sums["went"])


def _serials_of(destroyed: BlankMovement) -> list[str]:
    """The numbers of the blanks that this destruction took out of the heap, in the order they fell."""
    books = BlankMovement.objects.filter(office=destroyed.office, pk__lt=destroyed.pk)
    gone = books.filter(target=Place.DESTROYED).aggregate(sum=Coalesce(Sum("quantity"), 0))["sum"]
    heap = books.filter(target=Place.SPOILED).order_by("pk").values_list("reference", "quantity")
    one_by_one = (reference for reference, quantity in heap.iterator() for _n in range(quantity))
    names = [_attempt_name(reference) for reference in islice(one_by_one, gone, gone + destroyed.quantity)]
    blanks = dict(PrintAttempt.objects.filter(name__in=filter(None, names)).values_list("name", "blank"))
    return [blanks[name] for name in names if name in blanks]


def _attempt_name(reference: str) -> str:
    """Which attempt spoiled the blank; empty when it was spoiled in the store."""
    for ending in (RESERVED, SPOILED_LATER):
        if reference.endswith(ending):
            return reference.removesuffix(ending)
    return ""


# --- Reports ----------------------------------------------------------------------------------


def day(*, office: Office, on: date, now: datetime) -> Day:
    """One day, up to ``now`` while it lasts."""
    since, until = _span(on, on + timedelta(days=1), now=now)
    attempts = _attempts(office, since, until)
    stages = _stages(office, until)
    return Day(
        issuer=issuer(office),
        on=on,
        until=localtime(until),
        recorded=_recorded(office, since, until).count(),
        requested=CardRequest.objects.filter(
            office=office, created_at__gte=since, created_at__lt=until
        ).count(),
        printed=attempts[Outcome.PRINTED],
        spoiled=attempts[Outcome.SPOILED],
        handed_over=_handed_over(office, since, until).count(),
        line=Line(
            print_ready=stages[S.WAITING],
            held=stages[S.HELD],
            on_the_way=sum(stages[state] for state in ON_THE_WAY),
            ready_for_pickup=stages[S.READY_FOR_PICKUP],
        ),
        held=_held(office) if until == now else (),
        printers=_printers(office, since, until),
        blanks=blanks(office=office, since=since, until=until),
    )


def month(*, office: Office, first: date, now: datetime) -> Month:
    """The month that begins with ``first``, up to ``now`` while it lasts."""
    first = first.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    since, until = _span(first, following, now=now)
    printed = PrintAttempt.objects.filter(
        outcome=Outcome.PRINTED,
        ended_at__gte=since,
        ended_at__lt=until,
        job__authorization__request__office=office,
    )
    reasons = _count(printed, "job__authorization__request__reason")
    return Month(
        issuer=issuer(office),
        first=first,
        until=localtime(until),
        districts=_districts(
            office,
            recorded=_count(_recorded(office, since, until), "district_id"),
            printed=_count(printed, "job__authorization__request__recording__district_id"),
            handed_over=_count(_handed_over(office, since, until), "request__recording__district_id"),
            waiting=_waiting_by_district(office, until),
        ),
        reasons=[(str(reason.label), reasons[reason.value]) for reason in CardReason],
        blanks=blanks(office=office, since=since, until=until),
    )


def blanks(*, office: Office, since: datetime, until: datetime) -> Blanks:
    """The account of the store over [since, until)."""
    went = flows(office=office, since=since, until=until)

    def flow(*ways: tuple[Place, Place]) -> int:
        return sum(went[way] for way in ways)

    spoiled = flow(
        (Place.RESERVED, Place.SPOILED), (Place.PRINTED, Place.SPOILED), (Place.STORE, Place.SPOILED)
    )
    back = flow((Place.LENT, Place.STORE), (Place.LOST, Place.STORE), (Place.DIFFERENCE, Place.STORE))
    away = flow(
        (Place.STORE, Place.LENT),
        (Place.STORE, Place.LOST),
        (Place.STORE, Place.DIFFERENCE),
        (Place.RESERVED, Place.LOST),
    )
    ended = flow(
        *((Place.RESERVED, place) for place in (Place.STORE, Place.PRINTED, Place.SPOILED, Place.LOST))
    )
    return Blanks(
        before=_store_at(office, since),
        received=flow((Place.CENTRE, Place.STORE)),
        given_back=flow((Place.STORE, Place.CENTRE)),
        printed=flow((Place.RESERVED, Place.PRINTED)) - flow((Place.PRINTED, Place.SPOILED)),
        spoiled=spoiled,
        other=back - away,
        in_work=flow((Place.STORE, Place.RESERVED)) - ended,
        left=_store_at(office, until),
    )


def _store_at(office: Office, moment: datetime) -> int:
    return moved(office=office, target=Place.STORE, until=moment) - moved(
        office=office, source=Place.STORE, until=moment
    )


def _span(first: date, following: date, *, now: datetime) -> tuple[datetime, datetime]:
    """From midnight to midnight in the office's zone, and never past ``now``."""
    since, until = (make_aware(datetime.combine(day, time.min)) for day in (first, following))
    return since, max(since, min(until, now))


def _count(rows: QuerySet[Any], by: str) -> Counter[Any]:
    return Counter(dict(rows.order_by().values_list(by).annotate(count=Count("pk"))))


def _recorded(office: Office, since: datetime, until: datetime) -> QuerySet[Recording]:
    return Recording.objects.filter(office=office, received_at__gte=since, received_at__lt=until)


def _handed_over(office: Office, since: datetime, until: datetime) -> QuerySet[Handover]:
    return Handover.objects.filter(request__office=office, at__gte=since, at__lt=until)


def _attempts(office: Office, since: datetime, until: datetime) -> Counter[str]:
    ended = PrintAttempt.objects.filter(printer__office=office, ended_at__gte=since, ended_at__lt=until)
    return _count(ended, "outcome")


def _printers(office: Office, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    ended = PrintAttempt.objects.filter(printer__office=office, ended_at__gte=since, ended_at__lt=until)
    rows = (
        ended.order_by("printer__name")
        .values("printer__name")
        .annotate(
            printed=Count("pk", filter=Q(outcome=Outcome.PRINTED)),
            spoiled=Count("pk", filter=Q(outcome=Outcome.SPOILED)),
        )
    )
    return [(row["printer__name"], row["printed"], row["spoiled"]) for row in rows]


def _held(office: Office) -> list[tuple[str, int]]:
    held = _count(CardRequest.objects.filter(office=office, state=S.HELD), "hold_reason")
    return [(str(reason.label), held[reason.value]) for reason in HoldReason if held[reason.value]]


def _stages(office: Office, moment: datetime) -> Counter[str]:
    stages: Counter[str] = Counter()
    for (_district, state), count in states_by_district(office=office, moment=moment).items():
        stages[state] += count
    return stages


def _waiting_by_district(office: Office, moment: datetime) -> Counter[int]:
    waiting: Counter[int] = Counter()
    for (district, state), count in states_by_district(office=office, moment=moment).items():
        if state in NOT_PRINTED:
            waiting[district] += count
    return waiting


def _districts(office: Office, **counts: Counter[int]) -> list[DistrictRow]:
    return [
        DistrictRow(
            code=district.code,
            name=district.name,
            **{name: by_district[district.pk] for name, by_district in counts.items()},
        )
        for district in District.objects.filter(office=office).order_by("code")
    ]


# --- Boxes ------------------------------------------------------------------------------------


def box(*, packed: PackedBox) -> Box:
    """A box as it left or will leave, by village and name."""
    cards = (
        packed.cards.exclude(fate=Fate.TAKEN_OUT)
        .select_related("request__resident")
        .order_by("request__resident__village", "request__resident__name", "request")
    )
    return Box(
        issuer=issuer(packed.office),
        number=packed.number,
        district_code=packed.district.code,
        district=packed.district.name,
        on=localtime(packed.packed_at).date(),
        cards=[
            Card(
                resident=card.request.resident_id,
                receipt=card.request.receipt,
                name=card.request.resident.name,
                nik=card.request.resident.masked_nik,
                village=card.request.resident.village,
            )
            for card in cards
        ],
    )
