"""How does the simulated centre learn whom it is to know, and how well it is to work?

Through its control API, which the ministry's real server does not have: where there is none, nothing
is told and nothing goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx2

TIMEOUT = 10.0  # seconds; the simulator writes a batch in well under one
AT_ONCE = 2000  # people in one call: a few hundred kilobytes


@dataclass(frozen=True, slots=True)
class Known:
    """What the centre says of one person, and since when."""

    nik: str
    status: str
    since: datetime


class SimulatorAway(Exception):
    """The centre has no control API, or does not answer there."""


class Simulator:
    """The control API of the simulator at ``url``."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url.rstrip("/"), timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def people(self) -> int:
        """How many people it knows. Raises SimulatorAway."""
        answer = self._ask("GET", "/control/stats")
        if not isinstance(answer.get("people"), int):
            raise SimulatorAway
        return int(answer["people"])

    def know(self, those: Sequence[Known]) -> None:
        """Let it know these people; whom it knows already keeps the word it has. Raises SimulatorAway."""
        for start in range(0, len(those), AT_ONCE):
            some = those[start : start + AT_ONCE]
            self._ask("POST", "/control/people", {"people": [_body(one) for one in some]})

    def turn(self, knobs: Mapping[str, Any]) -> None:
        """Set some of its knobs. Raises SimulatorAway."""
        self._ask("PATCH", "/control/settings", dict(knobs))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, json=body)
            response.raise_for_status()
            answer = response.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise SimulatorAway from error
        if not isinstance(answer, dict):
            raise SimulatorAway
        return answer


def _body(one: Known) -> dict[str, str]:
    return {"nik": one.nik, "status": one.status, "since": one.since.isoformat()}
