"""Can a supervisor plan a weekend in one go, change it and call it off, and does beat hear of it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django_celery_beat.models import PeriodicTask

from printing.models import ExtraShift, HolidayOverride, Printer
from printing.models.shift import ShiftKind
from printing.selectors.calendar import this_weekend, weeks_ahead
from printing.selectors.shifts import kind_of, prints_now
from registry.models import Office
from tests import factories

ZONE = ZoneInfo("Asia/Jakarta")
PLAN = "/admin/printing/extrashift/add/"
LIST = "/admin/printing/extrashift/"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in December 2017; its first day is a Friday and a holiday."""
    return datetime(2017, 12, day, hour, minute, tzinfo=ZONE)


TUESDAY = datetime(2017, 11, 28, 10, tzinfo=ZONE)


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    """Karimun on Tuesday, 28 November 2017."""
    with time_machine.travel(TUESDAY, tick=False):
        yield factories.an_office()


@pytest.fixture
def supervisor(office: Office, admin_client: Client) -> Client:
    """Somebody who may plan, logged in on that day."""
    return admin_client


def hours(*dates: str, **more: Any) -> dict[str, Any]:
    return {"dates": list(dates), "opens": "08:00", "closes": "16:00", "note": "", **more}


class TestCalendar:
    def test_names_holidays_and_standing_hours(self, office: Office) -> None:
        this_week = weeks_ahead(office=office, now=TUESDAY, weeks=1)[0]

        assert [day.date.day for day in this_week] == [27, 28, 29, 30, 1, 2, 3]
        assert this_week[0].is_past
        assert this_week[4].holiday.startswith("Maulid")
        assert [day.standing is not None for day in this_week] == [True] * 4 + [False] * 3

    def test_takes_the_offices_word_over_the_nations(self, office: Office) -> None:
        HolidayOverride.objects.create(day=date(2017, 12, 1), is_holiday=False, name="masuk kerja")
        HolidayOverride.objects.create(day=date(2017, 11, 30), name="HUT Karimun")

        this_week = weeks_ahead(office=office, now=TUESDAY, weeks=1)[0]

        assert (this_week[3].holiday, this_week[4].holiday) == ("HUT Karimun", "")
        assert this_week[4].standing is not None

    @pytest.mark.parametrize(
        ("day", "left"), [(28, [2, 3]), (32, [2, 3]), (33, [3])], ids=["Tuesday", "Saturday", "Sunday"]
    )
    def test_proposes_what_is_left_of_this_weekend(self, day: int, left: list[int]) -> None:
        now = datetime(2017, 11, day, 10, tzinfo=ZONE) if day < 31 else at(day - 30, 10)
        assert [day.day for day in this_weekend(now=now)] == left


class TestKindOf:
    @pytest.mark.parametrize(
        ("starts_at", "kind"),
        [
            (at(2, 8), ShiftKind.WEEKEND),
            (at(1, 8), ShiftKind.HOLIDAY),
            (at(4, 17), ShiftKind.EVENING),
        ],
    )
    def test_follows_from_the_date(self, office: Office, starts_at: datetime, kind: ShiftKind) -> None:
        assert kind_of(starts_at=starts_at) == kind


