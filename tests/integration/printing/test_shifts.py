"""Does the office open and close when it should, and does a planned shift leave word for beat?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from printing.models import (
    CardRequest,
    ExtraShift,
    HolidayOverride,
    PrintAttempt,
    PrintAuthorization,
    Printer,
    PrintJob,
    ShiftRun,
)
from printing.models.job import Outcome
from printing.models.shift import ShiftKind
from printing.selectors.shifts import current_shift, next_opening, next_shifts
from printing.services import shifts
from printing.services.shifts import ShiftRefused
from printing.states import AuthorizationState, JobState, RequestState
from registry.models import Office, Recording, Resident

ZONE = ZoneInfo("Asia/Jakarta")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in December 2017, whose first day is a holiday, and its second a Saturday."""
    return datetime(2017, 12, day, hour, minute, tzinfo=ZONE)


FRIDAY_THE_HOLIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = 1, 2, 3, 4, 5


@pytest.fixture
def office(db: None) -> Office:
    """Karimun, where nothing has been planned."""
    return Office.objects.create(code="21.02", name="Karimun", province="Kepulauan Riau")


def plan(office: Office, starts_at: datetime, ends_at: datetime, now: datetime | None = None) -> ExtraShift:
    return shifts.plan_shift(
        office=office,
        starts_at=starts_at,
        ends_at=ends_at,
        kind=ShiftKind.WEEKEND,
        note="daftar 13.000",
        actor="siti",
        now=now or at(FRIDAY_THE_HOLIDAY, 9),
    )


class TestCurrentShift:
    def test_is_the_standing_one_in_working_hours(self, office: Office) -> None:
        shift = current_shift(office=office, now=at(MONDAY, 12))

        assert shift is not None
        assert shift.kind == ShiftKind.STANDING
        assert (shift.starts_at, shift.ends_at) == (at(MONDAY, 7, 30), at(MONDAY, 16))
        assert shift.business_date == date(2017, 12, MONDAY)

    @pytest.mark.parametrize(
        "now", [at(MONDAY, 16), at(MONDAY, 7, 29), at(SATURDAY, 12), at(FRIDAY_THE_HOLIDAY, 12)]
    )
    def test_is_none_outside_of_hours(self, office: Office, now: datetime) -> None:
        assert current_shift(office=office, now=now) is None

    def test_is_the_extra_one_on_a_weekend(self, office: Office) -> None:
        planned = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        shift = current_shift(office=office, now=at(SATURDAY, 8))

        assert shift is not None
        assert (shift.name, shift.ends_at) == (f"extra {planned.pk}", at(SATURDAY, 14))

    def test_is_the_one_that_ends_last_when_two_overlap(self, office: Office) -> None:
        plan(office, at(MONDAY, 15), at(MONDAY, 20))

        shift = current_shift(office=office, now=at(MONDAY, 15, 30))

        assert shift is not None
        assert shift.ends_at == at(MONDAY, 20)

    def test_belongs_to_the_day_on_which_it_began(self, office: Office) -> None:
        plan(office, at(SATURDAY, 20), at(SUNDAY, 4))

        shift = current_shift(office=office, now=at(SUNDAY, 3))

        assert shift is not None
        assert shift.business_date == date(2017, 12, SATURDAY)

    def test_is_none_on_a_day_that_the_office_declares_free(self, office: Office) -> None:
        HolidayOverride.objects.create(day=date(2017, 12, MONDAY), name="HUT Karimun")

        assert current_shift(office=office, now=at(MONDAY, 12)) is None

    def test_is_open_on_a_holiday_on_which_the_office_works(self, office: Office) -> None:
        HolidayOverride.objects.create(day=date(2017, 12, 1), is_holiday=False, name="masuk kerja")

        assert current_shift(office=office, now=at(FRIDAY_THE_HOLIDAY, 12)) is not None

    def test_leaves_the_extra_shift_of_another_office_alone(self, office: Office) -> None:
        other = Office.objects.create(code="21.71", name="Batam", province="Kepulauan Riau")
        plan(other, at(SATURDAY, 8), at(SATURDAY, 14))

        assert current_shift(office=office, now=at(SATURDAY, 9)) is None

    def test_takes_two_queries_at_most(self, office: Office) -> None:
        with CaptureQueriesContext(connection) as queries:
            current_shift(office=office, now=at(MONDAY, 12))

        assert len(queries) <= 2


