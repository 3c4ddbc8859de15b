"""How is the centre spoken to over the wire?

Contract version 1 over HTTP/1.1 and JSON. Every answer becomes a contract type or one of the errors
of ``registry.central.errors``; whatever cannot be understood is Busy, never a refusal. No exception
text carries a NIK, and no call outlives its deadline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx2

from registry.central import errors
from registry.central.contract import (
    Attempt,
    CentreStatus,
    Command,
    CommandPage,
    ListedAttempt,
    ListedCommand,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)

CONNECT_SECONDS = 5.0  # the network path is up or it is not
BODY_MAXIMUM = 4 * 1024 * 1024  # bytes; a page of 500 commands has about 200 kB
CONNECTIONS = 128  # more than the threads of one worker, so that a call never waits for a socket
OK, CREATED, ACCEPTED = 200, 201, 202

Answer = TypeVar("Answer")
Json = Mapping[str, Any]


class HttpCentral:
    """The centre at ``base_url``. Thread-safe; keeps one pool of connections.

    ``timeout`` in seconds bounds a whole call, from the first byte sent to the last one read.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 35.0) -> None:
        self._timeout = timeout
        self._client = httpx2.Client(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            follow_redirects=False,
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    # --- Recordings ---------------------------------------------------------------------------

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        """PUT /v1/recordings/{recording_id}"""
        body = {
            "nik": submission.nik,
            "office": submission.office,
            "district": submission.district,
            "recorded_at": submission.recorded_at.isoformat(),
            "digests": {
                "photo": submission.digests.photo,
                "fingerprints": submission.digests.fingerprints,
                "iris": submission.digests.iris,
                "signature": submission.digests.signature,
            },
        }
        answer = self._ask("PUT", f"/v1/recordings/{submission.recording_id}", body, expect=(OK, CREATED))
        return _about(submission.nik, _understood(_record, answer))

    def recording_status(self, nik: str) -> RecordStatus:
        """GET /v1/recordings/{nik}"""
        return _about(nik, _understood(_record, self._ask("GET", f"/v1/recordings/{nik}")))

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """POST /v1/recordings/query; what was not asked for is dropped from the answer."""
        answer = self._ask("POST", "/v1/recordings/query", {"niks": list(niks)})
        records = _understood(lambda body: [_record(one) for one in body["records"]], answer)
        asked = set(niks)
        return {record.nik: record for record in records if record.nik in asked}

    # --- Print commands -----------------------------------------------------------------------

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        """POST /v1/print-commands"""
        answer = self._ask(
            "POST",
            "/v1/print-commands",
            {"nik": nik, "office": office, "reason": str(reason)},
            headers={"Idempotency-Key": str(key)},
            expect=(OK, CREATED, ACCEPTED),
        )
        return _about(nik, _understood(_command, answer))

    def command(self, command_id: UUID) -> Command:
        """GET /v1/print-commands/{command_id}"""
        command = _understood(_command, self._ask("GET", f"/v1/print-commands/{command_id}"))
        if command.command_id != command_id:
            raise errors.WrongAnswer("another command than the one asked for")
        return command

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """PUT /v1/print-commands/{command_id}/attempts/{n}"""
        answer = self._ask(
            "PUT",
            f"/v1/print-commands/{command_id}/attempts/{attempt.n}",
            {
                "outcome": str(attempt.outcome),
                "blank": attempt.blank,
                "printer": attempt.printer,
                "at": attempt.at.isoformat(),
                "reason": attempt.reason,
            },
            expect=(OK, CREATED),
        )
        told, status = _understood(lambda body: (UUID(body["command_id"]), str(body["status"])), answer)
        if told != command_id:
            raise errors.WrongAnswer("another command than the one told of")
        return status

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        """GET /v1/print-commands?office=…&cursor=…"""
        parameters = {"office": office} | ({"cursor": cursor} if cursor else {})
        return _understood(_page, self._ask("GET", "/v1/print-commands", parameters=parameters))

    # --- Counts and hours ---------------------------------------------------------------------

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        """GET /v1/offices/{office}/months/{YYYY-MM}"""
        counts = _understood(_counts, self._ask("GET", f"/v1/offices/{office}/months/{month}"))
        if (counts.office, counts.month) != (office, month):
            raise errors.WrongAnswer("another office or month than asked for")
        return counts

    def status(self) -> CentreStatus:
        """GET /v1/status"""
        return _understood(_centre_status, self._ask("GET", "/v1/status"))

    # --- The wire -----------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: tuple[int, ...] = (OK,),
    ) -> Json:
        """One call; the JSON object of a hoped-for answer, or the error that its problem names."""
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream(method, path, json=body, params=parameters, headers=headers) as response:
                content = _read(response, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise errors.Busy(type(error).__name__, reached=False) from error
        except httpx2.TimeoutException as error:
            raise errors.Busy(type(error).__name__, timed_out=True) from error
        except httpx2.HTTPError as error:
            raise errors.Busy(type(error).__name__) from error
        answer = _json(content)
        if response.status_code in expect and answer is not None:
            return answer
        raise _problem(response.status_code, response.headers, answer)


def _read(response: httpx2.Response, deadline: float) -> bytes:
    """The whole body, unless it is too large or comes too slowly."""
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > BODY_MAXIMUM:
            raise errors.Busy("the answer is too large")
        if time.monotonic() > deadline:
            raise errors.Busy("the answer came too slowly", timed_out=True)
        parts.append(part)
    return b"".join(parts)


def _json(content: bytes) -> Json | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _problem(status: int, headers: Mapping[str, str], answer: Json | None) -> errors.CentralError:
    """The error that a problem document (RFC 9457) names by its type; Busy when it names none."""
    word = _word(answer)
    if answer is not None and word in _PROBLEMS and (status < 500 or word == "closed"):
        try:
            return _PROBLEMS[word](answer)
        except (KeyError, TypeError, ValueError):
            return errors.Busy("a problem document without its members")
    if status in (401, 403):
        return errors.Unauthorized(f"HTTP {status}")
    return errors.Busy(f"HTTP {status}", retry_after=_retry_after(headers.get("Retry-After")))


def _word(answer: Json | None) -> str:
    """The last word of the problem's type: ``closed`` of ``urn:centre:closed`` or ``https://…/closed``."""
    kind = str((answer or {}).get("type", ""))
    return kind.replace(":", "/").replace("#", "/").rstrip("/").rsplit("/", 1)[-1]


_PROBLEMS: Mapping[str, Callable[[Json], errors.CentralError]] = {
    "closed": lambda body: errors.Closed(_maybe_time(body.get("opens_at"))),
    "quota-exhausted": lambda body: errors.QuotaExhausted(_maybe_time(body.get("resets_at"))),
    "not-visible": lambda body: errors.NotVisible("not visible"),
    "duplicate-record": lambda body: errors.DuplicateRecord("duplicate record"),
    "not-print-ready": lambda body: errors.NotPrintReady(str(body.get("central_status", ""))),
    "command-exists": lambda body: errors.CommandExists(UUID(body["command_id"])),
    "command-expired": lambda body: errors.CommandExpired("not live"),
    "conflict": lambda body: errors.AttemptConflict("another outcome was told"),
    "refused": lambda body: errors.Refused(str(body.get("reason", ""))),
    "invalid": lambda body: errors.Invalid(str(body.get("field", ""))),
    "not-found": lambda body: errors.NotFound("no such command"),
}


def _retry_after(value: str | None) -> float | None:
    """Seconds from now; the header may carry seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


# --- From JSON to the contract's types ----------------------------------------------------------


def _understood(read: Callable[[Json], Answer], body: Json) -> Answer:
    """``read(body)``. What does not follow the contract was garbled on its way: ask again later."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.Busy("the answer does not follow the contract") from error


Spoken = TypeVar("Spoken", RecordStatus, Command)


def _about(nik: str, answer: Spoken) -> Spoken:
    if answer.nik != nik:
        raise errors.WrongAnswer("the answer is for another person")
    return answer


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment


def _maybe_time(value: str | None) -> datetime | None:
    return _time(value) if value else None


def _record(body: Json) -> RecordStatus:
    return RecordStatus(nik=str(body["nik"]), status=str(body["status"]), since=_time(body["since"]))


def _command(body: Json) -> Command:
    wait = body.get("retry_after")
    return Command(
        command_id=UUID(body["command_id"]),
        nik=str(body["nik"]),
        status=str(body["status"]),
        issued_at=_maybe_time(body.get("issued_at")),
        expires_at=_maybe_time(body.get("expires_at")),
        retry_after=float(wait) if wait is not None else None,
    )


def _page(body: Json) -> CommandPage:
    return CommandPage(
        commands=tuple(
            ListedCommand(
                command_id=UUID(one["command_id"]),
                nik=str(one["nik"]),
                status=str(one["status"]),
                issued_at=_maybe_time(one.get("issued_at")),
                attempts=tuple(
                    ListedAttempt(int(a["n"]), str(a["outcome"]), str(a["blank"]), _time(a["at"]))
                    for a in one.get("attempts", [])
                ),
            )
            for one in body["commands"]
        ),
        next=body.get("next"),
    )


def _counts(body: Json) -> MonthCounts:
    numbers = ("commands_issued", "printed", "spoiled", "waiting", "blanks_sent")
    return MonthCounts(
        office=str(body["office"]), month=str(body["month"]), **{name: int(body[name]) for name in numbers}
    )


def _centre_status(body: Json) -> CentreStatus:
    return CentreStatus(
        open=bool(body["open"]),
        opens_at=_maybe_time(body.get("opens_at")),
        closes_at=_maybe_time(body.get("closes_at")),
        message=str(body.get("message") or ""),
    )
