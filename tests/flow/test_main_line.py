"""Does a list of people become printed, accounted, handed-over cards, whatever is killed on the way?

Real workers, beat, broker and database, the simulated centre as a process, and a printer that nobody
here wrote (``ippeveprinter``).
"""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from redis import Redis

from ektp_project.embedded.machinery import Machinery, machinery, wait_until
from printing.models import CardRequest, ExtraShift, PrintAttempt, Printer, PrintJob
from printing.services import inspection
from registry.central.client import HttpCentral
from registry.central.contract import every_command
from registry.models import Event, Office, Recording
from registry.services.offices import load_office
from registry.services.proof import verify
from tests import factories, ippeveprinter

PATIENCE = 150.0  # seconds; a busy machine is no failure
QUICK = {
    "EKTP_DEMO": "1",
    "STATIC_MANIFEST": "0",
    "PUMP_SECONDS": "0.5",
    "POLL_FIRST_SECONDS": "1",
    "POLL_LONGEST_SECONDS": "2",
    "CENTRAL_TIMEOUT": "3",
    "CLAIM_SECONDS": "29",
    "PRINT_SECONDS": "20",
}
COLUMNS = (
    *("nik", "name", "birth_place", "birth_date", "sex", "address", "rt", "rw", "village", "district"),
    *("religion", "marital_status", "occupation", "citizenship", "blood_type", "recorded_at", "reason"),
)


@pytest.fixture
def office(transactional_db: None) -> Office:
    """Karimun with two hundred blanks."""
    office = load_office()
    factories.stock(office, 200)
    return office


@pytest.fixture
def redis() -> Iterator[Redis]:
    """This test's broker, empty before and after."""
    client = Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def whole(tmp_path: Path, office: Office, redis: Redis) -> Iterator[Machinery]:
    """The machinery on the test's own database; nothing runs yet."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = QUICK | {"DATABASE_URL": urlunsplit(address), "REDIS_URL": settings.REDIS_URL}
    with machinery(folder=tmp_path / "machinery", environment=environment) as whole:
        yield whole


@pytest.fixture
def ipp_printer(tmp_path: Path, office: Office) -> Iterator[Printer]:
    """A real IPP printer, started as its own process."""
    address, process = ippeveprinter.start_ippeveprinter(
        tmp_path / "spool", "Kartu", command=ippeveprinter.AT_ONCE
    )
    yield Printer.objects.create(office=office, name="IPP", driver="ipp", address=address)
    ippeveprinter.stop(process)


def open_office(office: Office) -> None:
    """A shift that runs now."""
    now = timezone.now()
    ExtraShift.objects.create(
        office=office,
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(hours=3),
        planned_by="test",
        planned_at=now,
    )


def write_list(path: Path, niks: list[str], *, recorded_on: str = "2017-03-0{day}") -> Path:
    """A CSV as an office would send it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for number, nik in enumerate(niks, start=1):
            table.writerow(
                {
                    "nik": nik,
                    "name": f"Contoh {number}",
                    "birth_place": "Moro",
                    "birth_date": "1985-01-01",
                    "sex": "L",
                    "address": "Jalan Contoh",
                    "rt": "1",
                    "rw": "2",
                    "village": "Moro",
                    "district": "21.02.01",
                    "religion": "Islam",
                    "marital_status": "Kawin",
                    "occupation": "Nelayan",
                    "citizenship": "WNI",
                    "blood_type": "O",
                    "recorded_at": f"{recorded_on.format(day=1 + number % 9)} 08:{number % 60:02}",
                    "reason": "",
                }
            )
    return path


def import_list(path: Path) -> None:
    """Through the command of the office."""
    call_command("import_recordings", str(path))


def printed_and_told() -> int:
    """Cards that came out and of which the centre knows."""
    return PrintAttempt.objects.filter(outcome="printed", reported_at__isnull=False).count()


def check_what_is_always_true(whole: Machinery, *, cards: int) -> None:
    """The promises of the plan, by SQL and by the centre's own list."""
    assert verify().fault is None
    assert PrintAttempt.objects.filter(outcome="printed").count() == cards
    central = HttpCentral(whole.environment["CENTRAL_URL"], settings.CENTRAL_TOKEN)
    try:
        listed = {command.command_id: command for command in every_command(central, office="21.02")}
    finally:
        central.close()
    used = [command for command in listed.values() if command.status == "used"]
    assert len(used) == len({command.nik for command in used}) == cards
    for attempt in PrintAttempt.objects.filter(outcome="printed").select_related("job__authorization"):
        told = listed[attempt.job.authorization.command_id].attempts
        assert [(one.n, one.blank) for one in told if one.outcome == "printed"] == [
            (attempt.n, attempt.blank)
        ]
    blanks = [attempt.blank for command in listed.values() for attempt in command.attempts]
    assert len(blanks) == len(set(blanks))
    for request in CardRequest.objects.all():
        newest = Event.objects.filter(subject="request", subject_id=request.pk).latest("id")
        assert newest.target == request.state


def check_that_no_nik_left_the_database(whole: Machinery, redis: Redis, niks: list[str]) -> None:
    """Not in a log, not in the broker."""
    logs = "".join(path.read_text(errors="replace") for path in whole.folder.glob("*.log"))
    kept = b"".join(redis.dump(key) or b"" for key in redis.scan_iter()).decode("latin-1")
    for nik in niks:
        assert nik not in logs
        assert nik not in kept