class TestNextOpening:
    def test_is_the_next_working_day(self, office: Office) -> None:
        assert next_opening(office=office, now=at(FRIDAY_THE_HOLIDAY, 12)) == at(MONDAY, 7, 30)

    def test_is_the_extra_shift_that_comes_before_it(self, office: Office) -> None:
        plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        assert next_opening(office=office, now=at(FRIDAY_THE_HOLIDAY, 12)) == at(SATURDAY, 8)

    def test_forgets_a_shift_that_was_cancelled(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))
        shifts.cancel_shift(shift=shift, actor="siti", now=at(FRIDAY_THE_HOLIDAY, 10))

        assert next_opening(office=office, now=at(FRIDAY_THE_HOLIDAY, 12)) == at(MONDAY, 7, 30)


class TestNextShifts:
    def test_mixes_standing_and_extra_ones_in_order(self, office: Office) -> None:
        plan(office, at(SUNDAY, 8), at(SUNDAY, 12))
        plan(office, at(MONDAY, 18), at(MONDAY, 21))

        coming = next_shifts(office=office, now=at(SATURDAY, 12), count=4)

        assert [shift.starts_at for shift in coming] == [
            at(SUNDAY, 8),
            at(MONDAY, 7, 30),
            at(MONDAY, 18),
            at(TUESDAY, 7, 30),
        ]


class TestPlanShift:
    def test_keeps_who_planned_it_and_leaves_word_for_beat(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        bells = PeriodicTask.objects.filter(name__startswith="extra: ").order_by("clocked__clocked_time")
        assert shift.planned_by == "siti"
        assert [(bell.task, bell.queue, bell.one_off) for bell in bells] == [
            ("printing.tasks.open_shift", "office", True),
            ("printing.tasks.close_shift", "office", True),
        ]
        assert [bell.clocked.clocked_time - shifts.MARGIN for bell in bells] == [
            at(SATURDAY, 8),
            at(SATURDAY, 14),
        ]

    def test_takes_hours_that_have_begun(self, office: Office) -> None:
        now = at(SATURDAY, 9)

        assert plan(office, now - timedelta(hours=1), now + timedelta(hours=1), now=now).pk

    @pytest.mark.parametrize(
        ("starts_at", "ends_at", "why"),
        [
            (at(SATURDAY, 14), at(SATURDAY, 8), "selesai sesudah mulai"),
            (at(SATURDAY, 8), at(SATURDAY, 8), "selesai sesudah mulai"),
            (at(SATURDAY, 8), at(SUNDAY, 0, 1), "paling lama 16 jam"),
            (at(FRIDAY_THE_HOLIDAY, 6), at(FRIDAY_THE_HOLIDAY, 9), "sudah lewat"),
        ],
        ids=["backwards", "empty", "too long", "past"],
    )
    def test_refuses_hours_that_cannot_be(
        self, office: Office, starts_at: datetime, ends_at: datetime, why: str
    ) -> None:
        with pytest.raises(ShiftRefused, match=why):
            plan(office, starts_at, ends_at)

        assert not ExtraShift.objects.exists()
        assert not PeriodicTask.objects.filter(name__startswith="extra: ").exists()

    def test_refuses_hours_that_overlap_another_extra_shift(self, office: Office) -> None:
        plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        with pytest.raises(ShiftRefused, match=r"2 Desember 2017 08\.00"):
            plan(office, at(SATURDAY, 13), at(SATURDAY, 18))

    def test_takes_hours_that_follow_another_shift_at_once(self, office: Office) -> None:
        plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        assert plan(office, at(SATURDAY, 14), at(SATURDAY, 18)).pk

    def test_takes_the_hours_of_a_shift_that_was_cancelled(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))
        shifts.cancel_shift(shift=shift, actor="siti", now=at(FRIDAY_THE_HOLIDAY, 10))

        assert plan(office, at(SATURDAY, 8), at(SATURDAY, 14)).pk


