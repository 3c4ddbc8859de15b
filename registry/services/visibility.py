"""Does the centre see our recordings, and what does it say about them?

Claim, call, record: a claim pushes ``due_at`` of its rows into the future, so a worker that dies
gives them back by itself; the call happens outside any transaction; the answers are recorded in
one. Submitting and asking are idempotent, so a row that two workers meet does no harm.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from registry.central import errors
from registry.central.contract import QUERY_MAXIMUM, Central, Digests, RecordingSubmission, RecordStatus
from registry.models import Office, Recording
from registry.models.recording import LearntBy
from registry.states import Effect, RecordingState, Verdict, verdict
from registry.vault import VaultError

Delivered = RecordStatus | errors.CentralError  # how one delivery ended

ACTOR = "system:visibility"
FOLLOWED = (RecordingState.SUBMITTED, RecordingState.EXCEPTION)  # the ministry mends things unannounced
NOT_VISIBLE = Verdict(Effect.WAIT)
UNOBJECTED = {"exception_kind": "", "exception_detail": ""}
MIRRORED = ["polls", "due_at", "central_heard_at", "central_learnt_by", "central_status", "central_since"]
UNREADABLE = "sealed with another key, or changed"  # a NIK of ours that the vault cannot open
DETAIL_LENGTH = 300  # characters a recording keeps of the centre's objection


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long a recording rests between two questions: doubled each time, with jitter."""

    first: timedelta = timedelta(minutes=10)  # enrolment at the centre takes at least that
    longest: timedelta = timedelta(hours=6)  # a centre that recovers unannounced is noticed the same day
    claim: timedelta = timedelta(seconds=120)  # longer than the slowest call and its record

    def after(self, polls: int) -> timedelta:
        """The pause after the ``polls``-th question; spread by a fifth so that no herd forms."""
        doubled: timedelta = min(self.first * 2 ** min(polls, 16), self.longest)
        spread: float = random.uniform(0.9, 1.1)  # noqa: S311  (jitter, not a secret)
        return doubled * spread


@dataclass(slots=True)
class Heard:
    """What one round of answers changed."""

    visible: list[Recording] = field(default_factory=list)
    exceptions: list[Recording] = field(default_factory=list)
    waiting: list[Recording] = field(default_factory=list)


def due_count(*, office: Office, state: RecordingState, now: datetime, at_most: int) -> int:
    """How many recordings of ``state`` are due; counts no further than ``at_most``."""
    due = Recording.objects.filter(office=office, state=state, due_at__lte=now)
    return due.values("pk")[:at_most].count()


def claim(
    *, office: Office, state: RecordingState, limit: int, now: datetime, pauses: Pauses
) -> list[Recording]:
    """Take at most ``limit`` due recordings, the longest-waiting first, away from other workers."""
    with transaction.atomic():
        rows = list(
            Recording.objects.filter(office=office, state=state, is_primary=True, due_at__lte=now)
            .order_by("recorded_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("resident", "district", "office")[:limit]
        )
        Recording.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + pauses.claim)
    return rows


def submission_of(recording: Recording) -> RecordingSubmission:
    """What the centre is told of a recording."""
    return RecordingSubmission(
        recording_id=recording.pk,
        nik=recording.resident.nik,
        office=recording.office.code,
        district=recording.district.code,
        recorded_at=recording.recorded_at,
        digests=Digests(
            photo=recording.digest_photo,
            fingerprints=recording.digest_fingerprints,
            iris=recording.digest_iris,
            signature=recording.digest_signature,
        ),
    )


def submit(*, recording: Recording, central: Central) -> Delivered:
    """Deliver one recording; a refusal comes back as a value, ready to be recorded.

    One whose NIK cannot be opened is refused here, so that it holds up nobody else.
    """
    try:
        return central.submit_recording(submission_of(recording))
    except errors.CentralError as error:
        return error
    except VaultError:
        return errors.Invalid("nik", UNREADABLE)


def record_submission(*, recording: Recording, answer: Delivered, now: datetime, pauses: Pauses) -> Heard:
    """Write down how a delivery went. Later leaves the recording where it is, due again."""
    if isinstance(answer, errors.Later):
        Recording.objects.filter(pk=recording.pk).update(due_at=now)
        return Heard()
    if isinstance(answer, errors.CentralError):
        kind = "wrong-answer" if isinstance(answer, errors.WrongAnswer) else "invalid-data"
        return _to_exception([recording], kind=kind, detail=str(answer), now=now)
    with transaction.atomic():
        moved = recording.move(
            to=RecordingState.SUBMITTED, at=now, actor=ACTOR, submissions=recording.submissions + 1
        )
        if not moved:
            return Heard()
        return record_answers(
            recordings=[recording],
            answers={answer.nik: answer},
            learnt_by=LearntBy.SUBMISSION,
            now=now,
            pauses=pauses,
        )


def query(*, recordings: Sequence[Recording], central: Central) -> dict[str, RecordStatus]:
    """Ask about at most QUERY_MAXIMUM recordings in one call. Raises Later."""
    niks = [nik for recording in recordings[:QUERY_MAXIMUM] if (nik := _nik(recording))]
    return central.query_recordings(niks) if niks else {}


