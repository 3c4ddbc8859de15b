"""When a bell rings, who does what? Every task is a doorbell: the rows say what there is to do.

A *loop* takes batches from the database until nothing is left, somebody says "not now", or its time
is up; then it ends, ringing once more if there is still work. A *pump*, run by beat, rings as many
loops as are missing. Tasks carry no data but the number of a printer, so nothing personal ever
travels through the broker.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import Any

from celery import current_task, shared_task
from celery.worker import state as worker
from django.conf import settings
from django.utils import timezone
from redis import RedisError

from printing import batches, presence
from printing.bells import Bells
from printing.models import BulkJob, ImportBatch, Printer
from printing.selectors import work
from printing.selectors.shifts import office_prints
from printing.services import (
    applications,
    authorizations,
    bulk,
    claims,
    heartbeats,
    imports,
    match,
    mornings,
    prints,
    retention,
    shifts,
)
from registry.central.door import redis_client, throttle
from registry.central.throttle import Lane
from registry.models import Office
from registry.services import seals
from registry.services import visibility as recordings
from registry.states import RecordingState

LOOP_SECONDS = 20.0  # then a loop gives its thread to others; short enough for a warm shutdown
BELL_EXPIRES = 30.0  # seconds; a bell that nobody heard is useless once beat has rung again
# Most loops of each lane: together they leave an eighth of the threads free for polls and for loops
# that are about to end.
AUTHORIZE_LOOPS = max(1, settings.CENTRAL_CONCURRENCY // 2)
REPORT_LOOPS = max(1, settings.CENTRAL_CONCURRENCY // 4)
SUBMIT_LOOPS = max(1, settings.CENTRAL_CONCURRENCY // 8)
SOON = 2.0  # seconds within which the calls that are due should have begun
REPORTS_SEEN = 500  # reports counted as due; more of them need no more loops
PRINTER_LOOPS = 2  # for a printer that takes many jobs: one draws while the other prints


# --- Loops ------------------------------------------------------------------------------------


@shared_task(queue="central", expires=BELL_EXPIRES)
def authorize() -> None:
    """Ask for print commands from the front of the line."""
    _loop("authorize", lambda: batches.authorize(office=_office()), again=authorize.delay)


@shared_task(queue="central", expires=BELL_EXPIRES)
def submit_recordings() -> None:
    """Deliver recordings that the centre has not got."""
    _loop("submit", lambda: batches.submit(office=_office()), again=submit_recordings.delay)


@shared_task(queue="central", expires=BELL_EXPIRES)
def poll_recordings() -> None:
    """Ask in bulk what the centre says of recordings."""
    _loop("poll", lambda: batches.poll(office=_office()), again=poll_recordings.delay)


@shared_task(queue="central", expires=BELL_EXPIRES)
def report_attempts() -> None:
    """Tell the centre what became of every blank."""
    _loop("report", lambda: batches.report(office=_office()), again=report_attempts.delay)


@shared_task(queue="printing", expires=BELL_EXPIRES)
def print_cards(printer_id: int) -> None:
    """Make cards on one printer."""
    _loop(
        _lane(printer_id),
        lambda: batches.print_on(printer_id=printer_id),
        again=lambda: print_cards.delay(printer_id),
    )


# --- Pumps ------------------------------------------------------------------------------------


@shared_task(queue="office", expires=BELL_EXPIRES)
def pump_visibility() -> None:
    """Ring for recordings that are due."""
    office, now = _office(), timezone.now()
    room = throttle().room(lane=Lane.VISIBILITY, office=office.code)
    if room < 1:
        return
    most = batches.ROWS * SUBMIT_LOOPS
    count = {
        state: recordings.due_count(office=office, state=state, now=now, at_most=most)
        for state in (RecordingState.RECORDED, *recordings.FOLLOWED)
    }
    _ring(submit_recordings, "submit", loops=min(ceil(count[RecordingState.RECORDED] / batches.ROWS), room))
    _ring(poll_recordings, "poll", loops=min(1, sum(count[state] for state in recordings.FOLLOWED)))


@shared_task(queue="office", expires=BELL_EXPIRES)
def pump_authorizations() -> None:
    """Ring for print commands: as many loops as the centre has room for, none that cannot be printed."""
    office, now = _office(), timezone.now()
    if not office_prints(office=office, now=now):
        return
    wanted = work.commands_wanted(office=office, ready_ahead=settings.READY_AHEAD, now=now)
    due = work.askable(office=office, now=now, at_most=wanted)
    _ring(authorize, "authorize", loops=_loops("authorize", calls=due, most=AUTHORIZE_LOOPS))


@shared_task(queue="office", expires=BELL_EXPIRES)
def pump_reports() -> None:
    """Ring for outcomes that the centre has not heard."""
    office, now = _office(), timezone.now()
    due = work.reportable(office=office, now=now, at_most=REPORTS_SEEN)
    _ring(report_attempts, "report", loops=_loops("report", calls=due, most=REPORT_LOOPS))


@shared_task(queue="office", expires=BELL_EXPIRES)
def pump_printing() -> None:
    """Ring for every printer that may take a card."""
    office, now = _office(), timezone.now()
    if not office_prints(office=office, now=now):
        return
    if not work.printable(office=office, now=now, at_most=1):
        return
    for printer in prints.usable_printers(office=office):
        _ring(print_cards, _lane(printer.pk), printer.pk, loops=min(printer.depth, PRINTER_LOOPS))


# --- Sweeps -----------------------------------------------------------------------------------


@shared_task(queue="office", expires=BELL_EXPIRES)
def sweep_claims() -> None:
    """Give back what dead workers held: at once where their death is certain, else when the lease is over."""
    office, now = _office(), timezone.now()
    gone = claims.take_back(now=now)
    with suppress(RedisError):  # the signatures end by themselves
        for holder in gone:
            bells().sign_out(holder)
            throttle().forget_process(holder)
    authorizations.rescue(office=office, now=now)
    prints.rescue(office=office, now=now)


@shared_task(queue="printing", expires=BELL_EXPIRES)
def sweep_sending() -> None:
    """Ask the printers about what was sent and never settled."""
    for job in batches.stale_sending(office=_office()):
        batches.look_again(job=job)


@shared_task(queue="office", expires=BELL_EXPIRES)
def expire_commands() -> None:
    """Close print commands whose time ran out."""
    authorizations.expire(office=_office(), now=timezone.now())


@shared_task(queue="printing", expires=BELL_EXPIRES)
def check_printers() -> None:
    """Ask every printer how it is."""
    for printer in Printer.objects.filter(office=_office(), enabled=True):
        batches.check(printer=printer)


# --- Wishes from the kiosks -------------------------------------------------------------------------


@shared_task(queue="office", expires=BELL_EXPIRES)
def judge_applications() -> None:
    """Turn wishes into requests, or refuse them."""
    started = time.monotonic()
    while applications.judge(now=timezone.now()) and time.monotonic() - started < LOOP_SECONDS:
        pass


# --- Lists of people --------------------------------------------------------------------------


@shared_task(queue="office")
def run_import(batch_id: int) -> None:
    """Take a confirmed list in; after LOOP_SECONDS somebody else goes on."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if not imports.run(batch=batch, until=timezone.now() + timedelta(seconds=LOOP_SECONDS)):
        run_import.delay(batch_id)


