"""What does a supervisor see who plans: which days are off and why, and what is open already?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.timezone import localdate, localtime, make_aware

from printing.models import ExtraShift, HolidayOverride
from printing.shifts import WORKDAYS, Hours, national_holiday, standing_shift
from registry.models import Office

SATURDAY = 5  # as date.weekday() counts


@dataclass(frozen=True, slots=True)
class Day:
    """One date: why it is off, its standing hours, and the extra shifts that begin on it."""

    date: date
    is_past: bool
    is_weekend: bool
    holiday: str  # its name; empty on any other day
    standing: Hours | None
    extra: Sequence[ExtraShift]


def weeks_ahead(*, office: Office, now: datetime, weeks: int) -> list[list[Day]]:
    """So many weeks, Monday to Sunday, from the week of today. Two queries."""
    zone, today = timezone.get_default_timezone(), localdate(now)
    monday = today - timedelta(days=today.weekday())
    dates = [monday + timedelta(days=n) for n in range(7 * weeks)]
    decided = {row.day: row for row in HolidayOverride.objects.filter(day__range=(dates[0], dates[-1]))}
    overrides = {day: row.is_holiday for day, row in decided.items()}
    extra = _extra(office, dates)

    def holiday(day: date) -> str:
        if day in decided:
            return decided[day].name if decided[day].is_holiday else ""
        return national_holiday(day) or ""

    days = [
        Day(
            date=day,
            is_past=day < today,
            is_weekend=day.weekday() not in WORKDAYS,
            holiday=holiday(day),
            standing=standing_shift(day, zone=zone, overrides=overrides),
            extra=extra[day],
        )
        for day in dates
    ]
    return [days[start : start + 7] for start in range(0, len(days), 7)]


def this_weekend(*, now: datetime) -> list[date]:
    """Saturday and Sunday of this week, without what has passed; on Sunday only that day is left."""
    today = localdate(now)
    saturday = today + timedelta(days=SATURDAY - today.weekday())
    return [day for day in (saturday, saturday + timedelta(days=1)) if day >= today]


def _extra(office: Office, dates: Sequence[date]) -> defaultdict[date, list[ExtraShift]]:
    first, last = (make_aware(datetime.combine(day, time.min)) for day in (dates[0], dates[-1]))
    planned = ExtraShift.objects.filter(
        office=office,
        cancelled_at__isnull=True,
        starts_at__gte=first,
        starts_at__lt=last + timedelta(days=1),
    )
    by_day: defaultdict[date, list[ExtraShift]] = defaultdict(list)
    for shift in planned.order_by("starts_at"):
        by_day[localtime(shift.starts_at).date()].append(shift)
    return by_day
