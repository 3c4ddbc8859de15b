"""What does the office say, and what does it mean for what was sent?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

ROOT = "/api/v1/"
TIMEOUT = 30.0  # seconds; the office answers a batch of 100 in one or two, a slow line takes the rest
JSON = "application/json"
PASSING = {429, 502, 503, 504}
LOCKED = {401, 403}
IN_FLIGHT = "idempotency-key-in-flight"


class Later(Exception):
    """No answer, or one that passes: the same again, under the same key, after ``seconds`` at least."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Locked(Exception):
    """The office does not know this station's key, or not for this."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back whole."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        """It was taken."""
        return self.status < 300

    @property
    def problem(self) -> str:
        """What was wrong, in the office's words; with the fields, without their values."""
        return problem_of(self.body)

    def is_problem(self, kind: str) -> bool:
        """Whether this is the problem of this name."""
        return str(self.body.get("type", "")).endswith(f":{kind}")


def problem_of(document: dict[str, Any]) -> str:
    """A problem document (RFC 9457) in one line."""
    fields = [f"{error.get('field')}: {error.get('detail')}" for error in document.get("errors", [])]
    return "; ".join([str(document.get("title") or "tanpa keterangan"), *fields])


@dataclass
class Wire:
    """One station's connection to the office. Raises Later and Locked; every other answer is returned."""

    url: str
    key: str
    timeout: float = TIMEOUT
    seconds: list[float] = field(default_factory=list)  # of every answer, for the report
    repeats: int = 0  # calls that have to be made again

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Device {self.key}", "Accept": JSON, "User-Agent": "ektp-station/1"}
        self._client = httpx2.Client(
            base_url=self.url.rstrip("/") + ROOT, headers=headers, timeout=self.timeout
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def send_one(self, body: str, *, key: str) -> Answer:
        """``POST recordings``."""
        return self._post("recordings", body, key)

    def send_many(self, bodies: tuple[str, ...], *, key: str) -> Answer:
        """``POST recordings/batch``: the bodies as they were written down."""
        return self._post("recordings/batch", f'{{"items":[{",".join(bodies)}]}}', key)

    def received(self, recording_id: str, kind: str) -> Answer:
        """How much of a file the office has."""
        return self._ask(lambda: self._client.get(f"recordings/{recording_id}/files/{kind}"))

    def send_piece(self, recording_id: str, kind: str, *, offset: int, piece: bytes) -> Answer:
        """The bytes from ``offset`` on."""
        headers = {"Content-Type": "application/octet-stream", "Upload-Offset": str(offset)}
        address = f"recordings/{recording_id}/files/{kind}"
        return self._ask(lambda: self._client.patch(address, content=piece, headers=headers))

    def _post(self, path: str, body: str, key: str) -> Answer:
        headers = {"Content-Type": JSON, "Idempotency-Key": key}
        return self._ask(lambda: self._client.post(path, content=body.encode(), headers=headers))

    def _ask(self, call: Callable[[], httpx2.Response]) -> Answer:
        began = time.monotonic()
        try:
            response = call()
            document = dict(json.loads(response.content))  # every answer has one; without it, it is half
        except (httpx2.TransportError, httpx2.DecodingError, ValueError, TypeError) as error:
            self.repeats += 1
            raise Later(type(error).__name__) from error
        self.seconds.append(time.monotonic() - began)
        answer = Answer(response.status_code, document)
        if answer.status in LOCKED:
            raise Locked(answer.problem)
        if answer.status in PASSING or answer.status >= 500 or answer.is_problem(IN_FLIGHT):
            self.repeats += 1
            raise Later(f"jawaban {answer.status}", _retry_after(response))
        return answer


def _retry_after(response: httpx2.Response) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", 0)))
    except ValueError:  # a date: our own pace will do
        return 0.0
