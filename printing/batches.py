"""What does one turn of a loop do? Claim a batch, make its calls, record the answers.

Every function returns True when it is worth another turn at once, and False when nothing is due or
when the centre, the throttle, the shift or the printer says: not now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from printing import presence
from printing.models import MatchRun, Printer, PrintJob
from printing.printers import open_printer
from printing.printers.base import PrinterUnavailable
from printing.selectors import work
from printing.selectors.shifts import office_prints, prints_now
from printing.services import authorizations, claims, match, outcomes, prints, visibility
from registry import crashpoints
from registry.central import errors
from registry.central.contract import QUERY_MAXIMUM
from registry.central.door import door, throttle
from registry.central.throttle import Lane
from registry.models import Office
from registry.services import visibility as recordings
from registry.states import RecordingState

ROWS = 64  # most rows of a batch: statements cost as much for one; more people would wait for a dead worker
RECORD_SECONDS = 1.0  # answers are recorded together, at most this long after the first of them

Claimed = TypeVar("Claimed")
Answer = TypeVar("Answer")


@dataclass
class Pace:
    """How fast one lane's calls are, as this process last saw it; slow calls make small batches.

    With calls of seconds every row is claimed for itself; with calls of milliseconds dozens share
    their transactions.
    """

    seconds: float = RECORD_SECONDS  # of the last call; a first guess that makes the first batch small

    @property
    def rows(self) -> int:
        """How many rows can be claimed, called and recorded within RECORD_SECONDS."""
        return max(1, min(ROWS, int(RECORD_SECONDS / max(self.seconds, 1e-4))))


_paces = {lane: Pace() for lane in ("authorize", "submit", "report")}


def _pauses() -> recordings.Pauses:
    return recordings.Pauses(
        first=settings.POLL_FIRST, longest=settings.POLL_LONGEST, claim=settings.CLAIM_LEASE
    )


def authorize(*, office: Office) -> bool:
    """Ask for print commands from the front of the line, while a shift is open."""
    now = timezone.now()
    if not office_prints(office=office, now=now) or not _may_call(Lane.AUTHORIZATION, office):
        return False
    rows, ahead = _paces["authorize"].rows, settings.READY_AHEAD
    wanted = work.commands_wanted(office=office, ready_ahead=ahead, now=now, batch=rows)
    limit = min(rows, wanted)
    crashpoints.here("authorize.claiming")
    with transaction.atomic():
        claimed = authorizations.claim(office=office, limit=limit, now=now, lease=settings.CLAIM_LEASE)
        _note(claims.Lane.AUTHORIZE, claimed, until=now + settings.CLAIM_LEASE)
    crashpoints.here("authorize.claimed", rows=claimed)
    central, held_back = door(office=office.code), False

    def record(answers: Sequence[authorizations.Answer]) -> None:
        nonlocal held_back
        crashpoints.here("authorize.answered")
        held_back |= authorizations.record(answers=answers, now=timezone.now()).held_back
        crashpoints.here("authorize.recorded")

    left = _call_each(
        claimed,
        call=lambda row: authorizations.ask(authorization=row, central=central),
        error=lambda answer: answer.error,
        record=record,
        pace=_paces["authorize"],
    )
    if left:
        authorizations.snooze(authorizations=left, why=errors.NoPermit.kind, now=timezone.now())
    return bool(claimed) and not held_back


def submit(*, office: Office) -> bool:
    """Deliver recordings that the centre has not got."""
    now, pauses = timezone.now(), _pauses()
    if not _may_call(Lane.VISIBILITY, office):
        return False
    limit = _paces["submit"].rows
    with transaction.atomic():
        claimed = recordings.claim(
            office=office, state=RecordingState.RECORDED, limit=limit, now=now, pauses=pauses
        )
        _note(claims.Lane.RECORDING, claimed, until=now + pauses.claim)
    crashpoints.here("submit.claimed", rows=claimed)
    central, held_back = door(office=office.code), False

    def record(answers: Sequence[tuple[recordings.Recording, recordings.Delivered]]) -> None:
        nonlocal held_back
        crashpoints.here("submit.answered")
        held_back |= any(isinstance(answer, errors.Later) for _row, answer in answers)
        visibility.record_submissions(delivered=answers, now=timezone.now(), pauses=pauses)
        crashpoints.here("submit.recorded")

    left = _call_each(
        claimed,
        call=lambda row: (row, recordings.submit(recording=row, central=central)),
        error=lambda answer: answer[1],
        record=record,
        pace=_paces["submit"],
    )
    recordings.give_back(recordings=left, now=timezone.now())
    return bool(claimed) and not held_back


def poll(*, office: Office) -> bool:
    """Ask in one call what the centre says of up to 500 recordings, the longest-waiting first."""
    now, pauses = timezone.now(), _pauses()
    if not _may_call(Lane.VISIBILITY, office):
        return False
    claimed: list[recordings.Recording] = []
    with transaction.atomic():
        for state in recordings.FOLLOWED:
            claimed += recordings.claim(
                office=office, state=state, limit=QUERY_MAXIMUM - len(claimed), now=now, pauses=pauses
            )
        _note(claims.Lane.RECORDING, claimed, until=now + pauses.claim)
    if not claimed:
        return False
    crashpoints.here("poll.claimed")
    try:
        answers = recordings.query(recordings=claimed, central=door(office=office.code))
    except errors.CentralError as error:
        pause = getattr(error, "retry_after", None) or pauses.first.total_seconds()
        recordings.give_back(recordings=claimed, now=timezone.now() + timedelta(seconds=pause))
        return False
    crashpoints.here("poll.answered")
    visibility.record_answers(recordings=claimed, answers=answers, now=timezone.now(), pauses=pauses)
    crashpoints.here("poll.recorded")
    return len(claimed) == QUERY_MAXIMUM


def report(*, office: Office) -> bool:
    """Tell the centre what became of every blank, in and outside of shifts."""
    if not _may_call(Lane.REPORT, office):
        return False
    now, limit = timezone.now(), _paces["report"].rows
    crashpoints.here("report.claiming")
    with transaction.atomic():
        claimed = outcomes.claim(office=office, limit=limit, now=now, lease=settings.CLAIM_LEASE)
        _note(claims.Lane.REPORT, claimed, until=now + settings.CLAIM_LEASE)
    crashpoints.here("report.claimed", rows=claimed)
    central, held_back = door(office=office.code), False

    def record(told: Sequence[outcomes.Told]) -> None:
        nonlocal held_back
        crashpoints.here("report.told")
        held_back |= any(isinstance(one.error, errors.Later) for one in told)
        outcomes.record(told=told, now=timezone.now())
        crashpoints.here("report.recorded")

    left = _call_each(
        claimed,
        call=lambda row: outcomes.tell(attempt=row, central=central),
        error=lambda told: told.error,
        record=record,
        pace=_paces["report"],
    )
    outcomes.give_back(attempts=left, now=timezone.now())
    return bool(claimed) and not held_back


def match_centre(*, office: Office) -> MatchRun:
    """Compare our rows, the centre's books and the ledger, now."""
    heard = match.collect(office=office, central=door(office=office.code), now=timezone.now())
    return match.compare(office=office, heard=heard, now=timezone.now())


