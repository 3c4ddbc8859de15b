"""How do the centre's answers look as JSON?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from registry.central import errors
from registry.central.contract import (
    Attempt,
    AttemptOutcome,
    Command,
    CommandPage,
    Digests,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)

PROBLEM = "application/problem+json"
STATUS = {
    "invalid": 422,
    "refused": 422,
    "not-visible": 404,
    "not-found": 404,
    "duplicate-record": 409,
    "not-print-ready": 409,
    "command-exists": 409,
    "conflict": 409,
    "command-expired": 409,
    "quota-exhausted": 403,
    "closed": 503,
}
MEMBERS = ("central_status", "command_id", "opens_at", "resets_at", "reason", "field")


def problem(
    status: int, kind: str, headers: Mapping[str, str] | None = None, /, **members: Any
) -> web.Response:
    """A problem document (RFC 9457)."""
    body = {"type": f"urn:centre:{kind}", "title": kind, "status": status} | members
    return web.json_response(body, status=status, headers=headers, content_type=PROBLEM)


def refusal(error: errors.CentralError) -> web.Response:
    """The problem document of a refusal."""
    members = {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name in MEMBERS
        if (value := getattr(error, name, None))
    }
    return problem(STATUS.get(error.kind, 503), error.kind, None, **members)


def record(answer: RecordStatus) -> dict[str, Any]:
    return {"nik": answer.nik, "status": str(answer.status), "since": answer.since.isoformat()}


def command(answer: Command) -> dict[str, Any]:
    body: dict[str, Any] = {
        "command_id": str(answer.command_id),
        "nik": answer.nik,
        "status": str(answer.status),
    }
    for name in ("issued_at", "expires_at"):
        if moment := getattr(answer, name):
            body[name] = moment.isoformat()
    if answer.retry_after is not None:
        body["retry_after"] = round(max(0.0, answer.retry_after), 3)
    return body


def page(answer: CommandPage) -> dict[str, Any]:
    return {
        "commands": [
            {
                "command_id": str(one.command_id),
                "nik": one.nik,
                "status": str(one.status),
                "issued_at": one.issued_at.isoformat() if one.issued_at else None,
                "attempts": [
                    {"n": a.n, "outcome": str(a.outcome), "blank": a.blank, "at": a.at.isoformat()}
                    for a in one.attempts
                ],
            }
            for one in answer.commands
        ],
        "next": answer.next,
    }


def counts(answer: MonthCounts) -> dict[str, Any]:
    names = ("office", "month", "commands_issued", "printed", "spoiled", "waiting", "blanks_sent")
    return {name: getattr(answer, name) for name in names}


def read_submission(recording_id: str, body: Mapping[str, Any]) -> RecordingSubmission:
    """The recording in ``body``. Raises errors.Invalid."""
    digests = body.get("digests")
    if not isinstance(digests, dict) or set(digests) != {"photo", "fingerprints", "iris", "signature"}:
        raise errors.Invalid("digests")
    return RecordingSubmission(
        recording_id=_uuid("recording_id", recording_id),
        nik=_nik(body),
        office=_text("office", body),
        district=_text("district", body),
        recorded_at=_time("recorded_at", body),
        digests=Digests(**{name: str(value) for name, value in digests.items()}),
    )


def read_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """NIK, office and reason of a request for a command. Raises errors.Invalid."""
    try:
        reason = Reason(body.get("reason", ""))
    except ValueError:
        raise errors.Invalid("reason") from None
    return {"nik": _nik(body), "office": _text("office", body), "reason": reason}


def read_attempt(n: str, body: Mapping[str, Any]) -> Attempt:
    """One attempt. Raises errors.Invalid."""
    if not n.isdigit() or int(n) < 1:
        raise errors.Invalid("n")
    try:
        outcome = AttemptOutcome(body.get("outcome", ""))
    except ValueError:
        raise errors.Invalid("outcome") from None
    return Attempt(
        n=int(n),
        outcome=outcome,
        blank=_text("blank", body),
        printer=_text("printer", body),
        at=_time("at", body).astimezone(UTC),
        reason=str(body.get("reason") or ""),
    )


def read_key(value: str | None) -> UUID:
    """The Idempotency-Key. Raises errors.Invalid."""
    return _uuid("Idempotency-Key", value or "")


def read_command_id(value: str) -> UUID:
    """A command's id; what is no UUID is no command. Raises errors.NotFound."""
    try:
        return UUID(value)
    except ValueError:
        raise errors.NotFound("no such command") from None


def _uuid(name: str, value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise errors.Invalid(name) from None


def _text(name: str, body: Mapping[str, Any]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise errors.Invalid(name)
    return value


def _nik(body: Mapping[str, Any]) -> str:
    nik = _text("nik", body)
    if len(nik) != 16 or not nik.isdigit():
        raise errors.Invalid("nik")
    return nik


def _time(name: str, body: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(name, body))
    except ValueError:
        raise errors.Invalid(name) from None
    if moment.tzinfo is None:
        raise errors.Invalid(name)
    return moment
