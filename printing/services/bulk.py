"""How is one deed done to thousands of rows, and stopped, and gone on with after a crash?

The rows of a job are written down before the first is touched. Each is then dealt with in one
transaction together with its outcome and the job's counters, so a worker that dies leaves nothing half
done, and the next goes on at the first row without an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from printing.models import BulkJob, BulkRow, CardRequest
from printing.models.bulk import BulkState, RowOutcome
from printing.services import requests
from printing.services.handovers import CannotHandOver
from printing.services.inspection import NotNow
from printing.states import HoldReason
from registry.models import Office, Recording
from registry.services.visibility import resend

LEASE = timedelta(minutes=2)  # a chunk takes a second or two; a worker silent for this long is dead
CHUNK = 50  # rows between two looks at whether somebody said stop
WRITTEN_AT_ONCE = 2000  # rows of one INSERT
WHY_LENGTH = 300  # BulkRow.why
REFUSALS = (NotNow, CannotHandOver)

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BulkDeed:
    """What may be done to many rows, and with which right."""

    label: str | Promise
    right: str
    rows: Callable[[], QuerySet[Any]]
    label_field: str
    do: Callable[..., object]  # (row, words, actor=, now=); raises one of REFUSALS


def _hold(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    reason = HoldReason(words["hold_reason"])
    requests.hold(request=row, reason=reason, note=words["reason"], actor=actor, now=now)


def _release(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    requests.release(request=row, note=words["reason"], actor=actor, now=now)


def _cancel(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    requests.cancel(request=row, reason=words["reason"], actor=actor, now=now)


def _resend(row: Recording, words: Words, *, actor: str, now: datetime) -> None:
    if row.exception is None or not resend(recording=row, actor=actor, why=words["reason"], now=now):
        raise NotNow(_("Hanya perekaman utama yang bermasalah dikirim ulang."))


CHANGE = "printing.change_cardrequest"
DEEDS: Mapping[str, BulkDeed] = {
    "hold": BulkDeed(_("Tahan"), CHANGE, CardRequest.objects.all, "receipt", _hold),
    "release": BulkDeed(_("Lepaskan"), CHANGE, CardRequest.objects.all, "receipt", _release),
    "cancel": BulkDeed(_("Batalkan"), CHANGE, CardRequest.objects.all, "receipt", _cancel),
    "resend": BulkDeed(_("Kirim ulang"), "registry.change_recording", Recording.objects.all, "id", _resend),
}


def begin(
    *, office: Office, deed: str, rows: QuerySet[Any], words: Words, actor: str, now: datetime
) -> BulkJob:
    """Write down what is to be done to these rows; a worker does it."""
    label = DEEDS[deed].label_field
    with transaction.atomic():
        chosen = list(rows.order_by("pk").values_list("pk", label))
        job = BulkJob.objects.create(
            office=office,
            deed=deed,
            words=dict(words),
            total=len(chosen),
            actor=actor,
            created_at=now,
            state=BulkState.RUNNING if chosen else BulkState.DONE,
            finished_at=None if chosen else now,
        )
        BulkRow.objects.bulk_create(
            [BulkRow(job=job, row_id=str(pk), label=str(name)) for pk, name in chosen],
            batch_size=WRITTEN_AT_ONCE,
        )
    return job


def run(*, job: BulkJob, clock: Callable[[], datetime] = timezone.now, until: datetime | None = None) -> bool:
    """Go on with a job from where it stands. False when there is more to do.

    Stops after the chunk in which ``until`` passes. Two who run the same job: the second finds it
    claimed and leaves (True).
    """
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=clock())
    if not _claim(job, free, now=clock()):
        return True
    deed = DEEDS[job.deed]
    while True:
        chunk = list(job.rows.filter(outcome="").order_by("id")[:CHUNK])
        if not chunk:
            _end(job, state=BulkState.DONE, now=clock())
            return True
        found = _found(deed, chunk)
        for row in chunk:
            _deal_with(row, found.get(row.row_id), job=job, deed=deed, now=clock())
        if until is not None and clock() >= until:
            BulkJob.objects.filter(pk=job.pk).update(claimed_until=None)
            return False
        if not _claim(job, Q(), now=clock()):
            return True  # somebody said stop


def stop(*, job: BulkJob, actor: str, now: datetime) -> bool:
    """Let the rows be whose turn has not come; False when it had ended already."""
    running = BulkJob.objects.filter(pk=job.pk, state=BulkState.RUNNING)
    return bool(
        running.update(state=BulkState.STOPPED, finished_at=now, stopped_by=actor, claimed_until=None)
    )


def stale(*, office: Office, now: datetime) -> list[BulkJob]:
    """Jobs that nobody works on although they are not done."""
    return list(
        BulkJob.objects.filter(office=office, state=BulkState.RUNNING)
        .filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now))
        .order_by("id")
    )


def _claim(job: BulkJob, free: Q, *, now: datetime) -> bool:
    running = BulkJob.objects.filter(free, pk=job.pk, state=BulkState.RUNNING)
    return bool(running.update(claimed_until=now + LEASE))


def _found(deed: BulkDeed, chunk: list[BulkRow]) -> dict[str, Model]:
    rows = deed.rows().filter(pk__in=[row.row_id for row in chunk])
    return {str(row.pk): row for row in rows}


def _deal_with(row: BulkRow, target: Model | None, *, job: BulkJob, deed: BulkDeed, now: datetime) -> None:
    """The deed, its outcome and the counter: all of it or nothing."""
    try:
        with transaction.atomic():
            if target is None:
                raise NotNow(_("Baris ini sudah tidak ada."))
            deed.do(target, job.words, actor=job.actor, now=now)
            _write(row, job, RowOutcome.DONE)
    except REFUSALS as refusal:
        with transaction.atomic():
            _write(row, job, RowOutcome.SKIPPED, why=str(refusal))


def _write(row: BulkRow, job: BulkJob, outcome: RowOutcome, *, why: str = "") -> None:
    first = BulkRow.objects.filter(pk=row.pk, outcome="").update(outcome=outcome, why=why[:WHY_LENGTH])
    if first:
        counter = "done" if outcome is RowOutcome.DONE else "skipped"
        BulkJob.objects.filter(pk=job.pk).update(**{counter: F(counter) + 1})


def _end(job: BulkJob, *, state: BulkState, now: datetime) -> None:
    BulkJob.objects.filter(pk=job.pk, state=BulkState.RUNNING).update(
        state=state, finished_at=now, claimed_until=None
    )
