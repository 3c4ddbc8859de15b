"""One run of the real stack through all steps of the centre: what did the centre see of it?

``python -m benchmarks.real.run APPLICATION`` beside services of its own; ``APPLICATION`` is the Celery
application that the workers load. Says ``ready`` when everything waits, begins when a line comes in, and
ends with the figures as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
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
from benchmarks.real.plan import CENTRE, KIND, PLAN, QUEUES, THREADS, TIMEOUT  # noqa: E402
from benchmarks.real.watch import Figures, Phase, Sample, reckon  # noqa: E402
from ektp_project import processes  # noqa: E402
from ektp_project.embedded.machinery import Machinery, machinery, wait_until  # noqa: E402
from printing.models import ExtraShift, Heartbeat, Printer  # noqa: E402
from registry.models import District  # noqa: E402
from tests import factories  # noqa: E402

PEOPLE = round(CENTRE.rate * sum(phase.seconds for phase in PLAN))  # a call each at least
LOOK_SECONDS = 0.5


# --- Before -----------------------------------------------------------------------------------


def prepare(whole: Machinery) -> None:
    """An open office with blanks, a printer and a waiting list that will not end."""
    office, now = factories.an_office(), timezone.now()
    factories.stock(office, PEOPLE)
    Printer.objects.create(
        office=office, name="Printer 1", driver="folder", depth=16,
        address=str(whole.folder / "printer-1"), ribbon_left=10**6, film_left=10**6,
    )  # fmt: skip
    district = District.objects.get(code="21.02.03")
    waiting.people_wait(office=office, district=district, numbers=range(PEOPLE), now=now)
    waiting.look_at_the_tables()
    people = [{"nik": waiting.nik_of(number)} for number in range(PEOPLE)]
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


# --- The run ----------------------------------------------------------------------------------


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


def run(whole: Machinery) -> Figures:
    """All phases, one after the other."""
    began, samples = time.monotonic(), []
    ends = 0.0
    for phase in PLAN:
        turn(whole, phase)
        ends += phase.seconds
        while (at := time.monotonic() - began) < ends:
            samples.append(look(whole, at))
            time.sleep(LOOK_SECONDS)
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


def main(application: str) -> None:
    """Say ready, wait for the word, run, and print the figures."""
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
        whole.start_centre(f"service_seconds={CENTRE.seconds}", f"queue={QUEUES[KIND]}", "silent=true")
        prepare(whole)
        turn(whole, PLAN[0])
        print("ready", flush=True)
        sys.stdin.readline()
        start(whole, application=application)
        figures = run(whole)
        stop(whole)
    print(json.dumps(asdict(figures)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