class TestPlanner:
    def test_proposes_this_weekend_and_shows_why_days_are_off(self, supervisor: Client) -> None:
        page = supervisor.get(PLAN)

        assert page.context["ticked"] == {"2017-12-02", "2017-12-03"}
        text = page.content.decode()
        assert "Maulid Nabi Muhammad" in text
        assert "07.30–16.00" in text
        assert "giliran tetap" not in text

    def test_plans_every_date_and_leaves_word_for_beat(self, supervisor: Client) -> None:
        printer = Printer.objects.create(office=Office.objects.get(), name="P1", driver="memory", address="1")
        clerk = User.objects.create_user("siti", is_staff=True)

        answer = supervisor.post(
            PLAN, hours("2017-12-02", "2017-12-03", printers=[printer.pk], people=[clerk.pk])
        )

        assert answer.status_code == 302
        saturday, sunday = ExtraShift.objects.order_by("starts_at")
        assert (saturday.starts_at, saturday.ends_at) == (at(2, 8), at(2, 16))
        assert (sunday.kind, sunday.planned_by) == (ShiftKind.WEEKEND, "admin")
        assert list(saturday.printers.all()) == [printer]
        assert list(sunday.people.all()) == [clerk]
        assert PeriodicTask.objects.filter(name__startswith="extra: ").count() == 4

    def test_lets_a_night_end_on_the_next_day(self, supervisor: Client) -> None:
        supervisor.post(PLAN, hours("2017-12-02", opens="20:00", closes="02:00"))
        assert ExtraShift.objects.get().ends_at == at(3, 2)

    def test_plans_all_dates_or_none_and_says_which_cannot_be(self, supervisor: Client) -> None:
        supervisor.post(PLAN, hours("2017-12-03"))

        page = supervisor.post(PLAN, hours("2017-12-02", "2017-12-03"))

        assert page.status_code == 200
        assert "Minggu, 3 Desember: Sudah ada giliran tambahan" in page.content.decode()
        assert ExtraShift.objects.count() == 1

    def test_asks_for_a_date(self, supervisor: Client) -> None:
        assert "Pilih sedikitnya satu tanggal." in supervisor.post(PLAN, hours()).content.decode()

    def test_knows_no_date_that_it_did_not_offer(self, supervisor: Client) -> None:
        supervisor.post(PLAN, hours("2017-11-27"))
        assert not ExtraShift.objects.exists()

    def test_is_closed_to_those_who_may_not_plan(self, client: Client, office: Office) -> None:
        client.force_login(User.objects.create_user("loket", is_staff=True))
        assert client.get(PLAN).status_code == 403
        assert client.post(PLAN, hours("2017-12-02")).status_code == 403


class TestChanging:
    @pytest.fixture
    def planned(self, supervisor: Client) -> ExtraShift:
        supervisor.post(PLAN, hours("2017-12-02"))
        return ExtraShift.objects.get()

    def test_keeps_the_old_plan_beside_the_new_one(self, supervisor: Client, planned: ExtraShift) -> None:
        answer = supervisor.post(f"{LIST}{planned.pk}/change/", self._until("18:00:00"))

        assert answer.status_code == 302
        planned.refresh_from_db()
        assert planned.cancelled_by == "admin"
        assert planned.replaced_by.ends_at == at(2, 18)
        bells = set(PeriodicTask.objects.filter(name__startswith="extra: ").values_list("name", flat=True))
        assert bells == {f"extra: {planned.replaced_by.pk} {verb}" for verb in ("open", "close")}

    def test_says_on_the_form_what_cannot_be(self, supervisor: Client, planned: ExtraShift) -> None:
        page = supervisor.post(f"{LIST}{planned.pk}/change/", self._until("07:00:00"))

        assert "Giliran harus selesai sesudah mulai." in page.content.decode()
        planned.refresh_from_db()
        assert planned.cancelled_at is None

    def test_changes_nothing_that_was_called_off(self, supervisor: Client, planned: ExtraShift) -> None:
        supervisor.post(LIST, {"action": "cancel", "_selected_action": [planned.pk]})

        assert supervisor.post(f"{LIST}{planned.pk}/change/", self._until("18:00:00")).status_code == 403
        assert not PeriodicTask.objects.filter(name__startswith="extra: ").exists()

    @staticmethod
    def _until(clock: str) -> dict[str, str]:
        return {
            "starts_at_0": "2017-12-02",
            "starts_at_1": "08:00:00",
            "ends_at_0": "2017-12-02",
            "ends_at_1": clock,
            "note": "",
        }


class TestPrintsNow:
    def test_is_for_the_printers_that_the_plan_names(self, office: Office, supervisor: Client) -> None:
        one, other = (
            Printer.objects.create(office=office, name=name, driver="memory", address=name) for name in "AB"
        )
        supervisor.post(PLAN, hours("2017-12-02", printers=[one.pk]))
        supervisor.post(PLAN, hours("2017-12-03"))

        def printing(day: int) -> list[bool]:
            return [prints_now(printer=printer, now=at(day, 9)) for printer in (one, other)]

        assert printing(2) == [True, False]
        assert printing(3) == [True, True]
        assert printing(4) == [True, True]  # the standing shift of a Monday
