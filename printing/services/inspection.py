"""What did a person see: a good card, a spoiled one, or none?

The answers that only people can give: the check of a printed card, the one question about a job in
doubt ("is the card in the tray?"), and what becomes of a job whose attempts are spent.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from printing.models import PrintAttempt, PrintJob
from printing.models.job import Outcome
from printing.models.request import CardReason
from printing.services.prints import spend_attempt
from printing.states import AuthorizationState, JobState, RequestState
from registry.services import blanks
from registry.states import Place

J, S, A = JobState, RequestState, AuthorizationState


class Seen(models.TextChoices):
    """What lies in the tray of a printer whose job is in doubt."""

    CARD = "card", _("kartu jadi dan baik")
    SPOILED = "spoiled", _("kartu rusak")
    BLANK = "blank", _("tidak ada kartu; blanko masih utuh")
    NOTHING = "nothing", _("tidak ada kartu dan tidak ada blanko")


class NotNow(Exception):
    """The row is not in a state in which this can be said; the sentence is for the clerk."""


def resolve_doubt(*, job: PrintJob, seen: Seen, actor: str, why: str, now: datetime) -> PrintJob:
    """A person looked at the tray. Raises NotNow when the job is not (any more) in doubt."""
    with transaction.atomic():
        job = _locked(job, states={J.IN_DOUBT})
        attempt = job.tries.get(n=job.attempts)
        request, office = job.authorization.request, job.authorization.request.office
        target = {
            Seen.CARD: Place.PRINTED,
            Seen.SPOILED: Place.SPOILED,
            Seen.BLANK: Place.STORE,
            Seen.NOTHING: Place.LOST,
        }[seen]
        blanks.settle(
            office=office, reference=f"{attempt.name}:reserved", to=target, why=why, now=now, actor=actor
        )
        if seen is Seen.CARD:
            _end(attempt, outcome=Outcome.PRINTED, reason="", now=now)
            job.move(to=J.PRINTED, at=now, actor=actor, why=why, claimed_until=None)
            job.authorization.move(to=A.USED, at=now, actor=actor, why=why)
            request.move(to=S.PRINTED, at=now, actor=actor, why=why)
            request.move(to=S.READY_FOR_PICKUP, at=now, actor=actor, why=why)
        elif seen is Seen.BLANK:
            attempt.delete()
            job.attempts -= 1
            job.move(
                to=J.QUEUED,
                at=now,
                actor=actor,
                why=why,
                printer=None,
                claimed_until=None,
                attempts=job.attempts,
            )
            request.move(to=S.READY_TO_PRINT, at=now, actor=actor, why=why)
        else:
            _end(attempt, outcome=Outcome.SPOILED, reason=why or seen.value, now=now)
            spend_attempt(job=job, why=why or seen.value, actor=actor, now=now)
    return job


def approve(*, job: PrintJob, actor: str, now: datetime) -> PrintJob:
    """The card was checked and is good; the centre may hear of it. Raises NotNow."""
    with transaction.atomic():
        job = _locked(job, states={J.PRINTED})
        job.move(to=J.CHECKED, at=now, actor=actor)
        PrintAttempt.objects.filter(job=job, outcome=Outcome.PRINTED, reported_at=None).update(
            report_due_at=now
        )
        request = job.authorization.request
        if request.state == S.PRINTED:
            request.move(to=S.READY_FOR_PICKUP, at=now, actor=actor)
    return job


def spoil(*, job: PrintJob, reason: str, actor: str, now: datetime) -> PrintJob:
    """A card that was printed turns out bad. Raises NotNow.

    While the centre has not heard of it the command still stands: the attempt becomes a spoiled one
    and the next is made on the same command. Once it was told "printed" the command is used up: the
    request waits for a new one, as a damaged card.
    """
    if not reason.strip():
        raise NotNow(_("Sebutkan alasan kartu dinyatakan rusak."))
    with transaction.atomic():
        job = _locked(job, states={J.PRINTED, J.CHECKED})
        request = job.authorization.request
        if request.state not in (S.PRINTED, S.READY_FOR_PICKUP):
            raise NotNow(_("Kartu ini sudah tidak di kantor."))
        attempt = PrintAttempt.objects.select_for_update().get(job=job, outcome=Outcome.PRINTED)
        if attempt.reports and attempt.reported_at is None:
            raise NotNow(_("Hasil cetak sedang dilaporkan ke pusat; coba lagi sebentar."))
        blanks.move(
            office=request.office,
            quantity=1,
            source=Place.PRINTED,
            target=Place.SPOILED,
            reference=f"{attempt.name}:spoiled",
            why=reason,
            now=now,
            actor=actor,
        )
        if attempt.reported_at is None:
            _end(attempt, outcome=Outcome.SPOILED, reason=reason, now=now)
            job.authorization.move(to=A.GRANTED, at=now, actor=actor, why=reason)
            spend_attempt(job=job, why=reason, actor=actor, now=now)
        else:
            job.move(to=J.DISCARDED, at=now, actor=actor, why=reason)
            request.move(to=S.WAITING, at=now, actor=actor, why=reason, reason=CardReason.DAMAGED, due_at=now)
    return job


def try_again(*, job: PrintJob, actor: str, why: str, now: datetime) -> PrintJob:
    """A clerk grants a discarded job one more attempt on its command. Raises NotNow."""
    with transaction.atomic():
        job = _locked(job, states={J.DISCARDED})
        request = job.authorization.request
        expires = job.authorization.expires_at
        live = job.authorization.state == A.GRANTED and expires is not None and expires > now
        if not live or request.state != S.HELD:
            raise NotNow(
                _("Perintah cetaknya sudah tidak berlaku; lepaskan permohonan agar meminta yang baru.")
            )
        job.move(to=J.QUEUED, at=now, actor=actor, why=why, printer=None)
        request.move(to=S.READY_TO_PRINT, at=now, actor=actor, why=why, hold_reason="", hold_note="")
    return job


def _locked(job: PrintJob, *, states: set[JobState]) -> PrintJob:
    locked = (
        PrintJob.objects.select_related("authorization__request__office", "printer")
        .select_for_update(of=("self", "authorization", "authorization__request"))
        .get(pk=job.pk)
    )
    if locked.state not in states:
        raise NotNow(
            _("Cetak ini sekarang “%(state)s”; tindakan itu tidak berlaku lagi.")
            % {"state": locked.get_state_display()}
        )
    return locked


def _end(attempt: PrintAttempt, *, outcome: Outcome, reason: str, now: datetime) -> None:
    attempt.outcome, attempt.ended_at, attempt.reason, attempt.report_due_at = (
        outcome,
        now,
        reason[:200],
        now,
    )
    attempt.save(update_fields=["outcome", "ended_at", "reason", "report_due_at"])
