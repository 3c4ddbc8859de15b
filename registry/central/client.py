"""How is the centre spoken to over the wire?

Contract version 1 over HTTP/1.1 and JSON, through one pool of connections per process. ``answers``
says what each answer means; ``punctual`` sees to it that no call outlives its time. The pool is that
of httpx without its client on top: redirects, cookies and encodings are of no use here, and they were
half of what a call costs this process.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import httpcore2
import httpx2

from registry.central import answers, errors
from registry.central.answers import Json
from registry.central.contract import (
    Attempt,
    CentreStatus,
    Command,
    CommandPage,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)
from registry.central.punctual import punctual_pool, within

TOTAL_SECONDS = 35.0  # a call may take 30 s (the contract), and its answer has to travel
CONNECT_SECONDS = 5.0  # the network path is up or it is not
IDLE_SECONDS = 4.0  # shorter than servers commonly keep a quiet connection (5 s and more)
BODY_MAXIMUM = 4 * 1024 * 1024  # bytes; a page of 500 commands has about 200 kB
CONNECTIONS = 128  # more than the threads of one worker, so that a call never waits for a socket

NEVER_SENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout)
BROKEN = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError)
SUCCESS = range(200, 300)

Spoken = TypeVar("Spoken", RecordStatus, Command)


class _NoAddresses(logging.Filter):
    """Keeps the library's word about every request out of the logs: by contract one has a NIK in its path."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


logging.getLogger("httpx2").addFilter(_NoAddresses())


class HttpCentral:
    """The centre at ``base_url``. Thread-safe.

    ``timeout`` in seconds bounds a whole call, from connecting to the last byte read. Raises
    ValueError for an address or a token that cannot be used.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = TOTAL_SECONDS) -> None:
        self._timeout = timeout
        self._address = httpcore2.URL(_checked_address(base_url))
        self._base_path = self._address.target.decode().rstrip("/")
        self._headers = (
            ("Authorization", f"Bearer {_checked_token(token)}"),
            ("Accept", "application/json, application/problem+json"),
            ("Accept-Encoding", "identity"),  # a small body cannot swell into a large one
        )
        connect = min(CONNECT_SECONDS, timeout)
        self._patience = {"connect": connect, "read": timeout, "write": timeout, "pool": timeout}
        self._pool = punctual_pool(connections=CONNECTIONS, idle_seconds=IDLE_SECONDS)

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()

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
        answer = self._ask("PUT", f"/v1/recordings/{submission.recording_id}", body)
        return _about(submission.nik, answers.read(answers.record, answer))

    def recording_status(self, nik: str) -> RecordStatus:
        """GET /v1/recordings/{nik}"""
        answer = self._ask("GET", f"/v1/recordings/{quote(nik, safe='')}")
        return _about(nik, answers.read(answers.record, answer))

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """POST /v1/recordings/query. A stranger in the answer makes all of it somebody else's."""
        answer = self._ask("POST", "/v1/recordings/query", {"niks": list(niks)})
        known = {record.nik: record for record in answers.read(answers.records, answer)}
        if not known.keys() <= set(niks):
            raise errors.WrongAnswer("the answer speaks of people who were not asked about")
        return known

    # --- Print commands -----------------------------------------------------------------------

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        """POST /v1/print-commands"""
        answer = self._ask(
            "POST",
            "/v1/print-commands",
            {"nik": nik, "office": office, "reason": str(reason)},
            headers={"Idempotency-Key": str(key)},
        )
        return _about(nik, answers.read(answers.command, answer))

    def command(self, command_id: UUID) -> Command:
        """GET /v1/print-commands/{command_id}"""
        answer = self._ask("GET", f"/v1/print-commands/{command_id}", of_a_command=True)
        command = answers.read(answers.command, answer)
        if command.command_id != command_id:
            raise errors.WrongAnswer("another command than the one asked for")
        return command

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """PUT /v1/print-commands/{command_id}/attempts/{n}"""
        body = {
            "outcome": str(attempt.outcome),
            "blank": attempt.blank,
            "printer": attempt.printer,
            "at": attempt.at.isoformat(),
            "reason": attempt.reason,
        }
        path = f"/v1/print-commands/{command_id}/attempts/{attempt.n}"
        told, status = answers.read(answers.told, self._ask("PUT", path, body, of_a_command=True))
        if told != command_id:
            raise errors.WrongAnswer("another command than the one told of")
        return status

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        """GET /v1/print-commands?office=…&cursor=…"""
        parameters = {"office": office} | ({"cursor": cursor} if cursor else {})
        page = answers.read(answers.page, self._ask("GET", "/v1/print-commands", parameters=parameters))
        if page.next is not None and page.next == cursor:
            raise errors.WrongAnswer("a page that leads to itself")
        return page

    # --- Counts and hours ---------------------------------------------------------------------

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        """GET /v1/offices/{office}/months/{YYYY-MM}"""
        path = f"/v1/offices/{quote(office, safe='')}/months/{quote(month, safe='')}"
        counts = answers.read(answers.counts, self._ask("GET", path))
        if (counts.office, counts.month) != (office, month):
            raise errors.WrongAnswer("another office or month than asked for")
        return counts

    def status(self) -> CentreStatus:
        """GET /v1/status"""
        return answers.read(answers.centre_status, self._ask("GET", "/v1/status"))

    # --- The wire -----------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        of_a_command: bool = False,
    ) -> Json:
        """One call; the JSON object of a good answer, or the error that its problem names.

        The libraries' own errors are left behind: their texts may repeat what came over the wire.
        """
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        said: list[tuple[bytes | str, bytes | str]] = [*self._headers, *(headers or {}).items()]
        if sent is not None:
            said.append(("Content-Type", "application/json"))
        try:
            with (
                within(self._timeout),
                self._pool.stream(
                    method,
                    self._url(path, parameters),
                    headers=said,
                    content=sent,
                    extensions={"timeout": self._patience},
                ) as response,
            ):
                content = _body(response)
        except NEVER_SENT as error:
            raise errors.Busy(type(error).__name__, reached=False) from None
        except BROKEN as error:
            # It went out and nothing readable came back: it may have taken effect.
            raise errors.Busy(type(error).__name__, timed_out=True) from None
        answer = answers.json_object(content)
        if response.status in SUCCESS:
            if answer is None:
                raise errors.Busy(f"HTTP {response.status} without JSON", timed_out=True)
            return answer
        raise answers.refusal(
            response.status, httpx2.Headers(response.headers), answer, of_a_command=of_a_command
        )

    def _url(self, path: str, parameters: Mapping[str, str] | None) -> httpcore2.URL:
        target = (
            f"{self._base_path}{path}?{urlencode(parameters)}" if parameters else f"{self._base_path}{path}"
        )
        base = self._address
        return httpcore2.URL(scheme=base.scheme, host=base.host, port=base.port, target=target)