class TestCancelShift:
    def test_keeps_who_did_it_and_takes_the_word_for_beat_back(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))
        before = PeriodicTasks.last_change()

        shifts.cancel_shift(shift=shift, actor="budi", now=at(FRIDAY_THE_HOLIDAY, 10))

        shift.refresh_from_db()
        assert (shift.cancelled_by, shift.cancelled_at) == ("budi", at(FRIDAY_THE_HOLIDAY, 10))
        assert not PeriodicTask.objects.filter(name__startswith="extra: ").exists()
        assert PeriodicTasks.last_change() > before

    def test_ends_a_shift_that_is_open(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))
        shifts.open_shift(office=office, now=at(SATURDAY, 8))

        shifts.cancel_shift(shift=shift, actor="budi", now=at(SATURDAY, 10))

        assert current_shift(office=office, now=at(SATURDAY, 10)) is None
        assert ShiftRun.objects.get().closed_at == at(SATURDAY, 10)

    def test_refuses_the_second_time(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))
        shifts.cancel_shift(shift=shift, actor="budi", now=at(FRIDAY_THE_HOLIDAY, 10))

        with pytest.raises(ShiftRefused, match="sudah dibatalkan"):
            shifts.cancel_shift(shift=shift, actor="siti", now=at(FRIDAY_THE_HOLIDAY, 11))

        shift.refresh_from_db()
        assert shift.cancelled_by == "budi"

    def test_refuses_when_it_is_over(self, office: Office) -> None:
        shift = plan(office, at(SATURDAY, 8), at(SATURDAY, 14))

        with pytest.raises(ShiftRefused):
            shifts.cancel_shift(shift=shift, actor="siti", now=at(SATURDAY, 14))


class TestOpenShift:
    def test_writes_it_down_once_a_day_however_often_it_is_asked(self, office: Office) -> None:
        first = shifts.open_shift(office=office, now=at(MONDAY, 7, 30))
        again = shifts.open_shift(office=office, now=at(MONDAY, 8, 31))

        assert [run.business_date for run in first] == [date(2017, 12, MONDAY)]
        assert again == []
        assert ShiftRun.objects.get().opened_at == at(MONDAY, 7, 30)

    def test_writes_every_day_down(self, office: Office) -> None:
        for day in (MONDAY, TUESDAY):
            shifts.open_shift(office=office, now=at(day, 7, 30))

        assert ShiftRun.objects.count() == 2

    def test_writes_nothing_outside_of_hours(self, office: Office) -> None:
        assert shifts.open_shift(office=office, now=at(SATURDAY, 8)) == []

    @pytest.mark.django_db(transaction=True)
    def test_writes_one_row_when_two_ask_at_once(self) -> None:
        office = Office.objects.create(code="21.02", name="Karimun", province="Kepulauan Riau")
        together, opened = threading.Barrier(4), []

        def ask() -> None:
            try:
                together.wait()
                opened.extend(shifts.open_shift(office=office, now=at(MONDAY, 8)))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=ask) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(opened) == 1
        assert ShiftRun.objects.count() == 1


class TestCloseShift:
    def test_leaves_a_shift_open_that_is_not_over(self, office: Office) -> None:
        shifts.open_shift(office=office, now=at(MONDAY, 8))

        assert shifts.close_shift(office=office, now=at(MONDAY, 15, 59)) == []

    def test_closes_once(self, office: Office) -> None:
        shifts.open_shift(office=office, now=at(MONDAY, 8))

        assert len(shifts.close_shift(office=office, now=at(MONDAY, 16))) == 1
        assert shifts.close_shift(office=office, now=at(MONDAY, 17)) == []

    def test_closes_the_shift_of_yesterday_at_its_planned_end(self, office: Office) -> None:
        shifts.open_shift(office=office, now=at(MONDAY, 8))

        shifts.close_shift(office=office, now=at(TUESDAY, 8))

        assert ShiftRun.objects.get().closed_at == at(MONDAY, 16)

    def test_counts_the_cards_that_came_out_within_the_hours(
        self, office: Office, attempt: Callable[[datetime, Outcome], None]
    ) -> None:
        shifts.open_shift(office=office, now=at(MONDAY, 8))
        attempt(at(MONDAY, 7, 59), Outcome.PRINTED)
        attempt(at(MONDAY, 8), Outcome.PRINTED)
        attempt(at(MONDAY, 12), Outcome.SPOILED)
        attempt(at(MONDAY, 15, 59), Outcome.PRINTED)
        attempt(at(MONDAY, 16), Outcome.PRINTED)

        shifts.close_shift(office=office, now=at(MONDAY, 17))

        assert ShiftRun.objects.get().printed == 2


