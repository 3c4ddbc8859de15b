"""How many cards a second go through the whole line, with every guarantee on?

Real workers, beat, broker and database; the simulated centre without limits; folder printers. From
requests that wait to outcomes that the centre has. In the same run: Celery's own tasks on the same
services (``peers``), and the same line while a thousand, a hundred thousand and a million wait.

Run: ``make bench ARGS=line``. ``LINE_LISTS=1000,100000`` sets how many wait, ``LINE_CARDS`` how many
cards a round has, ``LINE_ROUNDS`` how many rounds there are.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import django
import httpx2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.line import peers, processor, waiting  # noqa: E402
from ektp_project.embedded.machinery import Machinery, machinery, wait_until  # noqa: E402
from ektp_project.processes import WORKERS  # noqa: E402
from printing.models import CardRequest, ExtraShift, Heartbeat, PrintAttempt, Printer  # noqa: E402
from printing.models.shift import HolidayOverride  # noqa: E402
from printing.states import RequestState  # noqa: E402
from registry.central.simulator.control import PEOPLE_MAXIMUM  # noqa: E402
from registry.models import BlankBalance, District, Office  # noqa: E402
from registry.services import seals  # noqa: E402
from registry.services.proof import verify  # noqa: E402
from registry.states import Place  # noqa: E402
from tests import factories  # noqa: E402

LISTS = [int(many) for many in os.environ.get("LINE_LISTS", "1000,100000,1000000").split(",")]
ROUNDS = int(os.environ.get("LINE_ROUNDS", "5"))
CARDS = int(os.environ.get("LINE_CARDS", "400"))  # of a round: some seconds
TASKS = 600  # Celery tasks of a round: about a second
RUN = (1 + ROUNDS) * CARDS  # the first round warms up: connections, the throttle's learning
AHEAD = RUN + settings.READY_AHEAD + 200  # people of a run who may leave the list
PRINTERS = 4  # a card waits for the disk twice; with fewer of them processors wait too
LIMIT_SECONDS = 240.0
UNLIMITED = ("capacity=400", "service_seconds=0", "queue=1000")


# --- Before -----------------------------------------------------------------------------------


def prepare(whole: Machinery, *, niks: Sequence[str]) -> None:
    """An office with blanks and printers, closed, and a centre that sees these people."""
    office = factories.an_office()
    factories.stock(office, len(niks))
    for number in range(1, PRINTERS + 1):
        Printer.objects.create(
            office=office, name=f"Printer {number}", driver="folder", depth=64,
            address=str(whole.folder / f"printer-{number}"), ribbon_left=10**6, film_left=10**6,
        )  # fmt: skip
    for days in range(-1, 3):  # no standing shift of any time zone comes in between
        HolidayOverride.objects.create(
            day=timezone.localdate() + timedelta(days=days), is_holiday=True, name="bench"
        )
    for first in range(0, len(niks), PEOPLE_MAXIMUM):
        people = [{"nik": nik} for nik in niks[first : first + PEOPLE_MAXIMUM]]
        address = f"{whole.environment['CENTRAL_URL']}/control/people"
        httpx2.post(address, json={"people": people}, timeout=60).raise_for_status()


def fill(office: Office, many: int) -> float:
    """Let so many wait behind those whom a run prints; returns the seconds it took."""
    began, now = time.perf_counter(), timezone.now()
    district = District.objects.get(code="21.02.03")
    there = CardRequest.objects.count()
    if not there:
        front = range(len(LISTS) * AHEAD)
        waiting.people_wait(office=office, district=district, numbers=front, now=now)
        there = len(front)
    behind = there - len(LISTS) * AHEAD
    waiting.crowd_waits(
        office=office, district=district, numbers=range(there, there + max(0, many - behind)), now=now
    )
    waiting.look_at_the_tables()
    return time.perf_counter() - began


def all_awake() -> bool:
    """Whether every worker group has signed."""
    return {group.queue for group in WORKERS} <= set(Heartbeat.objects.values_list("name", flat=True))


# --- The line ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Cards a second of each round, and what a card took of the processors, in milliseconds, by process."""

    rates: list[float]
    processor_ms: Mapping[str, float]


def run_line(office: Office) -> Run:
    """Open the office until enough cards are printed and told."""
    taken = processor.seconds()
    with open_office(office) as opened:
        done = PrintAttempt.objects.filter(outcome="printed", reported_at__gt=opened)
        wait_until(lambda: done.count() >= RUN, what=f"{RUN} cards", seconds=LIMIT_SECONDS)
        taken = processor.seconds() - taken
        moments = list(done.order_by("reported_at").values_list("reported_at", flat=True))
    each = {kind: 1000 * seconds / len(moments) for kind, seconds in taken.most_common()}
    return Run(per_second(moments[CARDS - 1 :]), each)


