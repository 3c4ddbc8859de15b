"""What does the whole stack get out of a centre that changes and dies, in real time?

The real workers, beat, database, broker and folder printers; the simulated centre as a process, whose
capacity goes in steps 100 → 50 → 100 → 0 → 100 %. It is asked through our throttle, which begins
knowing nothing, and then in the same way through Celery's ``rate_limit`` at the rate that the centre has
at its best (``rate_limited``). The figures come from the centre's own counters.

Run: ``make bench ARGS=real``. ``REAL_CENTRE=queues`` lets the centre's queue grow where it would refuse;
``REAL_SPEED=2`` takes the steps twice as fast.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
import httpx2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.line import waiting  # noqa: E402
from benchmarks.real.watch import Centre, Figures, Phase, Sample, reckon  # noqa: E402
from ektp_project import processes  # noqa: E402
from ektp_project.embedded.machinery import Machinery, machinery, wait_until  # noqa: E402
from printing.models import ExtraShift, Heartbeat, Printer  # noqa: E402
from registry.central.door import throttle  # noqa: E402
from registry.models import District  # noqa: E402
from tests import factories  # noqa: E402

CENTRE = Centre(capacity=30, seconds=1.5)  # calls of half the usual length, as many as tell something soon
TIMEOUT = 15.0  # s a caller waits: half of the contract's too
THREADS = 96  # many more than the centre bears: the throttle decides, not the pool
QUEUES = {"refuses": 0, "queues": 1000}  # kind of centre → how many may wait at its door
SPEED = float(os.environ.get("REAL_SPEED", "1"))
PLAN = tuple(
    Phase(seconds / SPEED, share)
    for seconds, share in ((50, 1.0), (60, 0.5), (50, 1.0), (30, 0.0), (60, 1.0))
)
PEOPLE = round(CENTRE.rate * sum(phase.seconds for phase in PLAN))  # for each of the two runs
LOOK_SECONDS = 0.5
RATE_LIMITED = "benchmarks.real.rate_limited"


# --- Before -----------------------------------------------------------------------------------


def prepare(whole: Machinery) -> None:
    """An open office with blanks, a printer and a waiting list that will not end."""
    office, now = factories.an_office(), timezone.now()
    factories.stock(office, 2 * PEOPLE + 100)
    Printer.objects.create(
        office=office, name="Printer 1", driver="folder", depth=16,
        address=str(whole.folder / "printer-1"), ribbon_left=10**6, film_left=10**6,
    )  # fmt: skip
    district = District.objects.get(code="21.02.03")
    waiting.people_wait(office=office, district=district, numbers=range(2 * PEOPLE), now=now)
    waiting.look_at_the_tables()
    people = [{"nik": waiting.nik_of(number)} for number in range(2 * PEOPLE)]
    control(whole, "POST", "people", {"people": people})
    ExtraShift.objects.create(
        office=office,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=6),
        planned_by="bench",
        planned_at=now,
    )


def control(whole: Machinery, method: str, what: str, body: Any = None) -> Any:
    """One order to the simulated centre, or one look at it."""
    address = f"{whole.environment['CENTRAL_URL']}/control/{what}"
    answer = httpx2.request(method, address, json=body, timeout=60)
    return answer.raise_for_status().json()


# --- One run ----------------------------------------------------------------------------------


def start(whole: Machinery, *, application: str) -> None:
    """The workers of this application, and beat."""
    began = timezone.now()
    for group in processes.WORKERS:
        command = group.command(whole.environment.get(group.variable, str(group.concurrency)))
        whole.start(group.queue, *(application if word == "ektp_project" else word for word in command))
    whole.start("beat", *processes.BEAT)
    groups = {group.queue for group in processes.WORKERS}
    signed = Heartbeat.objects.filter(at__gt=began)
    wait_until(lambda: groups <= set(signed.values_list("name", flat=True)), what="all worker groups")


def stop(whole: Machinery) -> None:
    """Let the workers finish what they have begun."""
    for name in ("beat", *(group.queue for group in processes.WORKERS)):
        whole.running[name].terminate()
    for name in ("beat", *(group.queue for group in processes.WORKERS)):
        whole.running.pop(name).wait(60)


def run(whole: Machinery, *, application: str) -> Figures:
    """All phases, one after the other."""
    turn(whole, PLAN[0])
    start(whole, application=application)
    began, samples = time.monotonic(), []
    ends = 0.0
    for phase in PLAN:
        turn(whole, phase)
        ends += phase.seconds
        while (at := time.monotonic() - began) < ends:
            samples.append(look(whole, at))
            time.sleep(LOOK_SECONDS)
    stop(whole)
    return reckon(centre=CENTRE, plan=PLAN, samples=samples)


def turn(whole: Machinery, phase: Phase) -> None:
    """Give the centre this share of its capacity."""
    knobs = {"dead": True} if not phase.share else {"dead": False, "capacity": CENTRE.slots(phase.share)}
    control(whole, "PATCH", "settings", knobs)


def look(whole: Machinery, at: float) -> Sample:
    """The centre's counters now."""
    seen = control(whole, "GET", "stats?last=0")
    counters = {name: seen[name] for name in ("in_flight", "offered", "served", "refused", "wasted")}
    return Sample(at=at, **counters, answer=seen["answer_seconds"])