class TestPlanShiftCommand:
    def test_opens_now_for_so_many_hours(self, office: Office) -> None:
        with time_machine.travel(at(SATURDAY, 9), tick=False):
            said = run("--now", "2,5", "--kind", "weekend", "--note", "daftar lama")

        shift = ExtraShift.objects.get()
        assert (shift.starts_at, shift.ends_at) == (at(SATURDAY, 9), at(SATURDAY, 11, 30))
        assert shift.note == "daftar lama"
        assert "Sabtu, 2 Desember 2017 09.00 sampai Sabtu, 2 Desember 2017 11.30" in said

    def test_reads_times_in_the_offices_zone(self, office: Office) -> None:
        with time_machine.travel(at(FRIDAY_THE_HOLIDAY, 9), tick=False):
            run("--from", "2017-12-02T08:00", "--to", "2017-12-02T07:00Z")

        shift = ExtraShift.objects.get()
        assert shift.starts_at == at(SATURDAY, 8)
        assert shift.ends_at == datetime(2017, 12, 2, 7, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ([], "Tulis --now"),
            (["--now", "2", "--to", "2017-12-02T08:00"], "Tulis --now"),
            (["--from", "2017-12-02T08:00"], "Tulis --now"),
            (["--now", "dua"], "“dua” tidak dikenal"),
            (["--now", "nan"], "“nan” tidak dikenal"),
            (["--now", "1e9"], "“1e9” tidak dikenal"),
            (["--now", "17"], "paling lama 16 jam"),
            (["--from", "besok", "--to", "lusa"], "“besok” tidak dikenal"),
            (["--from", "2017-02-31T08:00", "--to", "2017-02-31T09:00"], "tidak dikenal"),
            (["--now", "2", "--office", "99.99"], "99.99"),
        ],
    )
    def test_answers_a_slip_with_a_sentence(self, office: Office, arguments: list[str], why: str) -> None:
        with pytest.raises(CommandError, match=why):
            run(*arguments)


def run(*arguments: str) -> str:
    """``manage.py plan_shift`` with these arguments; returns what it said."""
    said = StringIO()
    call_command("plan_shift", *arguments, stdout=said)
    return said.getvalue()


@pytest.fixture
def attempt(office: Office) -> Callable[[datetime, Outcome], None]:
    """An attempt that ended then and so; each on a print command of its own."""
    printer = Printer.objects.create(office=office, name="Kiri", address="memory")
    request = _request(office)

    def end(ended_at: datetime, outcome: Outcome) -> None:
        authorization = PrintAuthorization.objects.create(
            request=request, state=AuthorizationState.USED, state_since=ended_at, command_id=uuid4()
        )
        job = PrintJob.objects.create(
            authorization=authorization, state=JobState.PRINTED, state_since=ended_at
        )
        PrintAttempt.objects.create(
            job=job,
            n=1,
            printer=printer,
            name=str(job.pk),
            blank=str(job.pk),
            sent_at=ended_at,
            ended_at=ended_at,
            outcome=outcome,
        )

    return end


def _request(office: Office) -> CardRequest:
    then = at(FRIDAY_THE_HOLIDAY, 9)
    district = office.districts.create(code="21.02.03", name="Karimun")
    resident = Resident.with_sealed_nik(
        nik="2102030101900001",
        name="Orang Contoh",
        birth_place="Karimun",
        birth_date=date(1990, 1, 1),
        sex="L",
        address="Jalan Contoh",
        rt="1",
        rw="1",
        village="Contoh",
        district=district,
        religion="islam",
        marital_status="single",
        occupation="nelayan",
    )
    resident.save()
    recording = Recording.objects.create(
        resident=resident,
        office=office,
        district=district,
        recorded_at=then,
        received_at=then,
        source="desk",
        due_at=then,
        state_since=then,
    )
    return CardRequest.objects.create(
        receipt="contoh",
        office=office,
        resident=resident,
        recording=recording,
        recorded_at=then,
        created_at=then,
        due_at=then,
        state=RequestState.PRINTED,
        state_since=then,
    )
