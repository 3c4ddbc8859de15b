"""Do the standing hours hold on workdays, weekends, holidays, and days decided otherwise?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from printing.shifts import is_workday, national_holiday, standing_shift, standing_shifts

JAKARTA = ZoneInfo("Asia/Jakarta")
TUESDAY = date(2017, 11, 28)
SATURDAY = date(2017, 12, 2)
CHRISTMAS = date(2017, 12, 25)  # a Monday
JOINT_LEAVE = date(2017, 12, 26)


class TestStandingShift:
    @pytest.mark.parametrize(
        ("zone", "opens", "closes"),
        [
            ("Asia/Jakarta", (28, 0), (28, 9)),
            ("Asia/Makassar", (27, 23), (28, 8)),
            ("Asia/Jayapura", (27, 22), (28, 7)),
        ],
    )
    def test_lasts_from_half_past_seven_to_four_in_the_offices_zone(
        self, zone: str, opens: tuple[int, int], closes: tuple[int, int]
    ) -> None:
        hours = standing_shift(TUESDAY, zone=ZoneInfo(zone), overrides={})

        assert hours is not None
        assert hours.starts_at == datetime(2017, 11, *opens, 30, tzinfo=UTC)
        assert hours.ends_at == datetime(2017, 11, *closes, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        "day", [SATURDAY, CHRISTMAS, JOINT_LEAVE], ids=["weekend", "holiday", "joint leave"]
    )
    def test_is_missing_on_a_day_off(self, day: date) -> None:
        assert standing_shift(day, zone=JAKARTA, overrides={}) is None

    def test_is_missing_on_a_workday_that_the_office_declares_a_holiday(self) -> None:
        assert standing_shift(TUESDAY, zone=JAKARTA, overrides={TUESDAY: True}) is None

    def test_holds_on_a_holiday_on_which_the_office_works(self) -> None:
        assert standing_shift(JOINT_LEAVE, zone=JAKARTA, overrides={JOINT_LEAVE: False}) is not None

    def test_makes_no_workday_of_a_weekend(self) -> None:
        assert not is_workday(SATURDAY, overrides={SATURDAY: False})

    def test_includes_its_beginning_and_not_its_end(self) -> None:
        hours = standing_shift(TUESDAY, zone=JAKARTA, overrides={})

        assert hours is not None
        assert hours.starts_at in hours
        assert hours.ends_at not in hours


class TestStandingShifts:
    def test_skips_the_weekend_and_the_holidays(self) -> None:
        friday_noon = datetime(2017, 12, 22, 12, tzinfo=JAKARTA)

        coming = standing_shifts(after=friday_noon, days=7, zone=JAKARTA, overrides={})

        assert [hours.starts_at.date().day for hours in coming] == [27, 28]

    def test_leaves_out_a_shift_that_has_begun(self) -> None:
        begun = datetime(2017, 11, 28, 7, 30, tzinfo=JAKARTA)

        first = next(standing_shifts(after=begun, days=7, zone=JAKARTA, overrides={}))

        assert first.starts_at.date() == date(2017, 11, 29)

    def test_counts_days_in_the_offices_zone(self) -> None:
        monday_evening_in_utc = datetime(2017, 11, 27, 22, tzinfo=UTC)  # Tuesday, five in the morning

        first = next(standing_shifts(after=monday_evening_in_utc, days=1, zone=JAKARTA, overrides={}))

        assert first.starts_at.date() == TUESDAY


class TestNationalHoliday:
    def test_has_an_indonesian_name(self) -> None:
        assert national_holiday(CHRISTMAS) == "Hari Raya Natal"

    def test_is_none_on_any_other_day(self) -> None:
        assert national_holiday(TUESDAY) is None
