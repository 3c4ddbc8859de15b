"""What does the office look like now: line, output, blanks, printers, cards that nobody fetched?

Everything the first page tells. The number of queries is fixed, and each of them reads an index or a
tally, so that a million old requests cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db.models import Count, Q, Sum, Value
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.timezone import localtime, make_aware

from printing.models import (
    CardRequest,
    ExtraShift,
    Handover,
    Heartbeat,
    HolidayOverride,
    MorningCount,
    PrintAttempt,
    Printer,
)
from printing.selectors.shifts import OpenShift, next_shifts, shifts_at
from printing.selectors.status import SILENT_AFTER, Gate, gate
from printing.shifts import standing_shift
from printing.states import HoldReason, JobState, RequestState
from registry.central.throttle import Snapshot
from registry.models import BlankMovement, Office, Subject
from registry.selectors.blanks import balances
from registry.selectors.tallies import Counts, by_state
from registry.states import Place, RecordingState

AT_BEST_PER_HOUR = 60  # cards of one printer: one a minute at best (Karimun, 2017)
COVER_DAYS = 14  # calendar days whose use says how long the blanks will last: two working weeks
AGES = (7, 30, 90)  # days a card has been waiting for its owner
COMING = 3  # shifts shown
PRINTABLE = (RequestState.READY_TO_PRINT, RequestState.PRINTING)


@dataclass(frozen=True, slots=True)
class Line:
    """Where the people stand who have no card yet, and the cards that have no owner yet."""

    waiting: int
    printable: int
    held: dict[str, int]
    exceptions: int
    in_doubt: int
    ready: int

    @property
    def held_sum(self) -> int:
        return sum(self.held.values())


@dataclass(frozen=True, slots=True)
class Output:
    """What left the printers today, against what they could have made by now."""

    printed: int
    spoiled: int
    handed_over: int
    possible: int
    minutes: int  # that the office has been open today
    printers: int


@dataclass(frozen=True, slots=True)
class Blanks:
    """Blanks per place, and for how many working days the store lasts; None when none were used."""

    places: dict[Place, int]
    a_day: int | None
    cover: int | None


@dataclass(frozen=True, slots=True)
class Age:
    """Uncollected cards not older than ``days``; None means older than all others."""

    days: int | None
    cards: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One part of the machinery and when it was last heard."""

    name: str
    at: datetime
    silent: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The first page."""

    office: Office
    now: datetime
    gate: Gate
    line: Line
    morning: MorningCount | None
    output: Output
    centre: Snapshot
    blanks: Blanks
    printers: Sequence[Printer]
    shifts: Sequence[OpenShift]
    coming: Sequence[OpenShift]
    planned: int
    uncollected: Sequence[Age]
    signs: Sequence[Sign]


def day(*, office: Office, throttle: Snapshot, now: datetime) -> Day:
    """Read it all."""
    printers = list(Printer.objects.filter(office=office, enabled=True))
    places = balances(office=office)
    counts = by_state(office=office)
    standing = line(office=office, counts=counts)
    return Day(
        office=office,
        now=now,
        gate=gate(office=office, throttle=throttle, counts=counts, now=now),
        line=standing,
        morning=MorningCount.objects.filter(office=office, day=localtime(now).date()).first(),
        output=_output(
            office=office, printers=len(printers), line=standing, store=places[Place.STORE], now=now
        ),
        centre=throttle,
        blanks=_blanks(office=office, places=places, now=now),
        printers=printers,
        shifts=shifts_at(office=office, now=now),
        coming=next_shifts(office=office, now=now, count=COMING),
        planned=ExtraShift.objects.filter(office=office, cancelled_at=None, starts_at__gt=now).count(),
        uncollected=uncollected(
            office=office, state=RequestState.READY_FOR_PICKUP, cards=standing.ready, now=now
        ),
        signs=[
            Sign(name, at, now - at > SILENT_AFTER)
            for name, at in Heartbeat.objects.order_by("name").values_list("name", "at")
        ],
    )


def line(*, office: Office, counts: Counts) -> Line:
    """Everybody who waits, by what they wait for."""
    held = (
        CardRequest.objects.filter(office=office, state=RequestState.HELD)
        .order_by()
        .values_list("hold_reason")
        .annotate(count=Count("*"))
    )
    requests = counts[Subject.REQUEST]
    return Line(
        waiting=requests.get(RequestState.WAITING, 0),
        printable=sum(requests.get(state, 0) for state in PRINTABLE),
        held=dict(sorted(held, key=lambda pair: -pair[1])),
        exceptions=counts[Subject.RECORDING].get(RecordingState.EXCEPTION, 0),
        in_doubt=counts[Subject.JOB].get(JobState.IN_DOUBT, 0),
        ready=requests.get(RequestState.READY_FOR_PICKUP, 0),
    )


def hold_label(reason: str) -> str:
    """The office's word for a hold reason; the code itself when the word is not known."""
    return str(HoldReason(reason).label) if reason in HoldReason.values else reason


