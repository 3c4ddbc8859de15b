"""How is an extra shift planned or cancelled, and how does a shift open and close?

The hours alone decide whether the office prints (``printing.selectors.shifts``). Opening and closing
write down that it happened; both may be asked for any number of times, by any number of beats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django_celery_beat.models import ClockedSchedule, PeriodicTask

from printing.models import ExtraShift, PrintAttempt, Printer, ShiftRun
from printing.models.job import Outcome
from printing.models.shift import ShiftKind
from printing.selectors.shifts import kind_of, shifts_at
from registry.models import Office

LONGEST = timedelta(hours=16)  # two crews of a day; longer is a slip in the date
PREFIX = "extra: "  # names of the rows by which beat learns of extra shifts
# Clocks of two machines differ; a bell that rings before the worker's clock is there would find no shift.
MARGIN = timedelta(seconds=1)
OPEN_TASK = "printing.tasks.open_shift"
CLOSE_TASK = "printing.tasks.close_shift"
QUEUE = "office"


class ShiftRefused(Exception):
    """The shift cannot be planned or cancelled so; the text is an Indonesian sentence for a person."""


# --- Planning ---------------------------------------------------------------------------------


def check_plan(*, office: Office, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises ShiftRefused when an extra shift cannot have these hours."""
    if ends_at <= starts_at:
        raise ShiftRefused(_("Giliran harus selesai sesudah mulai."))
    if ends_at - starts_at > LONGEST:
        raise ShiftRefused(
            _("Giliran paling lama %(hours)d jam.") % {"hours": LONGEST.total_seconds() // 3600}
        )
    if ends_at <= now:
        raise ShiftRefused(_("Giliran itu sudah lewat."))
    other = ExtraShift.objects.filter(
        office=office, cancelled_at__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at
    ).first()
    if other is not None:
        raise ShiftRefused(
            _("Sudah ada giliran tambahan dari %(start)s sampai %(end)s.")
            % {"start": _moment(other.starts_at), "end": _moment(other.ends_at)}
        )


@transaction.atomic
def plan_shift(
    *,
    office: Office,
    starts_at: datetime,
    ends_at: datetime,
    kind: ShiftKind,
    note: str,
    actor: str,
    now: datetime,
    printers: Iterable[Printer] = (),
    people: Iterable[User] = (),
    replaces: ExtraShift | None = None,
) -> ExtraShift:
    """Plan extra hours, and leave word for the running beat. Raises ShiftRefused.

    ``printers``: those that print in these hours, none for all. ``people``: who is on duty.
    """
    # One planner at a time, so that two cannot plan the same hours.
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)
    check_plan(office=office, starts_at=starts_at, ends_at=ends_at, now=now)
    shift = ExtraShift.objects.create(
        office=office,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note,
        planned_by=actor,
        planned_at=now,
        replaces=replaces,
    )
    shift.printers.set(printers)
    shift.people.set(people)
    _ring_once(shift, "open", task=OPEN_TASK, at=starts_at)
    _ring_once(shift, "close", task=CLOSE_TASK, at=ends_at)
    return shift


@transaction.atomic
def plan_shifts(
    *,
    office: Office,
    spans: Iterable[tuple[datetime, datetime]],
    note: str,
    printers: Sequence[Printer],
    people: Sequence[User],
    actor: str,
    now: datetime,
) -> list[ExtraShift]:
    """Plan the same hours on several dates: all of them or none. Raises ShiftRefused with the date."""
    planned = []
    for starts_at, ends_at in spans:
        try:
            shift = plan_shift(
                office=office,
                starts_at=starts_at,
                ends_at=ends_at,
                kind=kind_of(starts_at=starts_at),
                note=note,
                actor=actor,
                now=now,
                printers=printers,
                people=people,
            )
        except ShiftRefused as refusal:
            raise ShiftRefused(f"{_day(starts_at)}: {refusal}") from refusal
        planned.append(shift)
    return planned


