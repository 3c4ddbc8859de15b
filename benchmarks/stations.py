"""Do 2,000 recordings from 20 stations arrive once each over a bad line, and how long does it take?

The client's own command against the office's own web server, once over a good line and once through a
proxy that cuts, delays, doubles, reorders and falls silent (tests/faultproxy.py). A recording counts
when the office has it, its request and its four files, whole. Run: ``python -m benchmarks.stations``
with DATABASE_URL and REDIS_URL; a database of its own is made there and dropped. ``--count=200`` for less.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.db import connection  # noqa: E402 (Django must be set up first)

from clients.station import made_up  # noqa: E402
from clients.station.recordings import KINDS  # noqa: E402
from ektp_project.embedded.machinery import machinery  # noqa: E402
from printing.models import CardRequest  # noqa: E402
from registry.models import BiometricFile, Office, Recording  # noqa: E402
from registry.models.device import Scope  # noqa: E402
from tests import factories  # noqa: E402
from tests.devices import a_device  # noqa: E402
from tests.faultproxy import Fault, FaultProxy, Faults, fault_proxy  # noqa: E402

STATIONS = 20
COUNT = 2000
BATCH = 20  # recordings in one call: some hundred calls, each with a chance to be broken
BAD = Faults(cut_asking=0.02, cut_answering=0.03, black_hole=0.004, double=0.03, reorder=0.02, delay=0.02)
LINES = {"good": Faults(), "bad": BAD}
TIMEOUT = 5  # seconds a station waits for an answer; a silent line costs as much
NO_LIMIT = {"API_PER_DEVICE": "10000000", "API_PER_ADDRESS": "10000000", "LOG_LEVEL": "WARNING"}


def main() -> int:
    """Print the table; 1 when a recording is missing or came twice."""
    parser = ArgumentParser()
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--line", choices=LINES, help="only this one")
    options = parser.parse_args()
    count = options.count
    print(f"{STATIONS} stations, {count} recordings of {len(KINDS)} files each, batches of {BATCH}")
    missing = 0
    for name in [options.line] if options.line else LINES:
        seconds, arrived, line = measured(count, LINES[name])
        met = ", ".join(f"{fault} {line.counts[fault]}" for fault in Fault if line.counts[fault])
        print(f"{name:<5}{arrived:>6} arrived once  {seconds:>7.1f} s  {arrived / seconds:>6.1f} /s  ({met})")
        print(f"BENCH stations_{name}_arrived_once {arrived} recordings")
        print(f"BENCH stations_{name}_rate {arrived / seconds:.1f} per_second", flush=True)
        missing += count - arrived
    return 1 if missing else 0


def measured(count: int, faults: Faults) -> tuple[float, int, FaultProxy]:
    """Seconds, recordings that arrived exactly once, and the line they took."""
    with own_database() as address, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        office = factories.an_office()
        keys = [a_device(office, Scope.RECORDINGS, name=f"Stasiun {n}").key for n in range(STATIONS)]
        (folder / "keys").write_text("\n".join(keys))
        made_up.make(folder / "recordings", count=count)
        environment = {"DATABASE_URL": address, "VAR_DIR": str(folder / "var"), **NO_LIMIT}
        with machinery(folder=folder / "machinery", environment=environment) as whole:
            port = int(whole.start_web().rpartition(":")[2])
            with fault_proxy(port=port, faults=faults) as line:
                began = perf_counter()
                send(folder, line.url)
                seconds = perf_counter() - began
            return seconds, arrived_once(office), line


def send(folder: Path, url: str) -> None:
    """The client's own command, until everything has arrived."""
    command = [sys.executable, "-m", "clients.station", str(folder / "recordings"), "--url", url]
    command += ["--key-file", str(folder / "keys"), "--stations", str(STATIONS), "--batch", str(BATCH)]
    command += ["--timeout", str(TIMEOUT), "--patience", "5"]
    subprocess.run(command, check=True)


def arrived_once(office: Office) -> int:
    """People with one recording, one request and every file whole; 0 when anything came twice."""
    recordings = Recording.objects.filter(office=office)
    people = recordings.values("resident").distinct().count()
    requests = CardRequest.objects.filter(office=office).count()
    whole = BiometricFile.objects.filter(completed_at__isnull=False).count()
    return people if people == recordings.count() == requests == whole / len(KINDS) else 0


@contextmanager
def own_database() -> Iterator[str]:
    """The office forgets nothing, so the benchmark leaves with its whole database. Gives its address."""
    before = connection.settings_dict["NAME"]
    name = f"bench_stations_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