def minutes_open(*, office: Office, now: datetime) -> int:
    """How long the office has printed today, standing hours and extra ones counted once."""
    begins = _midnight(now)
    today = localtime(now).date()
    overrides = dict(HolidayOverride.objects.filter(day=today).values_list("day", "is_holiday"))
    standing = standing_shift(today, zone=timezone.get_default_timezone(), overrides=overrides)
    spans = [(standing.starts_at, standing.ends_at)] if standing else []
    extra = ExtraShift.objects.filter(
        office=office, cancelled_at=None, starts_at__lt=now, ends_at__gt=begins
    ).values_list("starts_at", "ends_at")
    open_until, seconds = begins, 0.0
    for begin, end in sorted([*spans, *extra]):
        starts, ends = max(begin, open_until), min(end, now)
        if ends > starts:
            seconds += (ends - starts).total_seconds()
            open_until = ends
    return round(seconds / 60)


def _output(*, office: Office, printers: int, line: Line, store: int, now: datetime) -> Output:
    """What could have been made: by the printers in the open hours, no more than people or blanks allow."""
    ended = PrintAttempt.objects.filter(
        ended_at__gte=_midnight(now), job__authorization__request__office=office
    ).aggregate(
        printed=Count(Value(1), filter=Q(outcome="printed")),
        spoiled=Count(Value(1), filter=Q(outcome="spoiled")),
    )
    printed = ended["printed"]
    minutes = minutes_open(office=office, now=now)
    by_printers = printers * minutes * AT_BEST_PER_HOUR // 60
    allowed = printed + min(store, line.waiting + line.printable)
    return Output(
        printed=printed,
        spoiled=ended["spoiled"],
        handed_over=Handover.objects.filter(at__gte=_midnight(now), request__office=office).count(),
        possible=max(printed, min(by_printers, allowed)),
        minutes=minutes,
        printers=printers,
    )


def _blanks(*, office: Office, places: dict[Place, int], now: datetime) -> Blanks:
    used = (
        BlankMovement.objects.filter(
            office=office,
            at__gte=_midnight(now) - timedelta(days=COVER_DAYS),
            source=Place.RESERVED,
            target__in=[Place.PRINTED, Place.SPOILED],
        )
        .order_by()
        .annotate(day=TruncDate("at"))
        .aggregate(sum=Sum("quantity"), days=Count("day", distinct=True))
    )
    if not used["days"]:
        return Blanks(places, a_day=None, cover=None)
    a_day = max(1, round(used["sum"] / used["days"]))
    return Blanks(places, a_day=a_day, cover=places[Place.STORE] // a_day)


def uncollected(*, office: Office, state: RequestState, cards: int, now: datetime) -> list[Age]:
    """How long these ``cards`` have been lying there. Only the younger ones are counted: few, of many."""
    borders = [now - timedelta(days=days) for days in AGES]
    younger = CardRequest.objects.filter(office=office, state=state, state_since__gt=borders[-1]).aggregate(
        **{f"d{n}": Count(Value(1), filter=Q(state_since__gt=at)) for n, at in enumerate(borders)}
    )
    counts = [younger[f"d{n}"] for n in range(len(AGES))]
    counts.append(max(cards, counts[-1]))
    steps = [counts[0], *(after - before for before, after in pairwise(counts))]
    return [Age(days, count) for days, count in zip([*AGES, None], steps, strict=True)]


def _midnight(now: datetime) -> datetime:
    today: date = localtime(now).date()
    return make_aware(datetime.combine(today, time.min))
