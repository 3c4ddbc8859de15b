"""Who joins the waiting list, who steps out of it for a while, and who comes back?

A resident has one live request at a time. Whatever is decided here is decided under the lock of the
rows it is about: residents before recordings, a request before its print command. Who answers for
the centre locks the command first; so a command that is being answered is not waited for here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from printing.models import CardRequest, PrintAttempt, PrintAuthorization, PrintJob
from printing.models.job import Outcome
from printing.models.request import CardReason, Priority
from printing.receipt import new_receipt
from printing.services.inspection import NotNow
from printing.states import (
    AUTHORIZATION_LIVE,
    IN_LINE,
    REQUEST_LIVE,
    AuthorizationState,
    HoldReason,
    JobState,
    RequestState,
)
from registry.models import Recording, Resident
from registry.states import RecordingState

__all__ = [
    "NotNow",
    "cancel",
    "declare_lost",
    "hold",
    "open_requests",
    "prioritise",
    "release",
    "release_visible",
]

S, A = RequestState, AuthorizationState
FREE = {"hold_reason": "", "hold_note": ""}  # what leaves a request together with its hold
NOT_CHOSEN = frozenset({HoldReason.NOT_VISIBLE, HoldReason.CARD_MISSING})  # the centre, or a box, says so
NOTE_LENGTH = 300  # CardRequest.hold_note
REASON_LENGTH = 200  # CardRequest.priority_reason


# --- Into the line ----------------------------------------------------------------------------


def open_requests(
    *,
    wanted: Sequence[tuple[Recording, CardReason]],
    now: datetime,
    actor: str,
    receipts: Sequence[str] = (),
) -> list[CardRequest]:
    """Open a request for each recording that has none yet; returns those that were opened.

    ``receipts`` are numbers that were given out already, one for each that is wanted.

    The same again opens nothing: a resident has one live request, and a recording is the reason for
    one new card ever. A recording that is not the resident's primary one opens nothing. Who is not
    visible at the centre is held out of the line until it is.
    """
    with transaction.atomic():
        recordings = _locked_recordings([recording for recording, _reason in wanted])
        residents = {recording.resident_id for recording in recordings.values()}
        busy = set(
            CardRequest.objects.filter(resident__in=residents, state__in=REQUEST_LIVE).values_list(
                "resident_id", flat=True
            )
        )
        served = set(
            CardRequest.objects.filter(recording__in=list(recordings), reason=CardReason.NEW).values_list(
                "recording_id", flat=True
            )
        )
        opened = []
        for place, (asked, reason) in enumerate(wanted):
            recording = recordings[asked.pk]
            again = reason == CardReason.NEW and recording.pk in served
            if again or recording.resident_id in busy or not recording.is_primary:
                continue
            busy.add(recording.resident_id)
            receipt = receipts[place] if receipts else new_receipt()
            opened.append(request_of(recording, reason, receipt, now=now))
        return CardRequest.create_all(opened, actor=actor) if opened else []


def _locked_recordings(recordings: Sequence[Recording]) -> dict[UUID, Recording]:
    """The recordings as they are now: none becomes visible while its request is being opened."""
    residents = Resident.objects.filter(pk__in={recording.resident_id for recording in recordings})
    list(residents.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    rows = Recording.objects.filter(pk__in={recording.pk for recording in recordings})
    return {row.pk: row for row in rows.order_by("id").select_for_update(no_key=True)}


def request_of(recording: Recording, reason: CardReason, receipt: str, *, now: datetime) -> CardRequest:
    """The request as it begins, not saved."""
    seen = recording.state == RecordingState.VISIBLE
    return CardRequest(
        receipt=receipt,
        office_id=recording.office_id,
        resident_id=recording.resident_id,
        recording=recording,
        reason=reason,
        recorded_at=recording.recorded_at if reason == CardReason.NEW else now,
        created_at=now,
        state=S.WAITING if seen else S.HELD,
        state_since=now,
        hold_reason="" if seen else HoldReason.NOT_VISIBLE,
        due_at=now,
    )


def release_visible(*, recordings: Sequence[Recording], now: datetime, actor: str) -> list[CardRequest]:
    """The centre sees these recordings: their requests come (back) into the line.

    None of them has a print command: only the system holds for this reason, and it ends the command
    in the same transaction.
    """
    if not recordings:
        return []
    with transaction.atomic():
        held = list(
            CardRequest.objects.filter(
                recording__in=[recording.pk for recording in recordings],
                state=S.HELD,
                hold_reason=HoldReason.NOT_VISIBLE,
            )
            .order_by("id")
            .select_for_update(of=("self",))
        )
        return CardRequest.move_all(
            held, to=S.WAITING, at=now, actor=actor, why="visible", due_at=now, **FREE
        )


# --- Out of the line and back -----------------------------------------------------------------


def hold(*, request: CardRequest, reason: HoldReason, note: str, actor: str, now: datetime) -> CardRequest:
    """Take a request out of the line until somebody releases it. Raises NotNow."""
    if reason in NOT_CHOSEN:
        raise NotNow(
            _("Alasan “%(reason)s” hanya diisi oleh sistem; pilih alasan lain.") % {"reason": reason.label}
        )
    with transaction.atomic():
        request = _locked(request, states=IN_LINE)
        request.move(
            to=S.HELD,
            at=now,
            actor=actor,
            why=note or reason,
            hold_reason=reason,
            hold_note=note[:NOTE_LENGTH],
        )
    return request


def release(*, request: CardRequest, note: str, actor: str, now: datetime) -> CardRequest:
    """Let a held request go on where its print command stands. Raises NotNow.

    A card that was looked for is there: it is ready for pickup again.
    A card whose attempts were spent on a command that is still good is decided at its job
    (``inspection.try_again``); once the command has run out, the request asks for a new one.
    """
    with transaction.atomic():
        request = _locked(request, states={S.HELD})
        if request.hold_reason == HoldReason.CARD_MISSING:
            request.move(to=S.READY_FOR_PICKUP, at=now, actor=actor, why=note or "card-found", **FREE)
            return request
        visible = Recording.objects.filter(pk=request.recording_id, state=RecordingState.VISIBLE).exists()
        if request.hold_reason == HoldReason.NOT_VISIBLE and not visible:
            raise NotNow(
                _("Perekaman belum muncul di pusat; permohonan ini masuk antrean dengan sendirinya.")
            )
        authorization = _live_authorization(request)
        if authorization and _has_run_out(authorization, now=now):
            _drop_job(authorization, why="command-expired", actor=actor, now=now)
            authorization.move(to=A.EXPIRED, at=now, actor=actor)
            authorization = None
        request.move(to=_way(authorization), at=now, actor=actor, why=note, due_at=now, **FREE)
    return request


def declare_lost(*, request: CardRequest, note: str, actor: str, now: datetime) -> CardRequest:
    """The card that was looked for is nowhere: another is made, on a command of its own. Raises NotNow."""
    if not note.strip():
        raise NotNow(_("Sebutkan di mana kartu sudah dicari."))
    with transaction.atomic():
        request = _locked(request, states={S.HELD})
        if request.hold_reason != HoldReason.CARD_MISSING:
            raise NotNow(_("Kartu ini tidak sedang dicari."))
        if _unreported(request):  # the centre gives no second command while the first looks unused
            raise NotNow(_("Hasil cetak sedang dilaporkan ke pusat; coba lagi sebentar."))
        request.move(to=S.WAITING, at=now, actor=actor, why=note, reason=CardReason.LOST, due_at=now, **FREE)
    return request


def cancel(*, request: CardRequest, reason: str, actor: str, now: datetime) -> CardRequest:
    """End a request whose card is not to be made, together with its print command. Raises NotNow.

    Not while the centre is being asked or the card is being made: how that ends is not known yet.
    """
    if not reason.strip():
        raise NotNow(_("Sebutkan alasan pembatalan."))
    with transaction.atomic():
        request = _locked(request, states=IN_LINE | {S.HELD})
        if request.hold_reason == HoldReason.CARD_MISSING:
            raise NotNow(_("Kartunya sudah dicetak: nyatakan ditemukan atau hilang."))
        authorization = _live_authorization(request)
        if authorization:
            if authorization.state == A.ASKING:
                raise NotNow(_("Perintah cetak sedang diminta ke pusat; coba lagi sebentar."))
            _drop_job(authorization, why=reason, actor=actor, now=now)
            authorization.move(to=A.REVOKED, at=now, actor=actor, why=reason)
        request.move(to=S.CANCELLED, at=now, actor=actor, why=reason, **FREE)
    return request


def prioritise(*, request: CardRequest, reason: str, actor: str, now: datetime) -> CardRequest:
    """Put a request before all ordinary ones; the reason and the name stay with it. Raises NotNow."""
    if not reason.strip():
        raise NotNow(_("Sebutkan alasan mendahulukan permohonan ini."))
    with transaction.atomic():
        request = _locked(request, states=IN_LINE | {S.HELD})
        if request.priority == Priority.URGENT:
            raise NotNow(_("Permohonan ini sudah didahulukan."))
        request.priority, request.priority_reason = Priority.URGENT, reason.strip()[:REASON_LENGTH]
        request.save(update_fields=["priority", "priority_reason"])
        request.remark(at=now, actor=actor, why=reason.strip())
    return request


# --- What a request's print command says about its way ----------------------------------------


def _way(authorization: PrintAuthorization | None) -> RequestState:
    if authorization is None or authorization.state == A.WAITING:
        return S.WAITING
    if authorization.state == A.GRANTED:
        if authorization.job.state != JobState.QUEUED:
            raise NotNow(
                _("Putuskan dulu cetaknya: ia sekarang “%s”.") % authorization.job.get_state_display()
            )
        return S.READY_TO_PRINT
    return S.AUTHORIZING


def _live_authorization(request: CardRequest) -> PrintAuthorization | None:
    """The live print command of a locked request, locked too. Raises NotNow when it is being answered."""
    live = PrintAuthorization.objects.filter(request=request, state__in=AUTHORIZATION_LIVE)
    try:
        return live.select_for_update(nowait=True).first()
    except OperationalError as error:
        raise NotNow(_("Jawaban pusat sedang dicatat; coba lagi sebentar.")) from error


def _has_run_out(authorization: PrintAuthorization, *, now: datetime) -> bool:
    ends = authorization.expires_at
    return authorization.state == A.GRANTED and ends is not None and ends <= now


def _drop_job(authorization: PrintAuthorization, *, why: str, actor: str, now: datetime) -> None:
    """Discard the job of this command, if nobody has begun to make its card. Raises NotNow."""
    if authorization.state != A.GRANTED:
        return
    job = PrintJob.objects.select_for_update().get(authorization=authorization)
    if job.state == JobState.QUEUED:
        job.move(to=JobState.DISCARDED, at=now, actor=actor, why=why)
    elif job.state != JobState.DISCARDED:
        raise NotNow(_("Kartu sedang dicetak; putuskan di pekerjaan cetaknya."))


def _unreported(request: CardRequest) -> bool:
    printed = PrintAttempt.objects.filter(outcome=Outcome.PRINTED, job__authorization__request=request)
    return printed.filter(reported_at=None).exists()


def _locked(request: CardRequest, *, states: Collection[str]) -> CardRequest:
    locked = CardRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if locked.state not in states:
        raise NotNow(
            _("Permohonan ini sekarang “%(state)s”; tindakan itu tidak berlaku.")
            % {"state": locked.get_state_display()}
        )
    return locked
