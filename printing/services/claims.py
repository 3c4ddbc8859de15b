"""What did a dead process hold, and how does it come back without waiting for the lease?

A lease outlasts the slowest call, so on a good day a dead worker's rows would lie for a minute and a
half. The claim names its holder, and a holder whose lock is free is gone (``printing.presence``): its
rows are given back at once. What was being sent to a printer is never sent again for that: the
printer is asked about it, and if it does not know, a person is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from printing.models import PrintAttempt, PrintJob
from printing.models.claim import Claim, Lane
from printing.presence import is_gone
from printing.services import authorizations, prints
from printing.states import JobState
from registry.models import Recording


def note(*, lane: Lane, rows: Sequence[Any], until: datetime, holder: str) -> None:
    """Write down who claimed these rows; in the transaction that claims them. No holder, no note."""
    if rows and holder:
        Claim.objects.create(lane=lane, holder=holder, rows=[str(row.pk) for row in rows], until=until)


def take_back(*, now: datetime) -> list[str]:
    """Give back whatever the gone still hold, and drop claims that are void; returns who is gone."""
    Claim.objects.filter(until__lt=now).delete()
    holders = list(Claim.objects.order_by().values_list("holder", flat=True).distinct())
    return [holder for holder in holders if _take_back_from(holder, now=now)]


def _take_back_from(holder: str, *, now: datetime) -> bool:
    with transaction.atomic():
        if not is_gone(holder):
            return False
        claims = list(Claim.objects.filter(holder=holder).order_by("id").select_for_update(skip_locked=True))
        for claim in claims:
            RETURNS[Lane(claim.lane)](claim, now)
        Claim.objects.filter(pk__in=[claim.pk for claim in claims]).delete()
    return True


def _ask_again(claim: Claim, now: datetime) -> None:
    authorizations.rescue_these(ids=claim.rows, until=claim.until, now=now)


def _queue_again(claim: Claim, now: datetime) -> None:
    prints.rescue_these(ids=claim.rows, until=claim.until, now=now)


def _look_now(claim: Claim, now: datetime) -> None:
    """The next sweep asks the printer."""
    sending = PrintJob.objects.filter(pk__in=claim.rows, state=JobState.SENDING, claimed_until=claim.until)
    sending.update(claimed_until=now)


def _due_now(claim: Claim, now: datetime) -> None:
    Recording.objects.filter(pk__in=claim.rows, due_at=claim.until).update(due_at=now)


def _report_now(claim: Claim, now: datetime) -> None:
    PrintAttempt.objects.filter(pk__in=claim.rows, report_due_at=claim.until).update(report_due_at=now)


RETURNS: Mapping[Lane, Callable[[Claim, datetime], None]] = {
    Lane.AUTHORIZE: _ask_again,
    Lane.RECORDING: _due_now,
    Lane.REPORT: _report_now,
    Lane.PRINT: _queue_again,
    Lane.SENDING: _look_now,
}