@transaction.atomic
def change_shift(
    *,
    shift: ExtraShift,
    starts_at: datetime,
    ends_at: datetime,
    note: str,
    printers: Sequence[Printer],
    people: Sequence[User],
    actor: str,
    now: datetime,
) -> ExtraShift:
    """Cancel a plan and make another in its place, so that both are kept. Raises ShiftRefused."""
    cancel_shift(shift=shift, actor=actor, now=now)
    return plan_shift(
        office=shift.office,
        starts_at=starts_at,
        ends_at=ends_at,
        kind=kind_of(starts_at=starts_at),
        note=note,
        actor=actor,
        now=now,
        printers=printers,
        people=people,
        replaces=shift,
    )


@transaction.atomic
def cancel_shift(*, shift: ExtraShift, actor: str, now: datetime) -> None:
    """Call an extra shift off; one that is open ends now. Raises ShiftRefused."""
    changed = ExtraShift.objects.filter(pk=shift.pk, cancelled_at__isnull=True, ends_at__gt=now).update(
        cancelled_at=now, cancelled_by=actor
    )
    if not changed:
        raise ShiftRefused(_("Giliran itu sudah dibatalkan atau sudah lewat."))
    shift.refresh_from_db()
    bells = [_bell(shift, verb) for verb in ("open", "close")]
    ClockedSchedule.objects.filter(periodictask__name__in=bells).delete()  # and the bells with them
    close_shift(office=shift.office, now=now)


# --- Running ----------------------------------------------------------------------------------


def open_shift(*, office: Office, now: datetime) -> list[ShiftRun]:
    """Write down every shift that runs now; returns those that nobody had written down yet."""
    opened = []
    for shift in shifts_at(office=office, now=now):
        run, created = ShiftRun.objects.get_or_create(
            office=office,
            business_date=shift.business_date,
            name=shift.name,
            defaults={"opened_at": now, "planned_end": shift.ends_at},
        )
        if created:
            opened.append(run)
    return opened


def close_shift(*, office: Office, now: datetime) -> list[ShiftRun]:
    """Write down every shift whose hours are over, and how many cards were printed in them.

    Whoever closes late writes the planned end: after it nothing was begun. The cards are those that
    came out within the hours; where two shifts overlap, a card counts for both.
    """
    running = {(shift.business_date, shift.name) for shift in shifts_at(office=office, now=now)}
    return [
        run
        for run in ShiftRun.objects.filter(office=office, closed_at__isnull=True)
        if (run.business_date, run.name) not in running and _close(run, at=min(now, run.planned_end))
    ]


def _close(run: ShiftRun, *, at: datetime) -> bool:
    """True when this call closed it, and not another."""
    run.closed_at, run.printed = at, _printed(run.office, since=run.opened_at, until=at)
    return bool(
        ShiftRun.objects.filter(pk=run.pk, closed_at__isnull=True).update(
            closed_at=run.closed_at, printed=run.printed
        )
    )


def _printed(office: Office, *, since: datetime, until: datetime) -> int:
    return PrintAttempt.objects.filter(
        printer__office=office, outcome=Outcome.PRINTED, ended_at__gte=since, ended_at__lt=until
    ).count()


# --- Word for beat ----------------------------------------------------------------------------


def _ring_once(shift: ExtraShift, verb: str, *, task: str, at: datetime) -> None:
    """A row of its own per bell: beat rings it once, at once when its time has passed."""
    clocked = ClockedSchedule.objects.create(clocked_time=at + MARGIN)
    PeriodicTask.objects.create(
        name=_bell(shift, verb), task=task, queue=QUEUE, clocked=clocked, one_off=True, description=shift.note
    )


def _bell(shift: ExtraShift, verb: str) -> str:
    return f"{PREFIX}{shift.pk} {verb}"


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "l, j F")


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y H.i")