@contextmanager
def open_office(office: Office) -> Iterator[datetime]:
    """A shift for a while; afterwards nothing is on its way."""
    opened = timezone.now()
    shift = ExtraShift.objects.create(
        office=office,
        starts_at=opened - timedelta(hours=1),
        ends_at=opened + timedelta(hours=6),
        planned_by="bench",
        planned_at=opened,
    )
    yield opened
    ExtraShift.objects.filter(pk=shift.pk).update(ends_at=timezone.now())
    wait_until(at_rest, what="the end of the shift", seconds=LIMIT_SECONDS)


def per_second(moments: list[datetime]) -> list[float]:
    """Cards a second of each run of CARDS moments."""
    return [
        CARDS / (after - before).total_seconds() for before, after in pairwise(moments[::CARDS][: ROUNDS + 1])
    ]


def at_rest() -> bool:
    """Nothing is on its way between two steps."""
    busy = CardRequest.objects.filter(state__in=[RequestState.AUTHORIZING, RequestState.PRINTING])
    told = PrintAttempt.objects.filter(reported_at=None)
    return not busy.exists() and not told.exists()


def prove(address: str) -> int:
    """What must be true after a run, whatever its speed; returns how many cards there are."""
    cards = CardRequest.objects.filter(state=RequestState.READY_FOR_PICKUP).count()
    month = timezone.localtime().strftime("%Y-%m")
    counts = httpx2.get(
        f"{address}/v1/offices/21.02/months/{month}",
        headers={"Authorization": f"Bearer {settings.CENTRAL_TOKEN}"},
    ).json()
    assert counts["printed"] == cards, f"the centre counts {counts['printed']} cards, the office {cards}"
    assert counts["spoiled"] == 0
    assert BlankBalance.objects.get(place=Place.PRINTED).quantity == cards
    assert not CardRequest.objects.filter(state=RequestState.HELD).exists()
    seals.seal(now=timezone.now())
    assert verify().fault is None
    return cards


# --- The table --------------------------------------------------------------------------------


def row(text: str, rates: list[float], unit: str) -> float:
    """One line of the table: the median, and the slowest and fastest round."""
    middle = median(rates)
    print(f"{text:<52}{middle:>9,.1f} {unit}  ({min(rates):,.0f} – {max(rates):,.0f})", flush=True)
    return middle


def measure(whole: Machinery) -> dict[int, float]:
    """Cards a second with each list, by how many waited."""
    office = factories.an_office()
    rates = {}
    for many in LISTS:
        seconds = fill(office, many)
        print(f"{many:,} people wait (arranged in {seconds:.0f} s)", flush=True)
        run = run_line(office)
        rates[many] = row("  the whole line", run.rates, "cards/s")
        whole_ms = sum(run.processor_ms.values())
        parts = ", ".join(f"{kind} {spent:.1f}" for kind, spent in run.processor_ms.items() if spent >= 0.05)
        print(f"{'  of the processors':<52}{whole_ms:>9,.1f} ms a card ({parts})", flush=True)
    print(
        f"{prove(whole.environment['CENTRAL_URL']):,} cards; the books of office and centre agree", flush=True
    )
    return rates


def main() -> None:
    """Print the table."""
    services = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": settings.REDIS_URL}
    environment = {"EKTP_DEMO": "1", "STATIC_MANIFEST": "0", "PYTHONPATH": os.getcwd(), **services}
    call_command("migrate", verbosity=0)
    peers.make_table()
    print(f"Medians of {ROUNDS} rounds; {os.cpu_count()} processors for everything, durable commits")
    with (
        tempfile.TemporaryDirectory() as name,
        machinery(folder=Path(name), environment=environment) as whole,
    ):
        nothing = peers.nothing_rates(whole, rounds=ROUNDS, tasks=TASKS)
        noop = row("Celery, prefork: a task that does nothing", nothing, "tasks/s")
        one = peers.transaction_rates(whole, rounds=ROUNDS, tasks=TASKS)
        transaction = row("Celery, prefork: a task of one transaction", one, "tasks/s")
        whole.start_centre(*UNLIMITED)
        prepare(whole, niks=[waiting.nik_of(number) for number in range(len(LISTS) * AHEAD)])
        whole.start_workers()
        wait_until(all_awake, what="all worker groups")
        rates = measure(whole)
    connection.close()
    first, last = LISTS[0], LISTS[-1]
    print(f"BENCH celery_noop_per_second {noop:.0f} tasks/s")
    print(f"BENCH celery_transaction_per_second {transaction:.0f} tasks/s")
    for many, cards in rates.items():
        print(f"BENCH line_cards_per_second_{many} {cards:.1f} cards/s")
    print(f"BENCH line_to_transaction_ratio {rates[first] / transaction:.3f} ratio")
    print(f"BENCH line_to_noop_ratio {rates[first] / noop:.3f} ratio")
    print(f"BENCH line_long_list_ratio {rates[last] / rates[first]:.3f} ratio")


if __name__ == "__main__":
    main()
