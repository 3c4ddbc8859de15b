"""How do the centre's words look as JSON, and ours when they come in?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiohttp import web

from registry.central import errors
from registry.central.book import is_nik
from registry.central.contract import (
    Attempt,
    AttemptOutcome,
    CentreStatus,
    Command,
    CommandPage,
    Digests,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)

PROBLEM = "application/problem+json"
DIGESTS = ("photo", "fingerprints", "iris", "signature")

# kind → status and title; titles are for people, the client decides on the type alone.
PROBLEMS = {
    "invalid": (422, "A field is wrong"),
    "refused": (422, "Refused"),
    "not-visible": (404, "The centre does not have this recording (yet)"),
    "not-found": (404, "No such thing"),
    "duplicate-record": (409, "The same person is known under another NIK"),
    "not-print-ready": (409, "The record does not allow a card"),
    "command-exists": (409, "A live command for this person exists"),
    "conflict": (409, "Another outcome was told for this attempt"),
    "command-expired": (409, "The command is not live"),
    "quota-exhausted": (403, "The office's quota is used up"),
    "closed": (503, "Outside of the opening hours"),
    "busy": (503, "Too many calls"),
    "unauthorized": (401, "No valid credential"),
}
MEMBERS = ("central_status", "command_id", "opens_at", "resets_at", "reason", "field")


def problem(
    kind: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> web.Response:
    """A problem document (RFC 9457); ``status`` where it is not the kind's own."""
    usual, title = PROBLEMS.get(kind, (500, kind))
    code = status or usual
    body = {"type": f"urn:centre:{kind}", "title": title, "status": code, **(members or {})}
    return web.json_response(body, status=code, headers=headers, content_type=PROBLEM)


def refusal(error: errors.CentralError) -> web.Response:
    """The problem document of a refusal."""
    members = {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name in MEMBERS
        if (value := getattr(error, name, None)) is not None
    }
    if isinstance(error, errors.Invalid):
        members["detail"] = str(error)
    return problem(error.kind, members=members)


# --- What the centre says -----------------------------------------------------------------------


def record(answer: RecordStatus) -> dict[str, Any]:
    """``{nik, status, since}``"""
    return {"nik": answer.nik, "status": str(answer.status), "since": answer.since.isoformat()}


def command(answer: Command) -> dict[str, Any]:
    """``{command_id, nik, status, issued_at, expires_at}``, while pending ``{…, retry_after}``"""
    body: dict[str, Any] = {
        "command_id": str(answer.command_id),
        "nik": answer.nik,
        "status": str(answer.status),
        "issued_at": _iso(answer.issued_at),
        "expires_at": _iso(answer.expires_at),
    }
    if answer.retry_after is not None:
        body["retry_after"] = round(max(0.0, answer.retry_after), 3)
    return body


def page(answer: CommandPage) -> dict[str, Any]:
    """``{commands: […], next}``"""
    return {
        "commands": [
            {
                "command_id": str(one.command_id),
                "nik": one.nik,
                "status": str(one.status),
                "issued_at": _iso(one.issued_at),
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
    """What the centre counted."""
    names = ("office", "month", "commands_issued", "printed", "spoiled", "waiting", "blanks_sent")
    return {name: getattr(answer, name) for name in names}


def centre_status(answer: CentreStatus) -> dict[str, Any]:
    """``{open, opens_at, closes_at, message}``"""
    return {
        "open": answer.open,
        "opens_at": _iso(answer.opens_at),
        "closes_at": _iso(answer.closes_at),
        "message": answer.message,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# --- What the office says; everything here raises errors.Invalid --------------------------------


def read_submission(recording_id: str, body: Mapping[str, Any]) -> RecordingSubmission:
    """The recording in ``body``."""
    digests = body.get("digests")
    if not isinstance(digests, dict):
        raise errors.Invalid("digests")
    return RecordingSubmission(
        recording_id=read_uuid("recording_id", recording_id),
        nik=read_nik(body),
        office=read_text("office", body),
        district=read_text("district", body),
        recorded_at=read_time("recorded_at", body),
        digests=Digests(*(read_text(name, digests, of="digests.") for name in DIGESTS)),
    )


def read_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """NIK, office and reason of a request for a command."""
    try:
        reason = Reason(body.get("reason", ""))
    except ValueError:
        raise errors.Invalid("reason") from None
    return {"nik": read_nik(body), "office": read_text("office", body), "reason": reason}


def read_attempt(n: str, body: Mapping[str, Any]) -> Attempt:
    """One attempt."""
    if not (n.isascii() and n.isdigit()) or int(n) < 1:
        raise errors.Invalid("n")
    try:
        outcome = AttemptOutcome(body.get("outcome", ""))
    except ValueError:
        raise errors.Invalid("outcome") from None
    return Attempt(
        n=int(n),
        outcome=outcome,
        blank=read_text("blank", body),
        printer=read_text("printer", body),
        at=read_time("at", body).astimezone(UTC),
        reason=str(body.get("reason") or ""),
    )


def read_niks(body: Mapping[str, Any]) -> list[str]:
    """The people of a question about many."""
    niks = body.get("niks")
    if not isinstance(niks, list) or not all(isinstance(nik, str) for nik in niks):
        raise errors.Invalid("niks")
    return niks


def read_command_id(value: str) -> UUID:
    """A command's id; what is no UUID is no command. Raises errors.NotFound."""
    try:
        return UUID(value)
    except ValueError:
        raise errors.NotFound("no such command") from None


def read_uuid(name: str, value: str) -> UUID:
    """An identifier."""
    try:
        return UUID(value)
    except ValueError:
        raise errors.Invalid(name, "a UUID") from None


def read_text(name: str, body: Mapping[str, Any], *, of: str = "") -> str:
    """A text that is there."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise errors.Invalid(of + name, "a text")
    return value


def read_nik(body: Mapping[str, Any]) -> str:
    """Sixteen digits."""
    nik = read_text("nik", body)
    if not is_nik(nik):
        raise errors.Invalid("nik", "16 digits")
    return nik


def read_time(name: str, body: Mapping[str, Any]) -> datetime:
    """A moment with its offset."""
    try:
        moment = datetime.fromisoformat(read_text(name, body))
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise errors.Invalid(name, "RFC 3339 with offset") from None
    if moment.tzinfo is None:
        raise errors.Invalid(name, "RFC 3339 with offset")
    return moment