def _body(response: httpcore2.Response) -> bytes:
    """The whole body. Raises Busy when it is too large."""
    parts, size = [], 0
    for part in response.iter_stream():
        size += len(part)
        if size > BODY_MAXIMUM:
            raise errors.Busy("the answer is too large", timed_out=True)
        parts.append(part)
    return b"".join(parts)


def _about(nik: str, answer: Spoken) -> Spoken:
    if answer.nik != nik:
        raise errors.WrongAnswer("the answer is for another person")
    return answer


def _checked_address(address: str) -> str:
    refusal = "The centre's address is not one of http:// or https://."
    try:
        parts = urlsplit(address)
    except ValueError as unreadable:
        raise ValueError(refusal) from unreadable
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(refusal)
    return address.rstrip("/")


def _checked_token(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("The centre's token is empty, or has characters that no token has.")
    return token


# --- One pool per process -----------------------------------------------------------------------

_shared: dict[tuple[int, str, str, float], HttpCentral] = {}
_lock = threading.Lock()
# Nobody may hold the lock at the moment of a fork, or the child would wait for it for ever.
os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def shared(base_url: str, token: str, *, timeout: float = TOTAL_SECONDS) -> HttpCentral:
    """This process's client of one centre, for all its threads and offices.

    By process id: a forked child never speaks over its parent's sockets. It leaves the parent's client
    alone rather than closing it, which over TLS would be heard at the other end.
    """
    wanted = (os.getpid(), base_url, token, timeout)
    with _lock:
        if wanted not in _shared:
            _shared[wanted] = HttpCentral(base_url, token, timeout=timeout)
        return _shared[wanted]