# --- The table --------------------------------------------------------------------------------


def row(name: str, found: Figures) -> None:
    """One line of the table."""
    print(
        f"{name:<22}{found.used:>6.2f}{found.served:>9,}{found.wasted:>9.1%}{found.wasted_calls:>8,}"
        f"{seconds(found.back_after_outage):>14}{seconds(found.back_after_half):>8}"
        f"{found.answer:>9.1f} s{found.dead_per_minute:>10,.1f}",
        flush=True,
    )
    print(f"{'  of each step':<22}{' '.join(f'{share:.2f}' for share in found.steps):>6}", flush=True)


def seconds(figure: float) -> str:
    """Seconds, or never."""
    return "never" if figure == math.inf else f"{figure:.0f} s"


def bench(name: str, found: Figures) -> None:
    """The lines a script compares."""
    print(f"BENCH real_{name}_used {found.used:.3f} share")
    print(f"BENCH real_{name}_wasted {found.wasted:.4f} share")
    print(f"BENCH real_{name}_wasted_calls {found.wasted_calls} calls")
    print(f"BENCH real_{name}_back_after_outage {found.back_after_outage:.1f} s")
    print(f"BENCH real_{name}_back_after_half {found.back_after_half:.1f} s")
    print(f"BENCH real_{name}_dead_calls {found.dead_per_minute:.1f} per_minute")


def main() -> None:
    """Print the table."""
    kind = os.environ.get("REAL_CENTRE", "refuses")
    environment = {
        "EKTP_DEMO": "1", "STATIC_MANIFEST": "0", "PYTHONPATH": os.getcwd(), "READY_AHEAD": "100000",
        "CENTRAL_TIMEOUT": str(TIMEOUT), "CENTRAL_CONCURRENCY": str(THREADS), "REAL_RATE": str(CENTRE.rate),
        "DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": settings.REDIS_URL,
    }  # fmt: skip
    call_command("migrate", verbosity=0)
    with (
        tempfile.TemporaryDirectory() as name,
        machinery(folder=Path(name), environment=environment) as whole,
    ):
        whole.start_centre(f"service_seconds={CENTRE.seconds}", f"queue={QUEUES[kind]}", "silent=true")
        prepare(whole)
        print(
            f"A centre that {kind}; {CENTRE.rate:.0f} calls a second at its best, of {CENTRE.seconds} s; "
            f"{sum(phase.seconds for phase in PLAN):.0f} s in {len(PLAN)} steps"
        )
        print(
            f"{'':<22}{'used':>6}{'served':>9}{'wasted':>9}{'calls':>8}{'back: outage':>14}{'half':>8}"
            f"{'answer':>11}{'dead/min':>10}"
        )
        throttle().forget()
        ours = run(whole, application="ektp_project")
        row("our throttle", ours)
        limited = run(whole, application=RATE_LIMITED)
        row("rate_limit at nominal", limited)
    bench("throttle", ours)
    bench("rate_limit", limited)
    print(f"BENCH real_yield_ratio {ours.served / max(1, limited.served):.3f} ratio")
    print(f"BENCH real_wasted_ratio {ours.wasted_calls / max(1, limited.wasted_calls):.4f} ratio")


if __name__ == "__main__":
    main()
