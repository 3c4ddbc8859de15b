"""Which centres must all hold to the contract? The twin, the simulator as a process, and any other.

``CENTRAL_URL_UNDER_TEST`` (with ``CENTRAL_TOKEN``) adds somebody else's centre; what needs its knobs
turned is then skipped for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest

from ektp_project.embedded.machinery import Machinery, machinery
from registry.central.client import HttpCentral
from registry.central.contract import Central
from registry.central.memory import MemoryCentral

OTHER = os.environ.get("CENTRAL_URL_UNDER_TEST", "")
PEOPLE = count(1)


@dataclass
class Bench:
    """One centre under test, and its knobs as far as they can be turned."""

    central: Central
    twin: MemoryCentral | None = None
    address: str = ""
    process: Machinery | None = None

    def person(self, *, serial: str = "", seen: bool = True) -> str:
        """A fresh made-up NIK; ``seen``: the centre knows the person."""
        number = next(PEOPLE)
        serial = serial or f"{number % 8000 + 1:04}"
        nik = f"{210201 + number // 8000:06}{1 + number % 28:02}{1 + number % 12:02}85{serial}"
        if seen:
            self.see(nik)
        return nik

    def see(self, nik: str) -> None:
        if self.twin is not None:
            self.twin.see(nik)
        else:
            self._control("POST", "people", {"people": [{"nik": nik}]})

    def turn(self, **knobs: Any) -> None:
        """Turn knobs of the simulator, or the twin's policy of the same meaning."""
        if self.twin is None:
            self._control("PATCH", "settings", knobs)
            return
        policy = self.twin.policy
        if "command_days" in knobs:
            policy.lifetime = timedelta(days=knobs["command_days"])
        if "pending_seconds" in knobs:
            policy.pending_for = timedelta(seconds=knobs["pending_seconds"])
        if "daily_quota" in knobs:
            policy.quota = knobs["daily_quota"] or None

    def _control(self, method: str, what: str, body: dict[str, Any]) -> None:
        if not self.address:
            pytest.skip("this centre's knobs are not ours to turn")
        answer = httpx2.request(method, f"{self.address}/control/{what}", json=body, timeout=30)
        answer.raise_for_status()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machinery]:
    """The simulator as a process, quick and without limits."""
    with machinery(folder=tmp_path_factory.mktemp("centre"), environment={}) as whole:
        whole.start_centre("service_seconds=0", "capacity=100")
        yield whole


@pytest.fixture(params=["twin", "simulator", *(["other"] if OTHER else [])])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each centre in its turn."""
    if request.param == "twin":
        twin = MemoryCentral()
        yield Bench(twin, twin=twin)
        return
    whole = request.getfixturevalue("simulator") if request.param == "simulator" else None
    address = whole.environment["CENTRAL_URL"] if whole else OTHER
    central = HttpCentral(address, os.environ.get("CENTRAL_TOKEN") or "demo-token", timeout=10)
    bench = Bench(central, address=address if whole else "", process=whole)
    yield bench
    if whole:
        bench.turn(
            command_days=7, pending_seconds=60, daily_quota=0, lost_answers=0, wrong_person=0, dead=False
        )
    central.close()
