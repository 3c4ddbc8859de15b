"""What does an answer of the centre mean?

From JSON to the contract's types, and from problem documents (RFC 9457) to the errors, decided by
``type`` and nothing else. Who is at fault decides the direction:

- what is no JSON object, or names no type, is not the centre's own voice (a proxy, a broken line):
  **Busy**, as often as it takes;
- what the centre did say, but not as the contract says it (a member missing, a time without its
  offset, a word we do not know in ``type``) is no sign of load, and asking more slowly does not mend
  it: **WrongAnswer**, never used, which callers ask again some times and then show to a person.

No error's text carries a NIK, wherever in the answer it stood.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from uuid import UUID

from registry.central import errors
from registry.central.contract import (
    CentreStatus,
    Command,
    CommandPage,
    CommandStatus,
    ListedAttempt,
    ListedCommand,
    MonthCounts,
    RecordStatus,
)
from registry.nik import mask

Json = Mapping[str, Any]
Answer = TypeVar("Answer")

WORD_LONGEST = 60  # characters; as long as our rows can keep, and four times the longest of the contract
TEXT_LONGEST = 300  # characters of a text for a clerk
HINT_LONGEST = 86_400.0  # seconds; capacity comes back unannounced, so no hint keeps us away longer

UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
NOT_DECIDED = frozenset({408, 425, 429})  # of the 4xx: come again
SERVER_ERROR = 500
COME_BACK = frozenset({"closed", "quota-exhausted"})  # what a busy status may say more exactly
GATEWAY_TIMEOUT = 504

NIK_LIKE = re.compile(r"(?<!\d)\d{16}(?!\d)")


class Malformed(ValueError):
    """A member is not as the contract says; only its name is repeated."""


# --- From bytes to errors -----------------------------------------------------------------------


def json_object(content: bytes) -> Json | None:
    """The JSON object in a body; None when it is anything else."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def read(reader: Callable[[Json], Answer], body: Json) -> Answer:
    """``reader(body)``. Raises WrongAnswer for what does not follow the contract."""
    try:
        return reader(body)
    except Malformed as error:
        raise errors.WrongAnswer(f"not as the contract says: {error}") from None


def refusal(
    status: int, headers: Mapping[str, str], body: Json | None, *, of_a_command: bool = False
) -> errors.CentralError:
    """The error that an answer without the hoped-for status stands for.

    ``of_a_command``: the call was about one command, whose ``404`` the contract leaves without a type.
    """
    word = problem_word(body)
    undecided = status in NOT_DECIDED or status >= SERVER_ERROR
    if body is not None and word in PROBLEMS and (not undecided or word in COME_BACK):
        if of_a_command and status == NOT_FOUND:
            return errors.NotFound("no such command")
        try:
            return PROBLEMS[word](body)
        except Malformed as error:
            return errors.WrongAnswer(f"{word} not as the contract says: {error}")
    if status in (UNAUTHORIZED, FORBIDDEN):
        return errors.Unauthorized(f"HTTP {status}")
    if body is not None and not undecided:
        if of_a_command and status == NOT_FOUND:
            return errors.NotFound("no such command")
        if word not in ("", "blank"):  # about:blank says no more than the status does
            return errors.WrongAnswer(f"HTTP {status} of a type that we do not know")
    return errors.Busy(
        f"HTTP {status}", retry_after=retry_after(headers), timed_out=status == GATEWAY_TIMEOUT
    )


def problem_word(body: Json | None) -> str:
    """The last word of a problem's type: ``closed`` of ``urn:centre:closed`` or ``https://…/closed``."""
    kind = (body or {}).get("type")
    return re.split(r"[:/#]", kind.rstrip("/#"))[-1] if isinstance(kind, str) else ""


PROBLEMS: Mapping[str, Callable[[Json], errors.CentralError]] = {
    "closed": lambda body: errors.Closed(_hoped_time(body, "opens_at")),
    "quota-exhausted": lambda body: errors.QuotaExhausted(_hoped_time(body, "resets_at")),
    "not-visible": lambda _body: errors.NotVisible("not visible"),
    "duplicate-record": lambda _body: errors.DuplicateRecord("duplicate record"),
    "not-print-ready": lambda body: errors.NotPrintReady(_word(body, "central_status")),
    "command-exists": lambda body: errors.CommandExists(_uuid(body, "command_id")),
    "command-expired": lambda _body: errors.CommandExpired("not live"),
    "conflict": lambda _body: errors.AttemptConflict("another outcome was told"),
    "refused": lambda body: errors.Refused(_text(body, "reason")),
    "invalid": lambda body: errors.Invalid(_text(body, "field"), _text(body, "detail")),
    "not-found": lambda _body: errors.NotFound("no such command"),
}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from ``Retry-After`` in seconds or as a date (RFC 9110, 10.2.3).

    A date is read by the sender's own clock where it gives one: ours may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), HINT_LONGEST)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), HINT_LONGEST)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- From JSON to the contract's types ----------------------------------------------------------