def _nik(recording: Recording) -> str:
    """The NIK in clear; empty when it cannot be opened, so that one such row holds up nobody else."""
    try:
        return recording.resident.nik
    except VaultError:
        return ""


def give_back(*, recordings: Sequence[Recording], now: datetime) -> None:
    """Undo a claim whose call was not made."""
    Recording.objects.filter(pk__in=[recording.pk for recording in recordings]).update(due_at=now)


def record_answers(
    *,
    recordings: Sequence[Recording],
    answers: Mapping[str, RecordStatus],
    learnt_by: LearntBy,
    now: datetime,
    pauses: Pauses,
) -> Heard:
    """Mirror what the centre said, and move each recording as its word asks.

    ``answers`` by NIK; a recording that is not among them is not visible yet and rests.
    """
    heard, failed, resumed = Heard(), defaultdict[str, list[Recording]](list), []
    with transaction.atomic():
        mine = _lock(recordings)
        for recording in mine:
            answer = answers.get(_nik(recording))
            _mirror(recording, answer, learnt_by=learnt_by, now=now, pauses=pauses)
            meaning = verdict(answer.status) if answer else NOT_VISIBLE
            if meaning.effect is Effect.PRINTABLE:
                heard.visible.append(recording)
            elif meaning.effect is Effect.EXCEPTION:
                if recording.exception_kind != meaning.exception:
                    failed[meaning.exception].append(recording)
            else:
                heard.waiting.append(recording)
                if answer and recording.state == RecordingState.EXCEPTION:
                    resumed.append(recording)
        Recording.objects.bulk_update(mine, MIRRORED)
        Recording.move_all(heard.visible, to=RecordingState.VISIBLE, at=now, actor=ACTOR, **UNOBJECTED)
        Recording.move_all(resumed, to=RecordingState.SUBMITTED, at=now, actor=ACTOR, **UNOBJECTED)
        for kind, rows in failed.items():
            heard.exceptions += _to_exception(rows, kind=kind, detail="", now=now).exceptions
    return heard


def _mirror(
    recording: Recording, answer: RecordStatus | None, *, learnt_by: LearntBy, now: datetime, pauses: Pauses
) -> None:
    recording.polls += 1
    rest = pauses.longest if recording.state == RecordingState.EXCEPTION else pauses.after(recording.polls)
    recording.due_at = now + rest
    recording.central_heard_at = now
    recording.central_learnt_by = learnt_by
    if answer:
        recording.central_status, recording.central_since = answer.status, answer.since


def object_to(*, recording: Recording, kind: str, detail: str, status: str, now: datetime) -> None:
    """The centre objected to a recording while a print command was asked for: an exception for its owner."""
    with transaction.atomic():
        current = Recording.objects.select_for_update().get(pk=recording.pk)
        if status:
            Recording.objects.filter(pk=recording.pk).update(
                central_status=status,
                central_since=now,
                central_heard_at=now,
                central_learnt_by=LearntBy.COMMAND,
            )
        if current.state != RecordingState.EXCEPTION:
            _to_exception([current], kind=kind, detail=detail, now=now)


def lose_sight(*, recording: Recording, status: str, now: datetime) -> None:
    """The centre does not see a recording (any more), or is not done with it: follow it again."""
    facts = {"central_status": status, "central_since": now} if status else {"central_status": ""}
    recording.refresh_from_db(fields=["state"])
    if recording.state == RecordingState.VISIBLE:
        recording.move(
            to=RecordingState.SUBMITTED,
            at=now,
            actor=ACTOR,
            why=status or "not-visible",
            due_at=now,
            central_heard_at=now,
            central_learnt_by=LearntBy.COMMAND,
            **facts,
        )


def resend(*, recording: Recording, actor: str, why: str, now: datetime) -> bool:
    """A clerk mended what was wrong: deliver the recording again. Only a primary one goes out."""
    if not recording.is_primary:
        return False
    return recording.move(
        to=RecordingState.RECORDED,
        at=now,
        actor=actor,
        why=why,
        due_at=now,
        polls=0,
        **UNOBJECTED,
    )


def _lock(recordings: Sequence[Recording]) -> list[Recording]:
    """The same recordings, still being followed, locked in one order."""
    return list(
        Recording.objects.filter(pk__in=[recording.pk for recording in recordings], state__in=FOLLOWED)
        .order_by("id")
        .select_for_update(of=("self",))
        .select_related("resident")
    )


def _to_exception(rows: Sequence[Recording], *, kind: str, detail: str, now: datetime) -> Heard:
    facts = {"exception_kind": kind, "exception_detail": detail[:DETAIL_LENGTH]}
    fresh = [row for row in rows if row.state != RecordingState.EXCEPTION]
    Recording.objects.filter(pk__in=[row.pk for row in rows if row not in fresh]).update(**facts)
    Recording.move_all(fresh, to=RecordingState.EXCEPTION, at=now, actor=ACTOR, why=kind, **facts)
    return Heard(exceptions=list(rows))
