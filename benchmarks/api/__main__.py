"""What do the manners cost: a recording delivered, a status looked up, beside an empty view?

One gunicorn with its real command line; the office's database with a million requests in it. Each
round asks the empty view, delivers recordings and looks up, one after the other, so that whatever
else the machine does hits all of them alike; told are the medians of the rounds' ratios. The empty view
stands outside /api/: it goes through the middleware of a page, sessions too, which devices do not.

Run: ``make bench ARGS=api``. ``API_REQUESTS=20000`` sets how many wait, ``API_ROUNDS`` how many
rounds there are, ``API_SECONDS`` how long each part of one takes.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

import psutil  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.api.load import Heard, Question, flat_out, paced  # noqa: E402
from benchmarks.line import waiting  # noqa: E402
from ektp_project import processes  # noqa: E402
from ektp_project.embedded.machinery import machinery  # noqa: E402
from printing.models import CardRequest  # noqa: E402
from registry.models import District, Office  # noqa: E402
from registry.models.device import Scope  # noqa: E402
from registry.services import devices  # noqa: E402
from tests import factories  # noqa: E402
from tests.devices import KINDS, a_recording  # noqa: E402

REQUESTS = int(os.environ.get("API_REQUESTS", "1000000"))
ROUNDS = int(os.environ.get("API_ROUNDS", "5"))
SECONDS = float(os.environ.get("API_SECONDS", "4"))
THREADS = processes.WEB_THREADS  # one connection for each thread of the server
ASKED_FOR = 2000  # residents whose status is asked, over and over
HALF = 0.5
REST = 2.0  # s between two parts: what one wrote is on the disk before the next begins
FIRST_NEW = 5_000_000  # numbers of people who are not in the list yet

numbers: Iterator[int] = count()


def fill() -> Office:
    """An office where so many wait; returns it."""
    office, now = factories.an_office(), timezone.now()
    district = District.objects.get(code="21.02.03")
    waiting.people_wait(office=office, district=district, numbers=range(ASKED_FOR), now=now)
    waiting.crowd_waits(office=office, district=district, numbers=range(ASKED_FOR, REQUESTS), now=now)
    waiting.look_at_the_tables()
    return office


class Asker:
    """The questions, with a device's key."""

    def __init__(self, office: Office) -> None:
        device = devices.register(
            name="bench", office=office, scopes=[Scope.RECORDINGS, Scope.STATUS], now=timezone.now()
        )
        key = devices.grant_key(device=device, now=timezone.now()).key.text
        self.headers = {"Authorization": f"Device {key}", "Content-Type": "application/json"}
        self.receipts = list(
            CardRequest.objects.order_by("recorded_at").values_list("receipt", flat=True)[:ASKED_FOR]
        )

    def empty(self, number: int) -> Question:
        """Nothing."""
        return Question("GET", "/empty")

    def recording(self, number: int) -> Question:
        """A recording that nobody has sent before."""
        born = waiting.BORN + timedelta(days=(FIRST_NEW + number) // waiting.SERIALS)
        body = a_recording(
            number,
            recording_id=str(uuid.uuid4()),
            nik=waiting.nik_of(FIRST_NEW + number),
            birth_date=born.isoformat(),
            files={kind: {"sha256": uuid.uuid4().hex * 2, "bytes": 50_000} for kind in KINDS},
        )
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        return Question("POST", "/api/v1/recordings", json.dumps(body).encode(), headers)

    def lookup(self, number: int) -> Question:
        """Where somebody's card is."""
        body = json.dumps({"receipt": self.receipts[number % len(self.receipts)]}).encode()
        return Question("POST", "/api/v1/status-lookups", body, self.headers)


def measure(address: str, server: psutil.Process, asker: Asker) -> dict[str, list[tuple[Heard, float]]]:
    """Rounds of all three; beside each, the milliseconds of processor an answer took of the web server."""
    parts = {"empty": asker.empty, "recordings": asker.recording, "lookups": asker.lookup}
    heard: dict[str, list[tuple[Heard, float]]] = {name: [] for name in parts}
    for turn in range(1 + ROUNDS):  # the first warms up
        for name, ask in parts.items():
            time.sleep(REST)
            before = processor(server)
            one = flat_out(address, ask, numbers=numbers, seconds=SECONDS, threads=THREADS)
            spent = 1000 * (processor(server) - before) / len(one.latencies)
            if turn:
                heard[name].append((one, spent))
    return heard


def processor(server: psutil.Process) -> float:
    """Processor seconds of the web server so far."""
    return sum(sum(each.cpu_times()[:2]) for each in (server, *server.children(recursive=True)))


def row(name: str, heard: list[tuple[Heard, float]], against: list[tuple[Heard, float]]) -> float:
    """One line of the table; returns the median ratio."""
    ratio = median(
        one.rate / other.rate for (one, _spent), (other, _less) in zip(heard, against, strict=True)
    )
    rates = [one.rate for one, _spent in heard]
    spent = median(spent for _one, spent in heard)
    print(
        f"{name:<28}{median(rates):>8,.0f} /s  ({min(rates):,.0f} – {max(rates):,.0f})"
        f"{spent:>8.2f} ms of processor{ratio:>8.2f} of the empty view's rate",
        flush=True,
    )
    return ratio


def main() -> None:
    """Print the table."""
    call_command("migrate", verbosity=0)
    office = fill()
    print(f"{CardRequest.objects.count():,} requests; medians of {ROUNDS} rounds of {SECONDS:.0f} s each")
    environment = {
        "EKTP_DEMO": "1",
        "STATIC_MANIFEST": "0",
        "PYTHONPATH": os.getcwd(),
        "DJANGO_SETTINGS_MODULE": "benchmarks.api.settings",
    }
    with (
        tempfile.TemporaryDirectory() as name,
        machinery(folder=Path(name), environment=environment) as whole,
    ):
        address = whole.start_web()
        asker = Asker(office)
        heard = measure(address, psutil.Process(whole.running["web"].pid), asker)
        ratios = {part: row(part, heard[part], heard["empty"]) for part in heard}
        late = {}
        for part, ask in (("recordings", asker.recording), ("lookups", asker.lookup)):
            rate = HALF * median(one.rate for one, _spent in heard[part])
            paced_heard = paced(
                address, ask, numbers=numbers, seconds=3 * SECONDS, threads=THREADS, rate=rate
            )
            late[part] = 1000 * paced_heard.percentile(0.99)
            print(f"{part} at half load: {rate:,.0f} /s, p99 {late[part]:.0f} ms", flush=True)
    print(f"BENCH api_recordings_ratio {ratios['recordings']:.2f} of the empty view")
    print(f"BENCH api_lookups_ratio {ratios['lookups']:.2f} of the empty view")
    print(f"BENCH api_recordings_p99 {late['recordings']:.0f} ms")
    print(f"BENCH api_lookups_p99 {late['lookups']:.0f} ms")


if __name__ == "__main__":
    main()
