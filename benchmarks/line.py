"""How many cards a second go through the whole line, with every guarantee on?

Real workers, beat, broker and database; the simulated centre without limits; folder printers. From
requests that wait to outcomes that the centre has. In the same run: a bare Celery task that does
nothing, on the same services. Run: ``make bench ARGS=line`` (``LINE_PEOPLE`` sets how many).
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import httpx2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from ektp_project.embedded.machinery import Machinery, machinery, wait_until  # noqa: E402
from ektp_project.processes import WORKERS  # noqa: E402
from printing import tasks  # noqa: E402
from printing.models import CardRequest, ExtraShift, Heartbeat, PrintAttempt, Printer  # noqa: E402
from printing.states import RequestState  # noqa: E402
from registry.services import seals  # noqa: E402
from registry.services.proof import verify  # noqa: E402
from tests import factories  # noqa: E402

PEOPLE = int(os.environ.get("LINE_PEOPLE", "2000"))
NOOPS = 3000  # enough that starting and stopping do not count
LIMIT_SECONDS = 540.0
UNLIMITED = ("capacity=400", "service_seconds=0", "queue=1000")


def prepare(whole: Machinery) -> None:
    """An office with blanks, two printers, and PEOPLE waiting whom the centre sees."""
    call_command("migrate", verbosity=0)
    office = factories.an_office()
    now = timezone.now()
    factories.stock(office, PEOPLE + 100)
    for number in (1, 2):
        Printer.objects.create(
            office=office, name=f"Printer {number}", driver="folder", depth=16,
            address=str(whole.folder / f"printer-{number}"), ribbon_left=10**6, film_left=10**6,
        )  # fmt: skip
    for first in range(1, PEOPLE + 1, 500):
        factories.waiting(office, *range(first, min(first + 500, PEOPLE + 1)), now=now)
    load_people(whole.environment["CENTRAL_URL"])


def open_shift() -> None:
    """From now on the line moves."""
    now = timezone.now()
    ExtraShift.objects.create(
        office=factories.an_office(),
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=6),
        planned_by="bench",
        planned_at=now,
    )


def all_awake() -> bool:
    """Whether every worker group has signed."""
    return {group.queue for group in WORKERS} <= set(Heartbeat.objects.values_list("name", flat=True))


def load_people(address: str) -> None:
    """Let the simulated centre know everybody."""
    people = [{"nik": factories.nik_of(number)} for number in range(1, PEOPLE + 1)]
    httpx2.post(f"{address}/control/people", json={"people": people}, timeout=60).raise_for_status()


def noop_rate() -> float:
    """Bare messages a second through one worker: the bell of an unknown lane does nothing."""
    client = tasks.redis_client()
    began = time.perf_counter()
    for _message in range(NOOPS):
        tasks.noop.delay()
    wait_until(lambda: client.llen("office") == 0, what="no-op tasks", seconds=LIMIT_SECONDS)
    return NOOPS / (time.perf_counter() - began)


def line_rate() -> float:
    """Cards a second, from the opening of the shift to the last report."""
    began = time.perf_counter()
    done = PrintAttempt.objects.filter(outcome="printed", reported_at__isnull=False)
    shown = began
    while (count := done.count()) < PEOPLE:
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise TimeoutError(f"only {count} of {PEOPLE} cards")
        if time.perf_counter() - shown > 5:
            shown = time.perf_counter()
            print(f"  {count} cards after {shown - began:.0f} s", flush=True)
        time.sleep(0.2)
    return PEOPLE / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        services = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": settings.REDIS_URL}
        with machinery(
            folder=Path(name), environment={"EKTP_DEMO": "1", "STATIC_MANIFEST": "0", **services}
        ) as whole:
            whole.start_centre(*UNLIMITED)
            prepare(whole)
            print(f"{PEOPLE} people wait; {datetime.now(UTC):%H:%M:%S}", flush=True)
            whole.start_workers()
            wait_until(all_awake, what="all worker groups")
            open_shift()
            cards = line_rate()
            whole.kill("beat")
            noop = noop_rate()
            states = CardRequest.objects.filter(state=RequestState.READY_FOR_PICKUP).count()
            assert states == PEOPLE, f"{states} of {PEOPLE} cards are ready"
        seals.seal(now=timezone.now())
        assert verify().fault is None
    connection.close()
    print(f"line: {cards:.1f} cards/s; bare no-op tasks: {noop:.0f}/s; ratio {cards / noop:.3f}")
    print(f"BENCH line_cards_per_second {cards:.1f} cards/s")
    print(f"BENCH celery_noop_per_second {noop:.0f} tasks/s")
    print(f"BENCH line_to_noop_ratio {cards / noop:.3f} ratio")


if __name__ == "__main__":
    main()