@shared_task(queue="office", expires=BELL_EXPIRES)
def resume_imports() -> None:
    """Ring for confirmed lists that nobody works on."""
    for batch in imports.stale(office=_office(), now=timezone.now()):
        run_import.delay(batch.pk)


@shared_task(queue="office", expires=BELL_EXPIRES)
def forget_lists() -> None:
    """Delete uploaded lists that nobody needs any more."""
    retention.forget_lists(now=timezone.now(), keep=settings.IMPORT_KEPT)


# --- One deed for many rows ---------------------------------------------------------------------


@shared_task(queue="office")
def run_bulk(job_id: int) -> None:
    """Go on with a bulk job; after LOOP_SECONDS somebody else does."""
    job = BulkJob.objects.get(pk=job_id)
    if not bulk.run(job=job, until=timezone.now() + timedelta(seconds=LOOP_SECONDS)):
        run_bulk.delay(job_id)


@shared_task(queue="office", expires=BELL_EXPIRES)
def resume_bulk() -> None:
    """Ring for bulk jobs that nobody works on."""
    for job in bulk.stale(office=_office(), now=timezone.now()):
        run_bulk.delay(job.pk)


# --- Shifts, seals, signs of life ----------------------------------------------------------------


@shared_task(queue="office", expires=BELL_EXPIRES)
def open_shift() -> None:
    """Write down that a shift runs."""
    shifts.open_shift(office=_office(), now=timezone.now())