class TestTheMainLine:
    def test_brings_every_person_to_the_right_end(
        self, tmp_path: Path, whole: Machinery, office: Office, redis: Redis, ipp_printer: Printer
    ) -> None:
        good = [f"210201010185{number:04}" for number in range(1, 13)]
        duplicate, refused, pending, unseen, disputed = (
            f"210201010185{serial}" for serial in ("9001", "9002", "9003", "9004", "9005")
        )
        niks = [*good, duplicate, refused, pending, unseen, disputed]
        whole.start_centre("pending_seconds=2", "service_seconds=0.01")
        import_list(write_list(tmp_path / "list.csv", niks))
        import_list(write_list(tmp_path / "again.csv", niks))
        import_list(write_list(tmp_path / "second.csv", good[:1], recorded_on="2017-08-1{day}"))
        assert CardRequest.objects.count() == len(niks)
        assert Recording.objects.get(exception_kind="second-recording").resident.nik == good[0]

        whole.start_workers()
        wait_until(
            lambda: CardRequest.objects.filter(state="waiting").count() == len(good) + 2,
            what="everybody whom the centre sees is in line",
            seconds=PATIENCE,
        )
        assert not PrintJob.objects.exists(), "nothing is asked for before a shift opens"

        call_command("plan_shift", "--now", "2", "--kind", "weekend")
        wait_until(lambda: printed_and_told() >= 4, what="four cards", seconds=PATIENCE)
        whole.kill("printing")
        whole.start_worker("printing")
        wait_until(lambda: printed_and_told() == len(good) + 1, what="all cards", seconds=PATIENCE)

        spoiled = PrintJob.objects.filter(state="printed").earliest("id")
        inspection.spoil(job=spoiled, reason="tergores", actor="siti", now=timezone.now())
        again = spoiled.authorization.request
        wait_until(
            lambda: CardRequest.objects.get(pk=again.pk).state in ("ready_for_pickup", "held"),
            what="the spoiled card is settled again",
            seconds=PATIENCE,
        )
        for request in CardRequest.objects.filter(state="ready_for_pickup"):
            call_command("hand_over", request.receipt)

        ends = {
            request.resident.nik: (request.state, request.recording.exception_kind)
            for request in CardRequest.objects.select_related("resident", "recording")
        }
        assert {ends[nik] for nik in [*good, pending]} == {("handed_over", "")}
        assert ends[duplicate] == ("held", "duplicate-record")
        assert ends[disputed] == ("held", "adjudication")
        assert ends[refused] == ends[unseen] == ("held", "")
        wait_until(
            lambda: not PrintAttempt.objects.filter(report_due_at__isnull=False).exists(),
            what="the centre knows of every blank",
            seconds=PATIENCE,
        )
        assert verify().fault is None
        assert office.balances.get(place="spoiled").quantity == 1
        check_that_no_nik_left_the_database(whole, redis, niks)


class TestKilledWorkers:
    def test_cost_nobody_a_card_and_no_card_is_made_twice(
        self, tmp_path: Path, whole: Machinery, office: Office, redis: Redis
    ) -> None:
        niks = [f"210201010185{number:04}" for number in range(1, 81)]
        for number in (1, 2):
            Printer.objects.create(
                office=office,
                name=f"Folder {number}",
                driver="folder",
                address=str(tmp_path / f"printer-{number}"),
                depth=4,
            )
        open_office(office)
        whole.start_centre("service_seconds=0.05")
        import_list(write_list(tmp_path / "list.csv", niks))
        whole.start_workers()
        chance = random.Random(20171128)
        for step, victim in enumerate(("central", "printing", "office", "printing", "central"), start=1):
            goal = step * 10 + chance.randrange(5)
            wait_until(
                lambda goal=goal: PrintAttempt.objects.filter(outcome="printed").count() >= goal,
                what=f"{goal} cards",
                seconds=PATIENCE,
            )
            whole.kill(victim)
            whole.start_worker(victim)
        wait_until(lambda: printed_and_told() == len(niks), what="all cards", seconds=PATIENCE)
        sheets = [path.name for path in tmp_path.glob("printer-*/**/*.pdf")]
        assert len({name.split("-")[1] for name in sheets}) == len(sheets) == len(niks)
        check_what_is_always_true(whole, cards=len(niks))


class TestAFaultyCentre:
    def test_never_gets_two_commands_used_or_a_blank_told_twice(
        self, tmp_path: Path, whole: Machinery, office: Office, redis: Redis
    ) -> None:
        niks = [f"210201010185{number:04}" for number in range(1, 31)]
        Printer.objects.create(
            office=office, name="Folder", driver="folder", address=str(tmp_path / "printer"), depth=4
        )
        open_office(office)
        whole.start_centre(
            "service_seconds=0.01",
            "lost_answers=0.1",
            "resets=0.1",
            "html_errors=0.1",
            "half_bodies=0.05",
        )
        import_list(write_list(tmp_path / "list.csv", niks))
        whole.start_workers()
        wait_until(lambda: printed_and_told() == len(niks), what="all cards", seconds=PATIENCE)
        calm = dict.fromkeys(("lost_answers", "resets", "html_errors", "half_bodies"), 0)
        httpx2.patch(f"{whole.environment['CENTRAL_URL']}/control/settings", json=calm).raise_for_status()
        check_what_is_always_true(whole, cards=len(niks))
