"""May this request become a card? Asking the centre for print commands.

Claim, call, record. A claim is one short transaction over a batch: front of the line first, rows
that others hold are skipped. The calls happen outside any transaction, each under the key of its
authorization, so a repeat after a crash or a lost answer finds the same command. The answers of a
batch are recorded in one transaction, and only where the claim still stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from printing.models import CardRequest, PrintAuthorization, PrintJob
from printing.states import AuthorizationState, HoldReason, JobState, RequestState
from registry import crashpoints
from registry.central import errors
from registry.central.contract import Central, Command, CommandStatus, Reason
from registry.models import Office
from registry.services import visibility
from registry.states import Effect, verdict
from registry.vault import VaultError

ACTOR = "system:authorization"
ANSWER_LENGTH = 300  # characters an authorization keeps of the last answer
PENDING_PAUSE = 60.0  # seconds before a pending command is asked for again, when the centre does not say
WRONG_ANSWER_PAUSE = timedelta(minutes=1)  # a muddled proxy gets time to recover
WRONG_ANSWERS = 5  # times an answer may speak of somebody else before a person looks
CONTRADICTION_PAUSE = timedelta(minutes=10)  # "not print-ready" with a printable word: it will settle

A, S = AuthorizationState, RequestState


@dataclass(frozen=True, slots=True)
class Answer:
    """What the centre said for one authorization: a command, or the error that came instead."""

    authorization: PrintAuthorization
    command: Command | None = None
    error: errors.CentralError | None = None


@dataclass(slots=True)
class Tally:
    """How a batch of answers ended."""

    granted: int = 0
    pending: int = 0
    denied: int = 0
    snoozed: int = 0
    lost: int = 0  # the claim had passed to somebody else
    held_back: bool = field(default=False)  # the throttle or the centre says: not now


def claim(*, office: Office, limit: int, now: datetime, lease: timedelta) -> list[PrintAuthorization]:
    """Take at most ``limit`` requests from the front of the line, pending commands that are due first.

    Every authorization comes back in state *asking* with ``request.resident`` loaded. Takes nothing
    while the centre's quota for the office is used up.
    """
    if limit <= 0 or (office.quota_resets_at and office.quota_resets_at > now):
        return []
    until = now + lease
    with transaction.atomic():
        pending = list(
            _loaded()
            .filter(state=A.PENDING, due_at__lte=now, request__office=office, request__state=S.AUTHORIZING)
            .order_by("due_at")
            .select_for_update(skip_locked=True, of=("self",))[:limit]
        )
        PrintAuthorization.move_all(pending, to=A.ASKING, at=now, actor=ACTOR, claimed_until=until)
        waiting = list(
            CardRequest.objects.filter(office=office, state=S.WAITING, due_at__lte=now)
            .order_by("priority", "recorded_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("resident")[: limit - len(pending)]
        )
        for request in waiting:
            request.office = office
        return pending + _begin_asking(waiting, now=now, until=until)


def _loaded() -> Any:
    return PrintAuthorization.objects.select_related("request__resident", "request__office")


def _begin_asking(
    requests: Sequence[CardRequest], *, now: datetime, until: datetime
) -> list[PrintAuthorization]:
    by_id = {request.pk: request for request in requests}
    CardRequest.move_all(requests, to=S.AUTHORIZING, at=now, actor=ACTOR)
    again = list(
        PrintAuthorization.objects.filter(request__in=by_id, state=A.WAITING).select_for_update(of=("self",))
    )
    for authorization in again:
        authorization.request = by_id.pop(authorization.request_id)
    PrintAuthorization.move_all(again, to=A.ASKING, at=now, actor=ACTOR, claimed_until=until)
    fresh = [
        PrintAuthorization(request=request, state=A.ASKING, state_since=now, claimed_until=until)
        for request in by_id.values()
    ]
    asking = again + PrintAuthorization.create_all(fresh, actor=ACTOR)
    place = {request.pk: number for number, request in enumerate(requests)}
    return sorted(asking, key=lambda authorization: place[authorization.request_id])  # nobody is overtaken


def ask(*, authorization: PrintAuthorization, central: Central) -> Answer:
    """Ask the centre whether this request may become a card. Touches no database.

    A live command that exists under another key is looked up and taken: the first key's answer was
    lost, or somebody else asked. Whether it is still free is decided when it is recorded.
    """
    request = authorization.request
    try:
        if authorization.command_id:
            try:
                command = central.command(authorization.command_id)
            except errors.NotFound:
                command = _request(central, authorization)
        else:
            command = _request(central, authorization)
        if command.nik != request.resident.nik:
            raise errors.WrongAnswer("the command is for another person")
    except errors.CentralError as error:
        return Answer(authorization, error=error)
    except VaultError:  # one NIK that cannot be opened must not hold up the batch
        return Answer(authorization, error=errors.Invalid("nik", visibility.UNREADABLE))
    return Answer(authorization, command=command)


def _request(central: Central, authorization: PrintAuthorization) -> Command:
    request = authorization.request
    try:
        return central.request_command(
            key=authorization.key,
            nik=request.resident.nik,
            office=request.office.code,
            reason=Reason(request.reason),
        )
    except errors.CommandExists as exists:
        return central.command(exists.command_id)


def record(*, answers: Iterable[Answer], now: datetime) -> Tally:
    """Write down a batch of answers, each only while its claim still stands."""
    answers, tally = list(answers), Tally()
    with transaction.atomic():
        mine = _still_claimed(answers)
        taken = _commands_in_use(answers)
        groups: dict[Callable[..., None], list[Answer]] = {}
        for answer in answers:
            current = mine.get(answer.authorization.pk)
            if current is None:
                tally.lost += 1
                continue
            fresh = Answer(current, answer.command, answer.error)
            groups.setdefault(_deed(fresh, taken=taken, now=now), []).append(fresh)
        for deed, group in groups.items():
            deed(group, now=now, tally=tally)
        crashpoints.here("authorize.writing")
    return tally


def snooze(*, authorizations: Sequence[PrintAuthorization], why: str, now: datetime) -> None:
    """Give back claims whose calls were not made. Costs no attempt."""
    record(
        answers=[
            Answer(authorization, error=errors.NoPermit(retry_after=0.0, why=why))
            for authorization in authorizations
        ],
        now=now,
    )


def rescue(*, office: Office, now: datetime, limit: int = 500) -> int:
    """Give back authorizations whose worker has gone: their lease has run out. Returns how many."""
    return _rescue(Q(claimed_until__lt=now, request__office=office), now=now, limit=limit)


def rescue_these(*, ids: Sequence[str], until: datetime, now: datetime) -> int:
    """Give back a claim whose holder is known to be gone, where it still stands. Returns how many."""
    return _rescue(Q(pk__in=ids, claimed_until=until), now=now, limit=len(ids))


def _rescue(which: Q, *, now: datetime, limit: int) -> int:
    with transaction.atomic():
        stale = list(
            _loaded()
            .filter(which, state=A.ASKING)
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))[:limit]
        )
        _back_to_waiting(stale, why="rescued", due_at=now, now=now)
        crashpoints.here("rescue.writing", rows=stale)
    return len(stale)


def expire(*, office: Office, now: datetime, limit: int = 500) -> int:
    """Close commands whose time has run out before a card was begun; their requests ask again."""
    with transaction.atomic():
        jobs = list(
            PrintJob.objects.filter(
                state=JobState.QUEUED,
                authorization__state=A.GRANTED,
                authorization__expires_at__lt=now,
                authorization__request__office=office,
            )
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self", "authorization"))
            .select_related("authorization__request")[:limit]
        )
        authorizations = [job.authorization for job in jobs]
        PrintJob.move_all(jobs, to=JobState.DISCARDED, at=now, actor=ACTOR, why="command-expired")
        PrintAuthorization.move_all(authorizations, to=A.EXPIRED, at=now, actor=ACTOR)
        ready = _locked_requests(authorizations, state=S.READY_TO_PRINT)
        CardRequest.move_all(ready, to=S.WAITING, at=now, actor=ACTOR, why="command-expired", due_at=now)
        crashpoints.here("expire.writing")
    return len(jobs)


# --- What each answer means -------------------------------------------------------------------


def _still_claimed(answers: Sequence[Answer]) -> dict[int, PrintAuthorization]:
    """Those of our authorizations that nobody has taken over, locked, with their requests."""
    claims = {answer.authorization.pk: answer.authorization.claimed_until for answer in answers}
    rows = (
        PrintAuthorization.objects.select_related("request")  # the rest is at hand, or rarely wanted
        .filter(pk__in=claims, state=A.ASKING)
        .order_by("id")
        .select_for_update(of=("self", "request"))
    )
    return {row.pk: row for row in rows if row.claimed_until == claims[row.pk]}


def _commands_in_use(answers: Sequence[Answer]) -> dict[Any, int]:
    """command_id → authorization that already has it: no command may serve two."""
    ids = [answer.command.command_id for answer in answers if answer.command]
    return dict(PrintAuthorization.objects.filter(command_id__in=ids).values_list("command_id", "pk"))


def _deed(answer: Answer, *, taken: dict[Any, int], now: datetime) -> Callable[..., None]:
    """Which of the functions below writes this answer down."""
    command, error = answer.command, answer.error
    if command is not None:
        if taken.setdefault(command.command_id, answer.authorization.pk) != answer.authorization.pk:
            return _hold_no_command
        if command.status == CommandStatus.PENDING:
            return _wait_for_decision
        if command.is_live and command.expires_at and command.expires_at > now:
            return _grant
        if command.is_live or command.status == CommandStatus.EXPIRED:
            return _ask_anew
        return _hold_no_command
    if isinstance(error, errors.QuotaExhausted):
        return _wait_for_quota
    if isinstance(error, errors.WrongAnswer):
        return _distrust
    if isinstance(error, errors.Later):
        return _snooze
    if isinstance(error, errors.NotVisible | errors.NotPrintReady):
        return _not_ready
    if isinstance(error, errors.DuplicateRecord | errors.Invalid):
        return _object
    return _hold_no_command


def _grant(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    commands = [answer.command for answer in group if answer.command is not None]
    authorizations = PrintAuthorization.move_each(
        [answer.authorization for answer in group],
        to=A.GRANTED,
        at=now,
        actor=ACTOR,
        facts={
            "command_id": [command.command_id for command in commands],
            "issued_at": [command.issued_at or now for command in commands],
            "expires_at": [command.expires_at for command in commands],
            "asked": [answer.authorization.asked + 1 for answer in group],
            "answer": [""] * len(group),
        },
    )
    PrintJob.create_all(
        [
            PrintJob(authorization=authorization, state=JobState.QUEUED, state_since=now)
            for authorization in authorizations
        ],
        actor=ACTOR,
    )
    CardRequest.move_all(_asking(authorizations), to=S.READY_TO_PRINT, at=now, actor=ACTOR)
    tally.granted += len(group)


def _wait_for_decision(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    for answer in group:
        assert answer.command is not None
        pause = timedelta(seconds=answer.command.retry_after or PENDING_PAUSE)
        answer.authorization.move(
            to=A.PENDING,
            at=now,
            actor=ACTOR,
            command_id=answer.command.command_id,
            due_at=now + pause,
            asked=answer.authorization.asked + 1,
        )
    tally.pending += len(group)


def _ask_anew(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    """The command we were given is over before a card was begun: the next asking has a new key."""
    _deny([answer.authorization for answer in group], why="command-expired", now=now)
    _requests_wait([answer.authorization for answer in group], why="command-expired", due_at=now, now=now)
    tally.denied += len(group)


def _hold_no_command(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    for answer in group:
        why = _words(answer)
        _deny([answer.authorization], why=why, now=now)
        _hold([answer.authorization], reason=HoldReason.NO_COMMAND, note=why, now=now)
    tally.denied += len(group)


def _wait_for_quota(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    resets = [answer.error.resets_at for answer in group if isinstance(answer.error, errors.QuotaExhausted)]
    until = max((moment for moment in resets if moment), default=now + timedelta(hours=1))
    office_id = group[0].authorization.request.office_id
    Office.objects.filter(pk=office_id).filter(
        Q(quota_resets_at__isnull=True) | Q(quota_resets_at__lt=until)
    ).update(quota_resets_at=until)
    _back_to_waiting([answer.authorization for answer in group], why="quota", due_at=until, now=now)
    tally.snoozed += len(group)
    tally.held_back = True


def _snooze(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    for answer in group:
        pause = getattr(answer.error, "retry_after", None) or 0.0
        assert answer.error is not None
        _back_to_waiting(
            [answer.authorization], why=answer.error.kind, due_at=now + timedelta(seconds=pause), now=now
        )
    tally.snoozed += len(group)
    tally.held_back = True


def _distrust(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    """The answer spoke of somebody else: never used; asked again, and after some times a person looks."""
    often = [answer for answer in group if answer.authorization.asked + 1 >= WRONG_ANSWERS]
    for answer in often:
        _deny([answer.authorization], why="wrong-answer", now=now)
        _hold([answer.authorization], reason=HoldReason.DATA_QUERY, note="wrong-answer", now=now)
    rest = [answer.authorization for answer in group if answer not in often]
    PrintAuthorization.objects.filter(pk__in=[row.pk for row in rest]).update(asked=F("asked") + 1)
    _back_to_waiting(rest, why="wrong-answer", due_at=now + WRONG_ANSWER_PAUSE, now=now)
    tally.denied += len(often)
    tally.snoozed += len(rest)


def _not_ready(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    """The centre does not see the person, or is not done: out of the line until it is."""
    for answer in group:
        status = getattr(answer.error, "central_status", "")
        meaning = verdict(status) if status else visibility.NOT_VISIBLE
        authorization, recording = answer.authorization, answer.authorization.request.recording
        _deny([authorization], why=_words(answer), now=now)
        if meaning.effect is Effect.PRINTABLE:
            _requests_wait([authorization], why=_words(answer), due_at=now + CONTRADICTION_PAUSE, now=now)
            continue
        if meaning.effect is Effect.EXCEPTION:
            visibility.object_to(
                recording=recording, kind=meaning.exception, detail="", status=status, now=now
            )
        else:
            visibility.lose_sight(recording=recording, status=status, now=now)
        _hold([authorization], reason=HoldReason.NOT_VISIBLE, note=status, now=now)
    tally.denied += len(group)


def _object(group: Sequence[Answer], *, now: datetime, tally: Tally) -> None:
    """The centre finds the data wrong: an exception with an owner, and the request waits for it."""
    for answer in group:
        duplicate = isinstance(answer.error, errors.DuplicateRecord)
        _deny([answer.authorization], why=_words(answer), now=now)
        visibility.object_to(
            recording=answer.authorization.request.recording,
            kind="duplicate-record" if duplicate else "invalid-data",
            detail="" if duplicate else _words(answer),
            status="DUPLICATE_RECORD" if duplicate else "",
            now=now,
        )
        _hold([answer.authorization], reason=HoldReason.NOT_VISIBLE, note=_words(answer), now=now)
    tally.denied += len(group)


# --- Small moves ------------------------------------------------------------------------------


def _words(answer: Answer) -> str:
    if answer.command is not None:
        return f"command-{answer.command.status}"
    error = answer.error
    assert error is not None
    said = getattr(error, "reason", "") or getattr(error, "central_status", "") or getattr(error, "field", "")
    return f"{error.kind}: {said}"[:ANSWER_LENGTH] if said else error.kind


def _deny(authorizations: Sequence[PrintAuthorization], *, why: str, now: datetime) -> None:
    PrintAuthorization.move_all(authorizations, to=A.DENIED, at=now, actor=ACTOR, why=why, answer=why)


def _asking(authorizations: Sequence[PrintAuthorization]) -> list[CardRequest]:
    """Their requests, without those a clerk has meanwhile held or cancelled."""
    requests = [authorization.request for authorization in authorizations]
    return [request for request in requests if request.state == S.AUTHORIZING]


def _hold(
    authorizations: Sequence[PrintAuthorization], *, reason: HoldReason, note: str, now: datetime
) -> None:
    CardRequest.move_all(
        _asking(authorizations), to=S.HELD, at=now, actor=ACTOR, why=note, hold_reason=reason, hold_note=note
    )


def _requests_wait(
    authorizations: Sequence[PrintAuthorization], *, why: str, due_at: datetime, now: datetime
) -> None:
    CardRequest.move_all(_asking(authorizations), to=S.WAITING, at=now, actor=ACTOR, why=why, due_at=due_at)


def _back_to_waiting(
    authorizations: Sequence[PrintAuthorization], *, why: str, due_at: datetime, now: datetime
) -> None:
    PrintAuthorization.move_all(
        authorizations, to=A.WAITING, at=now, actor=ACTOR, why=why, answer=why, claimed_until=None
    )
    _requests_wait(authorizations, why=why, due_at=due_at, now=now)


def _locked_requests(
    authorizations: Sequence[PrintAuthorization], *, state: RequestState
) -> list[CardRequest]:
    return list(
        CardRequest.objects.filter(
            pk__in=[authorization.request_id for authorization in authorizations], state=state
        )
        .order_by("id")
        .select_for_update(of=("self",))
    )
