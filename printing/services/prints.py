"""How does a print command become a card, with every blank accounted for?

Four steps. *claim* takes queued jobs for one printer; *begin* reserves a blank for each and writes
"sending" just before the wire; *send* talks to the printer; *settle* writes down what came out and
moves the blanks. A worker may die anywhere: a stale claim goes back to the queue by time, a stale
"sending" never does: *look_again* asks the printer, and if the printer does not know, a person does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from printing.card import CardFace, draw_card
from printing.models import CardRequest, PrintAttempt, PrintAuthorization, Printer, PrintJob
from printing.models.job import Outcome
from printing.printers import base
from printing.selectors.work import EXPIRY_MARGIN
from printing.states import AuthorizationState, HoldReason, JobState, RequestState
from registry import crashpoints
from registry.models import Office, Resident
from registry.services import blanks
from registry.states import Place
from registry.vault import VaultError

ACTOR = "system:printing"
ATTEMPTS = 3  # blanks a job may spoil before a clerk decides; a fourth failure is never bad luck
# How soon a job that the printer has not finished is looked at again: after a minute, where a card has 150 s.
SENDING_LOOK = settings.PRINT_LEASE * 0.4
DOUBT_AFTER = timedelta(minutes=30)  # an unreachable printer is asked this long before a person is

J, S, A = JobState, RequestState, AuthorizationState


@dataclass(frozen=True, slots=True)
class Begun:
    """One job on its way to the printer: its attempt and the sheet to send."""

    job: PrintJob
    attempt: PrintAttempt
    sheet: base.Sheet


@dataclass(frozen=True, slots=True)
class Result:
    """What the printer said of one attempt. ``withdrawn``: surely nothing was sent."""

    begun_job: PrintJob
    attempt: PrintAttempt
    state: base.PrintState
    detail: str = ""
    withdrawn: bool = False


# --- Claim ------------------------------------------------------------------------------------


def claim(*, printer: Printer, limit: int, now: datetime, lease: timedelta) -> list[PrintJob]:
    """Take queued jobs, at most ``limit`` and no more than the printer has room, ribbon and film for.

    The printer's row is locked, so two workers never give it more than its depth together.
    Jobs come with ``authorization.request.resident`` loaded.
    """
    with transaction.atomic():
        printer = Printer.objects.select_for_update().get(pk=printer.pk)
        busy = PrintJob.objects.filter(printer=printer, state__in=[J.CLAIMED, J.SENDING]).count()
        room = min(limit, printer.depth - busy, printer.ribbon_left - busy, printer.film_left - busy)
        if not printer.enabled or printer.hold_reason or room <= 0:
            return []
        jobs = list(
            _loaded()
            .filter(
                state=J.QUEUED,
                authorization__state=A.GRANTED,
                authorization__expires_at__gt=now + EXPIRY_MARGIN,
                authorization__request__state=S.READY_TO_PRINT,
                authorization__request__office_id=printer.office_id,
            )
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self", "authorization__request"))[:room]
        )
        PrintJob.move_all(jobs, to=J.CLAIMED, at=now, actor=ACTOR, printer=printer, claimed_until=now + lease)
        CardRequest.move_all(_requests(jobs), to=S.PRINTING, at=now, actor=ACTOR)
    return jobs


def _loaded() -> Any:
    return PrintJob.objects.select_related(
        "authorization__request__resident__district__office", "authorization__request__office", "printer"
    )


def _requests(jobs: Iterable[PrintJob]) -> list[CardRequest]:
    return [job.authorization.request for job in jobs]


def face_of(resident: Resident, *, issued_on: date) -> CardFace:
    """What is drawn on the card of this resident."""
    office = resident.district.office
    return CardFace(
        nik=resident.nik,
        name=resident.name,
        birth_place=resident.birth_place,
        birth_date=resident.birth_date,
        sex=resident.get_sex_display(),
        blood_type=resident.blood_type,
        address=resident.address,
        rt=resident.rt,
        rw=resident.rw,
        village=resident.village,
        district=resident.district.name,
        religion=resident.get_religion_display(),
        marital_status=resident.get_marital_status_display(),
        occupation=resident.occupation,
        citizenship=resident.citizenship,
        province=office.province,
        regency=office.name,
        issued_on=issued_on,
    )


def draw(*, jobs: Sequence[PrintJob], today: date) -> dict[int, bytes]:
    """The documents of these jobs by job id; a job whose card cannot be drawn is left out."""
    documents = {}
    for job in jobs:
        try:
            documents[job.pk] = draw_card(face=face_of(job.authorization.request.resident, issued_on=today))
        except (ValueError, KeyError, VaultError):  # what no card can show: a clerk must see the person
            continue
    return documents


# --- Begin ------------------------------------------------------------------------------------


def begin(
    *,
    printer: Printer,
    jobs: Sequence[PrintJob],
    documents: dict[int, bytes],
    now: datetime,
    lease: timedelta,
) -> list[Begun]:
    """Reserve a blank for each job and write "sending". What cannot begin goes back.

    Without enough blanks as many begin as there are; the rest return to the queue.
    """
    with transaction.atomic():
        mine = _still(jobs, state=J.CLAIMED)
        _undrawable([job for job in mine if job.pk not in documents], now=now)
        able = [job for job in mine if job.pk in documents]
        names = [f"ektp-{job.pk}-{job.attempts + 1}-{uuid4().hex[:12]}" for job in able]
        movements = _reserve(printer.office, names, now=now)
        _give_back(able[len(movements) :], why=HoldReason.NO_BLANK, now=now)
        begun = able[: len(movements)]
        attempts = PrintAttempt.objects.bulk_create(
            PrintAttempt(
                job=job,
                n=job.attempts + 1,
                printer=printer,
                name=name,
                blank=blanks.blank_number(movement),
                sent_at=now,
            )
            for job, name, movement in zip(begun, names, movements, strict=False)
        )
        PrintJob.move_all(
            begun,
            to=J.SENDING,
            at=now,
            actor=ACTOR,
            attempts=F("attempts") + 1,
            claimed_until=now + lease,
        )
        crashpoints.here("print.reserved", rows=begun)
    return [
        Begun(job, attempt, base.Sheet(name=attempt.name, document=documents[job.pk]))
        for job, attempt in zip(begun, attempts, strict=True)
    ]


def _reserve(office: Office, names: Sequence[str], *, now: datetime) -> list[Any]:
    """Reserve one blank per name, or as many as the store has."""
    try:
        return blanks.reserve(
            office=office, references=[_reserved(name) for name in names], now=now, actor=ACTOR
        )
    except blanks.NotEnoughBlanks as short:
        if not short.there:
            return []
        return _reserve(office, names[: short.there], now=now)


def _reserved(name: str) -> str:
    return f"{name}:reserved"


def _still(jobs: Sequence[PrintJob], *, state: JobState) -> list[PrintJob]:
    """Those of these jobs whose claim nobody has taken over, locked, in their order; no person is loaded."""
    claims = {job.pk: job.claimed_until for job in jobs}
    rows = (
        PrintJob.objects.select_related("authorization__request")
        .filter(pk__in=claims, state=state)
        .order_by("id")
        .select_for_update(of=("self", "authorization__request"))
    )
    return [row for row in rows if row.claimed_until == claims[row.pk]]


def _give_back(jobs: Sequence[PrintJob], *, why: str, now: datetime) -> None:
    """Claimed jobs return to the queue; nothing was reserved for them."""
    PrintJob.move_all(jobs, to=J.QUEUED, at=now, actor=ACTOR, why=why, printer=None, claimed_until=None)
    CardRequest.move_all(
        [request for request in _requests(jobs) if request.state == S.PRINTING],
        to=S.READY_TO_PRINT,
        at=now,
        actor=ACTOR,
        why=why,
    )


def _undrawable(jobs: Sequence[PrintJob], *, now: datetime) -> None:
    note = _("Kartu tidak dapat digambar dari data ini; periksa biodata.")
    PrintJob.move_all(jobs, to=J.DISCARDED, at=now, actor=ACTOR, why="undrawable", claimed_until=None)
    CardRequest.move_all(
        _requests(jobs),
        to=S.HELD,
        at=now,
        actor=ACTOR,
        why="undrawable",
        hold_reason=HoldReason.DATA_QUERY,
        hold_note=note,
    )


# --- Send -------------------------------------------------------------------------------------


def send(*, begun: Begun, printer: base.Printer) -> Result:
    """Give one sheet to the printer and hear how it ended. Touches no database.

    After a doubt the printer is asked once by name; PENDING and UNKNOWN mean: look again later.
    """
    try:
        said = printer.send(begun.sheet)
    except base.PrinterUnavailable as error:
        return Result(begun.job, begun.attempt, base.PrintState.UNKNOWN, str(error), withdrawn=True)
    except base.PrintDoubt as doubt:
        said = _find(printer, begun.sheet.name, str(doubt))
    crashpoints.here("print.sent")
    return Result(begun.job, begun.attempt, said.state, said.detail)


def _find(printer: base.Printer, name: str, detail: str) -> base.PrintResult:
    try:
        return printer.find(name)
    except base.PrinterUnavailable:
        return base.PrintResult(base.PrintState.PENDING, detail=detail)


# --- Settle -----------------------------------------------------------------------------------


def settle(*, printer: Printer, results: Sequence[Result], now: datetime, check_required: bool) -> None:
    """Write down what came out, move the blanks, and let the requests follow. One transaction.

    A result whose job has meanwhile been settled by somebody else is passed over.
    """
    with transaction.atomic():
        mine = {job.pk: job for job in _still([result.begun_job for result in results], state=J.SENDING)}
        kept = [
            Result(mine[result.begun_job.pk], result.attempt, result.state, result.detail, result.withdrawn)
            for result in results
            if result.begun_job.pk in mine
        ]
        withdrawn = [result for result in kept if result.withdrawn]
        rest = [result for result in kept if not result.withdrawn]
        by_state: dict[base.PrintState, list[Result]] = {}
        for result in rest:
            by_state.setdefault(result.state, []).append(result)
        _withdraw(printer.office, withdrawn, now=now)
        _look_later(by_state.get(base.PrintState.PENDING, []), now=now)
        _doubt(by_state.get(base.PrintState.UNKNOWN, []), now=now)
        _failed(printer.office, by_state.get(base.PrintState.FAILED, []), now=now)
        _printed(
            printer.office, by_state.get(base.PrintState.DONE, []), now=now, check_required=check_required
        )
        used = len(by_state.get(base.PrintState.DONE, [])) + len(by_state.get(base.PrintState.FAILED, []))
        if used:
            Printer.objects.filter(pk=printer.pk).update(
                ribbon_left=F("ribbon_left") - used, film_left=F("film_left") - used
            )
        crashpoints.here("print.settling")


def _jobs(results: Iterable[Result]) -> list[PrintJob]:
    return [result.begun_job for result in results]


def _withdraw(office: Office, results: Sequence[Result], *, now: datetime) -> None:
    """Surely nothing was sent: blanks return, the attempts never were, their numbers are free again."""
    if not results:
        return
    blanks.settle_all(
        office=office,
        references=[_reserved(result.attempt.name) for result in results],
        to=Place.STORE,
        why="not-sent",
        now=now,
        actor=ACTOR,
    )
    PrintAttempt.objects.filter(pk__in=[result.attempt.pk for result in results]).delete()
    jobs = _jobs(results)
    PrintJob.objects.filter(pk__in=[job.pk for job in jobs]).update(attempts=F("attempts") - 1)
    _give_back(jobs, why=results[0].detail or HoldReason.PRINTER_DOWN, now=now)


def _look_later(results: Sequence[Result], *, now: datetime) -> None:
    PrintJob.objects.filter(pk__in=[job.pk for job in _jobs(results)]).update(
        claimed_until=now + SENDING_LOOK
    )


def _doubt(results: Sequence[Result], *, now: datetime) -> None:
    """Nobody knows whether a card came out: a person looks at the tray."""
    PrintJob.move_all(_jobs(results), to=J.IN_DOUBT, at=now, actor=ACTOR, why="printer-does-not-know")


def _end_attempts(results: Sequence[Result], *, outcome: Outcome, reason: str, now: datetime) -> None:
    PrintAttempt.objects.filter(pk__in=[result.attempt.pk for result in results]).update(
        outcome=outcome, ended_at=now, reason=reason, report_due_at=now
    )


def _printed(office: Office, results: Sequence[Result], *, now: datetime, check_required: bool) -> None:
    if not results:
        return
    jobs = _jobs(results)
    _end_attempts(results, outcome=Outcome.PRINTED, reason="", now=now)
    if check_required:  # the centre hears of a card only when a person has found it good
        PrintAttempt.objects.filter(pk__in=[r.attempt.pk for r in results]).update(report_due_at=None)
    PrintJob.move_all(jobs, to=J.PRINTED, at=now, actor=ACTOR, claimed_until=None)
    PrintAuthorization.move_all([job.authorization for job in jobs], to=A.USED, at=now, actor=ACTOR)
    requests = CardRequest.move_all(_requests(jobs), to=S.PRINTED, at=now, actor=ACTOR)
    if not check_required:
        CardRequest.move_all(requests, to=S.READY_FOR_PICKUP, at=now, actor=ACTOR)
    blanks.settle_all(
        office=office,
        references=[_reserved(result.attempt.name) for result in results],
        to=Place.PRINTED,
        why="",
        now=now,
        actor=ACTOR,
    )


def _failed(office: Office, results: Sequence[Result], *, now: datetime) -> None:
    """The printer says that no good card came out: the blank is spoiled, the job tries again."""
    for result in results:
        reason = result.detail[:200] or "printer-failed"
        _end_attempts([result], outcome=Outcome.SPOILED, reason=reason, now=now)
        spend_attempt(job=result.begun_job, why=reason, actor=ACTOR, now=now)
    if results:
        blanks.settle_all(
            office=office,
            references=[_reserved(result.attempt.name) for result in results],
            to=Place.SPOILED,
            why="printer-failed",
            now=now,
            actor=ACTOR,
        )


def spend_attempt(*, job: PrintJob, why: str, actor: str, now: datetime) -> None:
    """A failed attempt: once more while attempts are left, else a clerk decides."""
    request = job.authorization.request
    if job.attempts < ATTEMPTS:
        job.move(to=J.QUEUED, at=now, actor=actor, why=why, printer=None, claimed_until=None)
        request.move(to=S.READY_TO_PRINT, at=now, actor=actor, why=why)
        return
    job.move(to=J.DISCARDED, at=now, actor=actor, why=f"attempts-spent: {why}", claimed_until=None)
    request.move(
        to=S.HELD,
        at=now,
        actor=actor,
        why=why,
        hold_reason=HoldReason.POLICY,
        hold_note=_("Percobaan cetak habis; petugas memutuskan."),
    )


# --- Sweep ------------------------------------------------------------------------------------


def rescue(*, office: Office, now: datetime, limit: int = 500) -> int:
    """Claims whose worker has gone before the wire return to the queue. Returns how many."""
    return _rescue(Q(claimed_until__lt=now, authorization__request__office=office), now=now, limit=limit)


def rescue_these(*, ids: Sequence[str], until: datetime, now: datetime) -> int:
    """A claim whose holder is known to be gone before the wire, where it still stands. Returns how many."""
    return _rescue(Q(pk__in=ids, claimed_until=until), now=now, limit=len(ids))


def _rescue(which: Q, *, now: datetime, limit: int) -> int:
    with transaction.atomic():
        stale = list(
            _loaded()
            .filter(which, state=J.CLAIMED)
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self", "authorization__request"))[:limit]
        )
        _give_back(stale, why="rescued", now=now)
        crashpoints.here("rescue.writing", rows=stale)
    return len(stale)


def stale_sending(*, office: Office, now: datetime, limit: int = 100) -> list[PrintJob]:
    """Jobs that were sent and never settled, with their printers. Their claim is prolonged meanwhile."""
    with transaction.atomic():
        jobs = list(
            _loaded()
            .filter(state=J.SENDING, claimed_until__lt=now, authorization__request__office=office)
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))[:limit]
        )
        PrintJob.objects.filter(pk__in=[job.pk for job in jobs]).update(claimed_until=now + SENDING_LOOK)
        for job in jobs:
            job.claimed_until = now + SENDING_LOOK
    return jobs


def look_again(
    *, job: PrintJob, printer: base.Printer, now: datetime, check_required: bool
) -> base.PrintState:
    """Ask the printer what became of a job that was sent.

    A job it does not know is withdrawn where the printer can promise that no card will come of it;
    otherwise it is in doubt.
    A printer that cannot be reached is asked again, for DOUBT_AFTER at most.
    """
    attempt = job.tries.get(n=job.attempts)
    withdrawn = False
    crashpoints.here("doubt.looking")
    try:
        said = printer.find(attempt.name)
        if said.state is base.PrintState.UNKNOWN:
            withdrawn = printer.withdraw(attempt.name)
    except base.PrinterUnavailable:
        patient = now - attempt.sent_at < DOUBT_AFTER
        said = base.PrintResult(base.PrintState.PENDING if patient else base.PrintState.UNKNOWN)
    crashpoints.here("doubt.asked")
    assert job.printer is not None
    settle(
        printer=job.printer,
        results=[Result(job, attempt, said.state, said.detail, withdrawn)],
        now=now,
        check_required=check_required,
    )
    return said.state


# --- The printers themselves ------------------------------------------------------------------


def note_condition(*, printer: Printer, condition: base.Condition | None, now: datetime) -> None:
    """Write down how a printer is. ``None``: it could not be reached."""
    hold = condition.hold_reason if condition else HoldReason.PRINTER_DOWN
    if not hold and (printer.ribbon_left <= 0 or printer.film_left <= 0):
        hold = HoldReason.NO_RIBBON
    said = ", ".join(condition.reasons) if condition else _("tidak terjangkau")
    Printer.objects.filter(pk=printer.pk).update(hold_reason=hold, condition=said[:200], condition_at=now)


def usable_printers(*, office: Office) -> list[Printer]:
    """Printers that may be given a job now."""
    return list(
        Printer.objects.filter(
            office=office, enabled=True, hold_reason="", ribbon_left__gt=0, film_left__gt=0
        )
    )


def replace_supplies(*, printer: Printer, ribbon: bool, film: bool) -> None:
    """A fresh ribbon, a fresh film, or both were put in."""
    facts: dict[str, Any] = {}
    if ribbon:
        facts["ribbon_left"] = F("ribbon_cards")
    if film:
        facts["film_left"] = F("film_cards")
    if facts:
        Printer.objects.filter(pk=printer.pk).update(
            **facts,
            hold_reason="",
        )