@shared_task(queue="office", expires=BELL_EXPIRES)
def close_shift() -> None:
    """Write down that a shift is over, and what it printed."""
    shifts.close_shift(office=_office(), now=timezone.now())


@shared_task(queue="office", expires=BELL_EXPIRES)
def count_morning() -> None:
    """Count the line at the beginning of a day, so that the desk can say what the day changed."""
    mornings.count_morning(office=_office(), now=timezone.now())


@shared_task(queue="office", expires=BELL_EXPIRES)
def seal_ledger() -> None:
    """Seal the movements of blanks so far; a ledger that is busy is sealed at the next bell."""
    with suppress(seals.LedgerBusy):
        seals.seal(now=timezone.now())


@shared_task(expires=BELL_EXPIRES)
def heartbeat(group: str) -> None:
    """Sign for the worker group whose queue this bell came through."""
    heartbeats.beat_of(name=group, host=socket.gethostname(), now=timezone.now())


@shared_task(queue="office")
def noop() -> None:
    """Nothing: what a bare message costs, for the benchmarks."""


@shared_task(queue="central", expires=BELL_EXPIRES)
def match_centre() -> None:
    """Compare the three books, from time to time in the evening; hourly until the centre has answered."""
    if match.is_due(office=_office(), now=timezone.now()):
        batches.match_centre(office=_office())


@shared_task(queue="central", expires=BELL_EXPIRES)
def match_centre_now() -> None:
    """Compare the three books because somebody asks."""
    batches.match_centre(office=_office())


# --- How bells are rung -----------------------------------------------------------------------


def bells() -> Bells:
    """Who is at work, as all machines see it."""
    return Bells(redis_client())


def _office() -> Office:
    return Office.objects.get(code=settings.OFFICE_CODE)


def _lane(printer_id: int) -> str:
    return f"print:{printer_id}"


def _loops(lane: str, *, calls: int, most: int) -> int:
    """How many loops make so many calls within SOON: one for a centre that answers at once.

    More would stand in each other's way, and none begins for which the throttle has no room.
    """
    seen = throttle().snapshot()
    enough = ceil(calls * seen.latency / SOON) if seen.latency else calls
    return min(max(1, enough), calls, bells().at_work(lane) + seen.room, most)


def _ring(task: Any, lane: str, *args: int, loops: int) -> None:
    """Ring until ``loops`` loops of this lane are at work."""
    missing = loops - bells().at_work(lane)
    if missing > 0 and bells().is_heard(task.queue):
        for _bell in range(missing):
            task.delay(*args)


def _loop(lane: str, batch: Callable[[], bool], *, again: Callable[[], Any]) -> None:
    """Run batches until one says stop; when the time is up instead, ring for a successor."""
    started = time.monotonic()
    with bells().loop(lane, worker=presence.holder() or current_task.request.hostname) as loop:
        while batch():
            if worker.should_stop is not None:
                return  # a warm shutdown waits for us; the rows stay, and beat rings where workers live
            if time.monotonic() - started > LOOP_SECONDS:
                again()
                return
            loop.stay()
