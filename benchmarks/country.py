"""How long does a whole country's day take on this machine: 514 offices, 205,600 cards?

An installation is one office's line. So the people of all offices wait in one line here, each with a
NIK of their own regency, and the real line works for COUNTRY_SECONDS. What it did in that time is
measured; the day and the hour are reckoned from it, and said to be. Run: ``make bench ARGS=country``.
"""

from __future__ import annotations

import os
import tempfile
import time
from math import ceil
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.line import processor, waiting  # noqa: E402
from benchmarks.line.__main__ import UNLIMITED, all_awake, open_office, prepare, prove  # noqa: E402
from ektp_project.embedded.machinery import machinery, wait_until  # noqa: E402
from printing.models import PrintAttempt  # noqa: E402
from registry.models import District, Office  # noqa: E402
from tests import factories  # noqa: E402

OFFICES, EACH = 514, 400  # regencies and cities; the cards of a good day of one
CARDS = OFFICES * EACH
SECONDS = float(os.environ.get("COUNTRY_SECONDS", "120"))  # of the sample, after the warm-up
WARM_UP_SECONDS = 10.0
FASTEST = 250  # cards a second; so many real people stand in front, the rest are rows of their shape
# Made-up codes, one for each office: province from 11 on, regency from 01 on, one subdistrict.
REGIONS = tuple(f"{11 + office // 17}{1 + office % 17:02}01" for office in range(OFFICES))
HOUR = 3600.0


def people_wait(office: Office) -> None:
    """The country's people: those who may come to the front are real."""
    district, now = District.objects.get(code="21.02.03"), timezone.now()
    front = front_size()
    waiting.people_wait(office=office, district=district, numbers=range(front), now=now, regions=REGIONS)
    waiting.crowd_waits(office=office, district=district, numbers=range(front, CARDS), now=now)
    waiting.look_at_the_tables()


def front_size() -> int:
    """How many people may come to the front during the sample."""
    return min(CARDS, int(FASTEST * (SECONDS + 2 * WARM_UP_SECONDS)) + settings.READY_AHEAD)


def sample(office: Office) -> tuple[float, float]:
    """Cards a second, and processor milliseconds a card, after the warm-up."""
    with open_office(office) as opened:
        done = PrintAttempt.objects.filter(outcome="printed", reported_at__gt=opened)
        wait_until(done.exists, what="the first card")
        time.sleep(WARM_UP_SECONDS)
        began, before, taken = time.perf_counter(), done.count(), processor.seconds()
        time.sleep(SECONDS)
        cards, passed = done.count() - before, time.perf_counter() - began
        taken = processor.seconds() - taken
    return cards / passed, 1000 * taken.total() / cards


def main() -> None:
    """Print the table."""
    services = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": settings.REDIS_URL}
    environment = {"EKTP_DEMO": "1", "STATIC_MANIFEST": "0", **services}
    call_command("migrate", verbosity=0)
    with (
        tempfile.TemporaryDirectory() as name,
        machinery(folder=Path(name), environment=environment) as whole,
    ):
        whole.start_centre(*UNLIMITED)
        prepare(whole, niks=[waiting.nik_of(number, REGIONS) for number in range(front_size())])
        office = factories.an_office()
        people_wait(office)
        print(f"{CARDS:,} people of {OFFICES} offices wait", flush=True)
        whole.start_workers()
        wait_until(all_awake, what="all worker groups")
        rate, each = sample(office)
        prove(whole.environment["CENTRAL_URL"])
    connection.close()
    processors = os.cpu_count() or 1
    needed = CARDS / HOUR * each / 1000
    print(
        f"measured for {SECONDS:.0f} s on {processors} processors: {rate:.1f} cards/s, {each:.1f} ms a card"
    )
    print(f"reckoned: the day's {CARDS:,} cards take {CARDS / rate / HOUR:.1f} hours")
    print(f"reckoned: within an hour ({CARDS / HOUR:.1f} cards/s) they take {needed:.1f} whole processors,")
    print(f"          or {ceil(CARDS / HOUR / rate)} machines like this one, their centre included")
    print(f"BENCH country_cards_per_second {rate:.1f} cards/s")
    print(f"BENCH country_day_hours {CARDS / rate / HOUR:.2f} hours")
    print(f"BENCH country_hour_processors {needed:.1f} processors")


if __name__ == "__main__":
    main()
