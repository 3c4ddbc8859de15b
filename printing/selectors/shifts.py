"""Is the office printing now, until when, and when does it print next?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils import timezone

from printing.models import ExtraShift, HolidayOverride, Printer
from printing.models.shift import ShiftKind
from printing.shifts import WORKDAYS, Hours, is_workday, standing_shift, standing_shifts
from registry.models import Office
from registry.selectors.restorations import unreleased

STANDING = "standing"  # the name of the standing shift; one a day, so the business date tells them apart
HORIZON = 60  # days looked ahead; the longest joint leave is two weeks


@dataclass(frozen=True, slots=True)
class OpenShift:
    """A shift with its hours. ``name`` is unique within a business date: the date on which it begins."""

    name: str
    kind: ShiftKind
    starts_at: datetime
    ends_at: datetime
    business_date: date


def current_shift(*, office: Office, now: datetime) -> OpenShift | None:
    """The shift that is open; of two, the one that ends last. At most two queries over an index."""
    return max(shifts_at(office=office, now=now), key=lambda shift: shift.ends_at, default=None)


def shifts_at(*, office: Office, now: datetime) -> list[OpenShift]:
    """Every shift in whose hours ``now`` falls: the standing one, and an extra one across it."""
    running = _planned(office).filter(starts_at__lte=now, ends_at__gt=now)
    return [*_standing_at(now), *map(_extra, running)]


def office_prints(*, office: Office, now: datetime) -> bool:
    """Whether cards are begun now: a shift is open, and nothing was restored that nobody looked at."""
    return current_shift(office=office, now=now) is not None and unreleased() is None


def prints_now(*, printer: Printer, now: datetime) -> bool:
    """The same for one printer: in a standing shift, or in an extra one that wants it."""
    if unreleased() is not None:
        return False
    if _standing_at(now):
        return True
    running = _planned(printer.office).filter(starts_at__lte=now, ends_at__gt=now)
    return running.filter(Q(printers=None) | Q(printers=printer)).exists()


def kind_of(*, starts_at: datetime) -> ShiftKind:
    """What an extra shift that begins then is: on a weekend, on a holiday, or after a day's work."""
    day = timezone.localdate(starts_at, timezone.get_default_timezone())
    if day.weekday() not in WORKDAYS:
        return ShiftKind.WEEKEND
    return ShiftKind.EVENING if is_workday(day, overrides=_overrides(day, days=1)) else ShiftKind.HOLIDAY


def next_opening(*, office: Office, now: datetime) -> datetime | None:
    """When the next shift begins, or None when none is in sight."""
    coming = next_shifts(office=office, now=now, count=1)
    return coming[0].starts_at if coming else None


def next_shifts(*, office: Office, now: datetime, count: int) -> list[OpenShift]:
    """The shifts that have not begun, soonest first."""
    standing = standing_shifts(
        after=now,
        days=HORIZON,
        zone=timezone.get_default_timezone(),
        overrides=_overrides(timezone.localdate(now, timezone.get_default_timezone()), days=HORIZON),
    )
    extra = _planned(office).filter(starts_at__gt=now).order_by("starts_at")[:count]
    coming = [*map(_of_hours, islice(standing, count)), *map(_extra, extra)]
    return sorted(coming, key=lambda shift: shift.starts_at)[:count]


def _planned(office: Office) -> QuerySet[ExtraShift]:
    return ExtraShift.objects.filter(office=office, cancelled_at__isnull=True)


def _standing_at(now: datetime) -> list[OpenShift]:
    zone = timezone.get_default_timezone()
    today = now.astimezone(zone).date()
    hours = standing_shift(today, zone=zone, overrides=_overrides(today, days=1))
    return [_of_hours(hours)] if hours is not None and now in hours else []


def _overrides(first: date, *, days: int) -> dict[date, bool]:
    last = first + timedelta(days=days - 1)
    return dict(HolidayOverride.objects.filter(day__range=(first, last)).values_list("day", "is_holiday"))


def _of_hours(hours: Hours) -> OpenShift:
    return OpenShift(STANDING, ShiftKind.STANDING, hours.starts_at, hours.ends_at, hours.starts_at.date())


def _extra(row: ExtraShift) -> OpenShift:
    begins = timezone.localdate(row.starts_at, timezone.get_default_timezone())
    return OpenShift(f"extra {row.pk}", ShiftKind(row.kind), row.starts_at, row.ends_at, begins)
