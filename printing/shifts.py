"""On which days and in which hours does the office print without anybody planning it?

Plain arithmetic: the zone, and the dates on which the office decides otherwise, are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import holidays

OPENS = time(7, 30)  # the working hours of the regency's offices
CLOSES = time(16, 0)
WORKDAYS = range(5)  # Monday to Friday, as date.weekday() counts
CATEGORIES = (
    "public",
    "government",
)  # "government" are the joint leave days (cuti bersama) of civil servants


@dataclass(frozen=True, slots=True)
class Hours:
    """A time in which the office prints, from ``starts_at`` until before ``ends_at``."""

    starts_at: datetime
    ends_at: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


def national_holiday(day: date) -> str | None:
    """The holiday's Indonesian name, or None on any other day."""
    return _calendar(day.year).get(day)


def is_workday(day: date, *, overrides: Mapping[date, bool]) -> bool:
    """Whether the office works. ``overrides`` says for a date whether it is a holiday after all."""
    if day.weekday() not in WORKDAYS:
        return False
    return not overrides.get(day, national_holiday(day) is not None)


def standing_shift(day: date, *, zone: tzinfo, overrides: Mapping[date, bool]) -> Hours | None:
    """The standing hours of ``day`` in the office's zone, or None on a day off."""
    if not is_workday(day, overrides=overrides):
        return None
    return Hours(datetime.combine(day, OPENS, zone), datetime.combine(day, CLOSES, zone))


def standing_shifts(
    *, after: datetime, days: int, zone: tzinfo, overrides: Mapping[date, bool]
) -> Iterator[Hours]:
    """The standing shifts that begin later than ``after``, soonest first, over so many days."""
    today = after.astimezone(zone).date()
    for n in range(days):
        hours = standing_shift(today + timedelta(days=n), zone=zone, overrides=overrides)
        if hours is not None and hours.starts_at > after:
            yield hours


@lru_cache(maxsize=8)  # a year takes milliseconds to work out, and pumps ask every second
def _calendar(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("ID", years=year, categories=CATEGORIES, language="id"))
