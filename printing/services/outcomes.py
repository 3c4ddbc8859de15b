"""Does the centre know what became of every blank? Reporting attempts until it has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from printing.models import PrintAttempt
from registry.central import errors
from registry.central.contract import Attempt, AttemptOutcome, Central
from registry.models import Office

ANSWER_LENGTH = 200  # characters an attempt keeps of the centre's answer
LONGEST_PAUSE = timedelta(hours=1)  # a report that keeps failing is still tried several times a day
FINAL = (errors.CommandExpired, errors.AttemptConflict, errors.NotFound, errors.Refused, errors.Invalid)


@dataclass(frozen=True, slots=True)
class Told:
    """How the telling of one attempt went: the command's status, or the error."""

    attempt: PrintAttempt
    status: str = ""
    error: errors.CentralError | None = None


def claim(*, office: Office, limit: int, now: datetime, lease: timedelta) -> list[PrintAttempt]:
    """Take outcomes that the centre has not heard, oldest first; the claim is a due date in the future.

    Attempts of one job are told in their order: a "printed" uses the command up, and a spoiled blank
    told after it would be refused.
    """
    earlier = PrintAttempt.objects.filter(job=OuterRef("job"), n__lt=OuterRef("n"), reported_at=None)
    with transaction.atomic():
        attempts = list(
            PrintAttempt.objects.filter(report_due_at__lte=now, job__authorization__request__office=office)
            .exclude(outcome="")
            .exclude(Exists(earlier))
            .order_by("report_due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("job__authorization", "printer")[: max(limit, 0)]
        )
        PrintAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).update(
            report_due_at=now + lease, reports=F("reports") + 1
        )
    return attempts


def tell(*, attempt: PrintAttempt, central: Central) -> Told:
    """Tell the centre of one attempt. Touches no database; the same again is harmless."""
    command_id = attempt.job.authorization.command_id
    assert command_id is not None
    assert attempt.ended_at is not None
    try:
        status = central.report_attempt(
            command_id,
            Attempt(
                n=attempt.n,
                outcome=AttemptOutcome(attempt.outcome),
                blank=attempt.blank,
                printer=attempt.printer.name,
                at=attempt.ended_at,
                reason=attempt.reason,
            ),
        )
    except errors.CentralError as error:
        return Told(attempt, error=error)
    return Told(attempt, status=status)


def record(*, told: Iterable[Told], now: datetime) -> int:
    """Write down a batch of tellings; returns how many the centre now has.

    Later is tried again. A final objection is kept with its word, so that reconciliation and the
    clerks see a card the centre does not count.
    """
    known: dict[str, list[int]] = {}
    later: list[Told] = []
    for one in told:
        if one.error is None:
            known.setdefault(one.status, []).append(one.attempt.pk)
        elif isinstance(one.error, FINAL):
            known.setdefault(one.error.kind, []).append(one.attempt.pk)
        else:
            later.append(one)
    with transaction.atomic():
        for answer, ids in known.items():
            PrintAttempt.objects.filter(pk__in=ids).update(
                reported_at=now, report_due_at=None, report_answer=answer[:ANSWER_LENGTH]
            )
        for one in later:
            _again(one, now=now)
    return sum(map(len, known.values()))


def _again(one: Told, *, now: datetime) -> None:
    """A call held back by our own throttle was not a report at all; it is due at once."""
    attempt, error = one.attempt, one.error
    assert error is not None
    if isinstance(error, errors.NoPermit):
        PrintAttempt.objects.filter(pk=attempt.pk).update(report_due_at=now, reports=F("reports") - 1)
        return
    asked = getattr(error, "retry_after", None)
    pause = (
        timedelta(seconds=asked)
        if asked
        else min(timedelta(seconds=2 ** min(attempt.reports, 12)), LONGEST_PAUSE)
    )
    PrintAttempt.objects.filter(pk=attempt.pk).update(
        report_due_at=now + pause, report_answer=error.kind[:ANSWER_LENGTH]
    )


def give_back(*, attempts: Iterable[PrintAttempt], now: datetime) -> None:
    """Undo claims whose calls were not made."""
    PrintAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).update(
        report_due_at=now, reports=F("reports") - 1
    )
