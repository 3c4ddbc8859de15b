"""How long until the work of a dead worker goes on, in the settings of an office?

The whole machinery with the office's own stairs of time (a call may take 35 s, a claim 90 s, a pump
rings every 5 s); one worker after the other is killed in the middle of its work and started again
after half a second, as the supervisor does. Timed: from the kill until every row that it held has
been given back or taken on, and until the first of them has come further. Run: ``make bench ARGS=recovery``
(``RECOVERY_KILLS`` sets how many).
"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

import httpx2  # noqa: E402
from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from ektp_project.embedded.machinery import Machinery, machinery, wait_until  # noqa: E402
from printing.models import Claim, PrintAttempt, PrintAuthorization, Printer, PrintJob  # noqa: E402
from printing.models.shift import ShiftKind  # noqa: E402
from printing.services.shifts import plan_shift  # noqa: E402
from printing.states import AuthorizationState, JobState  # noqa: E402
from tests import factories  # noqa: E402

KILLS = int(os.environ.get("RECOVERY_KILLS", "20"))
PEOPLE = 3000
RESTART_SECONDS = 0.5  # the supervisor's first pause
LIMIT_SECONDS = 120.0
OFFICE = {"PUMP_SECONDS": "5", "CENTRAL_TIMEOUT": "35", "PRINT_SECONDS": "150", "READY_AHEAD": "100000"}


def prepare(whole: Machinery) -> None:
    """An office in which there is always something to do."""
    call_command("migrate", verbosity=0)
    office = factories.an_office()
    now = timezone.now()
    factories.stock(office, PEOPLE + 100)
    for number in (1, 2, 3, 4):
        folder = whole.folder / f"printer-{number}"
        folder.mkdir()
        (folder / "printer.json").write_text(json.dumps({"seconds_per_card": 1.0}))
        Printer.objects.create(
            office=office, name=f"Printer {number}", driver="folder", depth=2, address=str(folder),
            ribbon_left=10**6, film_left=10**6,
        )  # fmt: skip
    for first in range(1, PEOPLE + 1, 500):
        factories.waiting(office, *range(first, min(first + 500, PEOPLE + 1)), now=now)
    people = [
        {"nik": factories.nik_of(number), "status": "PRINT_READY_RECORD", "since": now.isoformat()}
        for number in range(1, PEOPLE + 1)
    ]
    address = f"{whole.environment['CENTRAL_URL']}/control/people"
    httpx2.post(address, json={"people": people}, timeout=60).raise_for_status()
    plan_shift(
        office=office, starts_at=now, ends_at=now + timedelta(hours=8), kind=ShiftKind.WEEKEND, note="",
        actor="bench", now=now,
    )  # fmt: skip


def held_by(queue: str) -> dict[tuple[str, str], datetime]:
    """(lane, row) → until, of what the living workers of this queue hold now and is not done."""
    held = {}
    for claim in Claim.objects.filter(holder__startswith=f"{queue}@"):
        for row in claim.rows:
            if _until(claim.lane, row) == claim.until:
                held[claim.lane, row] = claim.until
    return held


def _until(lane: str, row: str) -> datetime | None:
    """Until when a row is claimed; None when it is done or given back."""
    if lane == "authorize":
        rows = PrintAuthorization.objects.filter(pk=row, state=AuthorizationState.ASKING)
        return rows.values_list("claimed_until", flat=True).first()
    if lane in ("print", "sending"):
        rows = PrintJob.objects.filter(pk=row, state__in=[JobState.CLAIMED, JobState.SENDING])
        return rows.values_list("claimed_until", flat=True).first()
    if lane == "report":
        return PrintAttempt.objects.filter(pk=row).values_list("report_due_at", flat=True).first()
    return None


def recover(whole: Machinery, queue: str, chance: random.Random) -> float:
    """Kill the worker of this queue while it holds something; seconds until its work has gone on."""
    wait_until(lambda: held_by(queue), what=f"{queue} holds something", seconds=LIMIT_SECONDS)
    time.sleep(chance.random())
    whole.kill(queue)
    began = time.monotonic()
    held = held_by(queue)
    time.sleep(RESTART_SECONDS)
    whole.start_worker(queue)
    wait_until(
        lambda: all(_until(lane, row) != until for (lane, row), until in held.items()),
        what=f"{len(held)} rows of {queue} go on", seconds=LIMIT_SECONDS,
    )  # fmt: skip
    wait_until(lambda: held_by(queue), what=f"{queue} works again", seconds=LIMIT_SECONDS)
    return time.monotonic() - began


def main() -> None:
    """Print the table."""
    chance = random.Random(20171128)
    with (
        tempfile.TemporaryDirectory() as folder,
        machinery(folder=Path(folder), environment={**os.environ, **OFFICE}) as whole,
    ):
        whole.start_centre("capacity=50", "service_seconds=1.5")
        prepare(whole)
        whole.start_workers()
        seconds: dict[str, list[float]] = {"central": [], "printing": []}
        for number in range(KILLS):
            queue = ("central", "printing")[number % 2]
            seconds[queue].append(recover(whole, queue, chance))
            print(f"{queue}: {seconds[queue][-1]:.1f} s", flush=True)
    everything = sorted(seconds["central"] + seconds["printing"])
    p95 = everything[min(len(everything) - 1, round(0.95 * (len(everything) - 1)))]
    print(f"\n{len(everything)} kills; a claim lasts {settings.CLAIM_LEASE.total_seconds():.0f} s")
    print(f"BENCH recovery_p50 {statistics.median(everything):.1f} s")
    print(f"BENCH recovery_p95 {p95:.1f} s")
    print(f"BENCH recovery_max {everything[-1]:.1f} s")


if __name__ == "__main__":
    main()