def print_on(*, printer_id: int) -> bool:
    """Make as many cards as the printer has room for, while a shift is open that it takes part in."""
    now = timezone.now()
    printer = Printer.objects.select_related("office").get(pk=printer_id)
    if not prints_now(printer=printer, now=now):
        return False
    try:
        device = open_printer(driver=printer.driver, address=printer.address)
    except PrinterUnavailable:
        check(printer=printer)
        return False
    crashpoints.here("print.claiming")
    with transaction.atomic():
        jobs = prints.claim(printer=printer, now=now, lease=settings.CLAIM_LEASE, limit=ROWS)
        _note(claims.Lane.PRINT, jobs, until=now + settings.CLAIM_LEASE)
    if not jobs:
        return False
    crashpoints.here("print.claimed")
    documents = prints.draw(jobs=jobs, today=timezone.localdate(now))
    crashpoints.here("print.drawn")
    lease = settings.PRINT_LEASE * len(jobs)  # a printer makes them one after the other
    now = timezone.now()
    with transaction.atomic():
        begun = prints.begin(printer=printer, jobs=jobs, documents=documents, now=now, lease=lease)
        _note(claims.Lane.SENDING, [one.job for one in begun], until=now + lease)
    crashpoints.here("print.begun")
    results = [prints.send(begun=one, printer=device) for one in begun]
    prints.settle(
        printer=printer, results=results, now=timezone.now(), check_required=settings.CHECK_REQUIRED
    )
    crashpoints.here("print.settled")
    if any(result.withdrawn for result in results):
        check(printer=printer)
        return False
    return bool(begun)


def check(*, printer: Printer) -> None:
    """Ask one printer how it is, and hold or free it accordingly."""
    try:
        condition = open_printer(driver=printer.driver, address=printer.address).condition()
    except PrinterUnavailable:
        condition = None
    printer.refresh_from_db()
    prints.note_condition(printer=printer, condition=condition, now=timezone.now())


def stale_sending(*, office: Office) -> list[PrintJob]:
    """Jobs to ask their printers about; the next sweep asks instead of a worker that dies meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        jobs = prints.stale_sending(office=office, now=now)
        _note(claims.Lane.SENDING, jobs, until=now + prints.SENDING_LOOK)
    return jobs


def look_again(*, job: PrintJob) -> None:
    """Ask its printer about a job that was sent and never settled."""
    assert job.printer is not None
    try:
        device = open_printer(driver=job.printer.driver, address=job.printer.address)
    except PrinterUnavailable:
        return  # a printer whose address is wrong is mended by a person, and then asked
    prints.look_again(job=job, printer=device, now=timezone.now(), check_required=settings.CHECK_REQUIRED)


def _note(lane: claims.Lane, rows: Sequence[Any], *, until: datetime) -> None:
    """Who holds these rows, lest they lie until the lease is over when this process dies."""
    claims.note(lane=lane, rows=rows, until=until, holder=presence.holder())


def _may_call(lane: Lane, office: Office) -> bool:
    """Whether a first call could begin now; the door waits for the permits of the others."""
    return throttle().room(lane=lane, office=office.code) > 0


def _call_each(
    claimed: Sequence[Claimed],
    *,
    call: Callable[[Claimed], Answer],
    error: Callable[[Answer], object],
    record: Callable[[list[Answer]], None],
    pace: Pace,
) -> Sequence[Claimed]:
    """Call for one row after the other, recording as RECORD_SECONDS pass; returns the rows not called.

    The row that got no permit is recorded too: its service knows what that means.
    """
    answers: list[Answer] = []
    first = 0.0
    for place, row in enumerate(claimed):
        began = time.monotonic()
        answer = call(row)
        ended = time.monotonic()
        first = first if answers else ended
        answers.append(answer)
        if isinstance(error(answer), errors.NoPermit):
            record(answers)
            return claimed[place + 1 :]
        pace.seconds = ended - began
        if ended - first >= RECORD_SECONDS:
            record(answers)
            answers = []
    if answers:
        record(answers)
    return []