def record(body: Json) -> RecordStatus:
    """What the centre knows of one person."""
    return RecordStatus(nik=_nik(body), status=_word(body, "status"), since=_time(body, "since"))


def records(body: Json) -> list[RecordStatus]:
    """The answer to a question about many."""
    return [record(one) for one in _objects(body, "records")]


def command(body: Json) -> Command:
    """A print command. An issued one has its dates: without them nobody knows whether it is live."""
    status = _word(body, "status")
    when = _time if status == CommandStatus.ISSUED else _maybe_time
    return Command(
        command_id=_uuid(body, "command_id"),
        nik=_nik(body),
        status=status,
        issued_at=when(body, "issued_at"),
        expires_at=when(body, "expires_at"),
        retry_after=_hint(body, "retry_after"),
    )


def told(body: Json) -> tuple[UUID, str]:
    """The command an attempt was told of, and its status now."""
    return _uuid(body, "command_id"), _word(body, "status")


def page(body: Json) -> CommandPage:
    """One page of the centre's list."""
    following = body.get("next")
    if following is not None and not isinstance(following, str | int):
        raise Malformed("next")
    return CommandPage(
        commands=tuple(_listed(one) for one in _objects(body, "commands")),
        next=None if following in (None, "") else str(following),
    )


def _listed(body: Json) -> ListedCommand:
    return ListedCommand(
        command_id=_uuid(body, "command_id"),
        nik=_nik(body),
        status=_word(body, "status"),
        issued_at=_maybe_time(body, "issued_at"),
        attempts=tuple(
            ListedAttempt(
                n=_count(one, "n"),
                outcome=_word(one, "outcome"),
                blank=_text(one, "blank"),
                at=_time(one, "at"),
            )
            for one in _objects(body, "attempts")
        ),
    )


def counts(body: Json) -> MonthCounts:
    """What the centre counted."""
    numbers = ("commands_issued", "printed", "spoiled", "waiting", "blanks_sent")
    return MonthCounts(
        office=_word(body, "office"),
        month=_word(body, "month"),
        **{name: _count(body, name) for name in numbers},
    )


def centre_status(body: Json) -> CentreStatus:
    """Whether the centre is open, and its hours."""
    if not isinstance(body.get("open"), bool):
        raise Malformed("open")
    return CentreStatus(
        open=body["open"],
        opens_at=_maybe_time(body, "opens_at"),
        closes_at=_maybe_time(body, "closes_at"),
        message=_text(body, "message"),
    )


# --- Single members -----------------------------------------------------------------------------


def _word(body: Json, name: str) -> str:
    """A word of the contract or one that we do not know yet, as it came."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= WORD_LONGEST or not value.isprintable():
        raise Malformed(name)
    if NIK_LIKE.search(value):
        raise Malformed(name)
    return value


def _nik(body: Json) -> str:
    value = body.get("nik")
    if not isinstance(value, str) or not value:
        raise Malformed("nik")
    return value


def _text(body: Json, name: str) -> str:
    """A text for a clerk: on one line, not too long, every NIK in it masked; empty when there is none."""
    value = body.get(name)
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())
    return NIK_LIKE.sub(lambda found: mask(found[0]), line)[:TEXT_LONGEST]


def _time(body: Json, name: str) -> datetime:
    value = body.get(name)
    try:
        moment = datetime.fromisoformat(value.upper() if isinstance(value, str) else "")
        moment.astimezone(UTC)  # a year that no database can keep
    except (ValueError, OverflowError):
        raise Malformed(name) from None
    if moment.tzinfo is None:
        raise Malformed(name)
    return moment


def _maybe_time(body: Json, name: str) -> datetime | None:
    return None if body.get(name) in (None, "") else _time(body, name)


def _hoped_time(body: Json, name: str) -> datetime | None:
    """A time that may be unreadable without taking away what the answer says."""
    try:
        return _maybe_time(body, name)
    except Malformed:
        return None


def _hint(body: Json, name: str) -> float | None:
    """Seconds, when they make sense; a hint is never worth an answer."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(float(value), HINT_LONGEST) if math.isfinite(value) and value >= 0 else None


def _count(body: Json, name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(name)
    return value


def _uuid(body: Json, name: str) -> UUID:
    value = body.get(name)
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise Malformed(name) from None


def _objects(body: Json, name: str) -> list[Json]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Malformed(name)
    return value
