"""Does a list of people become printed, accounted, handed-over cards, whatever is killed on the way?

Real workers, beat, broker and database, the simulated centre as a process, and a printer that nobody
here wrote (``ippeveprinter``).
"""

from __future__ import annotations

import io
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from ektp_project.embedded.machinery import Machinery, wait_until
from printing.models import (
    CardRequest,
    ExtraShift,
    HolidayOverride,
    PrintAttempt,
    PrintAuthorization,
    Printer,
    PrintJob,
    ShiftRun,
)
from printing.models.shift import ShiftKind
from printing.services import inspection
from printing.services.inspection import Seen
from printing.services.shifts import plan_shift
from printing.states import JobState, RequestState
from registry.models import Office, Recording
from registry.selectors.blanks import balances
from registry.services.offices import load_office
from registry.states import Place, RecordingState
from tests import factories, ippeveprinter, lists
from tests.flow import promises
from tests.installation import installation

PATIENCE = 200.0  # seconds; a busy machine is no failure
BLANKS = 200
MADE_UP_FATES = range(9001, 9006)  # the last four digits, as docs/central-api.md gives them
FAULTS = {"lost_answers": 0.1, "resets": 0.1, "html_errors": 0.1, "half_bodies": 0.05}


class TestTheMainLine:
    def test_brings_every_person_to_the_right_end(
        self, tmp_path: Path, whole: Machinery, office: Office, ipp_printer: Printer, spool: Path
    ) -> None:
        good = [factories.nik_of(number) for number in range(1, 21)]
        duplicate, refused, pending, unseen, disputed = map(factories.nik_of, MADE_UP_FATES)
        niks = [*good, duplicate, refused, pending, unseen, disputed]
        beside = a_folder_printer(office, tmp_path / "folder", enabled=False)
        close_for_the_day()
        whole.start_centre("pending_seconds=2", "service_seconds=0.01")

        with promises.listening(url=settings.REDIS_URL, niks=niks) as ear:
            bring_in(tmp_path, niks)
            bring_in(tmp_path, niks)  # the same list again changes nothing
            bring_in(tmp_path, good[:1], recorded_at="17-08-2017 10:00")
            assert CardRequest.objects.count() == len(niks)
            assert request_of(good[0]).recording.is_primary
            second = Recording.objects.get(exception_kind="second-recording")
            assert second.resident.nik == good[0]

            whole.start_workers()
            until(
                lambda: in_state(RequestState.WAITING) == len(good) + 2,
                "everybody whom the centre sees waits",
            )
            assert not PrintAuthorization.objects.exists(), "nothing is asked for before a shift opens"

            call_command("plan_shift", "--now", "2", "--kind", "weekend", stdout=io.StringIO())
            until(lambda: told_cards() >= 4, "four cards on the IPP printer")
            assert ShiftRun.objects.get().name == f"extra {ExtraShift.objects.get().pk}"

            until(lambda: PrintJob.objects.filter(state=JobState.SENDING).exists(), "a card on its way")
            whole.kill("printing")
            Printer.objects.filter(pk=beside.pk).update(enabled=True)
            whole.start_worker("printing")
            until(lambda: looked_after(spool) == len(good) + 1, "a card for everybody with a command")

            Printer.objects.filter(pk=ipp_printer.pk).update(enabled=False)
            bad = PrintJob.objects.filter(state=JobState.PRINTED).earliest("id")
            inspection.spoil(job=bad, reason="tergores", actor="siti", now=timezone.now())
            until(lambda: in_state(RequestState.READY_FOR_PICKUP) == len(good) + 1, "the card made again")
            until(lambda: not unreported(), "the centre knows of every blank")

            for request in CardRequest.objects.filter(state=RequestState.READY_FOR_PICKUP):
                call_command("hand_over", request.receipt, stdout=io.StringIO())
            seen = status()
        assert ear.leaks == set()
        assert ear.commands > len(niks), "the ear was awake"
        assert promises.leaks_in_logs(whole.folder, niks=niks) == set()

        assert {end_of(nik) for nik in [*good, pending]} == {("handed_over", "", "visible", "")}
        assert end_of(duplicate) == ("held", "not-visible", "exception", "duplicate-record")
        assert end_of(disputed) == ("held", "not-visible", "exception", "adjudication")
        assert end_of(unseen) == ("held", "not-visible", "submitted", "")
        assert end_of(refused) == ("held", "no-command", "visible", "")
        assert "Dokumen pendukung" in request_of(refused).hold_note
        second.refresh_from_db()
        assert (second.state, second.submissions) == (RecordingState.EXCEPTION, 0)

        promises.check_the_books(office=office)
        listed = promises.commands_at(whole.environment["CENTRAL_URL"], office=office)
        promises.check_against_the_centre(listed)
        spoiled = bad.authorization.request.resident.nik
        assert promises.used_by_person(listed) == {nik: 1 + (nik == spoiled) for nik in [*good, pending]}
        there = balances(office=office)
        assert (there[Place.PRINTED], there[Place.SPOILED]) == (len(good) + 1, 1)
        assert there[Place.STORE] == BLANKS - len(good) - 2

        drivers = Counter(PrintAttempt.objects.values_list("printer__driver", flat=True))
        assert drivers["ipp"] >= 4
        assert drivers["folder"] >= 1
        assert sum(drivers.values()) == len(good) + 2
        check_the_keys(seen)


class TestKilledWorkers:
    def test_cost_nobody_a_card_and_no_card_is_made_twice(
        self, tmp_path: Path, whole: Machinery, office: Office
    ) -> None:
        niks = [factories.nik_of(number) for number in range(1, 61)]
        folders = [tmp_path / "printer-1", tmp_path / "printer-2"]
        for folder in folders:
            a_folder_printer(office, folder, seconds_per_card=0.1, depth=2)
        whole.environment["PRINT_SECONDS"] = "4"  # of one card: a dead worker's two come back after eight
        whole.start_centre("service_seconds=0.05")
        bring_in(tmp_path, niks)
        open_office(office)
        whole.start_workers()

        chance = random.Random(20171128)  # the day on which thirteen thousand waited
        goals = sorted(chance.sample(range(2, 55), 5))
        victims = ["central", "printing", "office", *chance.choices(["central", "printing", "office"], k=2)]
        chance.shuffle(victims)
        for goal, victim in zip(goals, victims, strict=True):
            until(partial(there_are, goal), f"{goal} cards")
            time.sleep(chance.random() / 2)  # into the middle of something else each time
            whole.kill(victim)
            whole.start_worker(victim)
        until(lambda: told_cards() == len(niks), "all cards")

        assert in_state(RequestState.READY_FOR_PICKUP) == len(niks)
        check_one_card_each(folders, whole=whole, office=office, niks=niks)


class TestAFaultyCentre:
    def test_never_gets_two_commands_used_or_a_blank_told_twice(
        self, tmp_path: Path, whole: Machinery, office: Office
    ) -> None:
        niks = [factories.nik_of(number) for number in range(1, 31)]
        a_folder_printer(office, tmp_path / "printer", depth=4)
        whole.start_centre("service_seconds=0.01", *(f"{name}={share}" for name, share in FAULTS.items()))
        bring_in(tmp_path, niks)
        open_office(office)
        whole.start_workers()
        until(lambda: told_cards() == len(niks), "all cards")

        calm = dict.fromkeys(FAULTS, 0)
        httpx2.patch(f"{whole.environment['CENTRAL_URL']}/control/settings", json=calm).raise_for_status()
        check_one_card_each([tmp_path / "printer"], whole=whole, office=office, niks=niks)


# --- What people do ---------------------------------------------------------------------------


def bring_in(folder: Path, niks: Sequence[str], **changes: str) -> None:
    """Through the command of the office, as a CSV."""
    people = [
        {**lists.person(0), "nik": nik, "name": f"Contoh {number}", **changes}
        for number, nik in enumerate(niks, start=1)
    ]
    path = folder / "list.csv"
    path.write_bytes(lists.as_csv(lists.rows_of(people)).getvalue())
    call_command("import_recordings", str(path), stdout=io.StringIO())


def close_for_the_day() -> None:
    """No standing shift, on whatever day and at whatever hour this runs."""
    today = timezone.localdate()
    for day in (today, today + timedelta(days=1)):
        HolidayOverride.objects.create(day=day, is_holiday=True, name="uji")


def open_office(office: Office) -> None:
    """An extra shift that has begun."""
    now = timezone.now()
    plan_shift(
        office=office,
        starts_at=now,
        ends_at=now + timedelta(hours=2),
        kind=ShiftKind.WEEKEND,
        note="",
        actor="siti",
        now=now,
    )


def looked_after(spool: Path) -> int:
    """Cards the centre knows of, after somebody has looked into the tray for any that are in doubt."""
    for job in PrintJob.objects.filter(state=JobState.IN_DOUBT):
        name = job.tries.get(n=job.attempts).name
        lies_there = any(name in file.name for file in spool.iterdir())
        seen = Seen.CARD if lies_there else Seen.BLANK
        inspection.resolve_doubt(job=job, seen=seen, actor="siti", why="dilihat", now=timezone.now())
    return told_cards()


# --- What is there ----------------------------------------------------------------------------


def until(happened: Callable[[], object], what: str) -> None:
    wait_until(happened, what=what, seconds=PATIENCE)


def request_of(nik: str) -> CardRequest:
    """A NIK stands encrypted in the database, so everybody is looked at."""
    requests = CardRequest.objects.select_related("resident", "recording")
    (found,) = (request for request in requests if request.resident.nik == nik)
    return found


def end_of(nik: str) -> tuple[str, str, str, str]:
    """How it ended for this person: request, what holds it, recording, its exception."""
    request = request_of(nik)
    recording = request.recording
    return request.state, request.hold_reason, recording.state, recording.exception_kind


def in_state(state: RequestState) -> int:
    return CardRequest.objects.filter(state=state).count()


def there_are(cards: int) -> bool:
    return PrintAttempt.objects.filter(outcome="printed").count() >= cards


def told_cards() -> int:
    """Cards that came out and of which the centre knows."""
    return PrintAttempt.objects.filter(outcome="printed", reported_at__isnull=False).count()


def unreported() -> int:
    return PrintAttempt.objects.filter(reported_at=None).count()


def status() -> dict[str, dict[str, object]]:
    """What ``manage.py status --json`` prints."""
    printed = io.StringIO()
    call_command("status", "--json", stdout=printed)
    said: dict[str, dict[str, object]] = json.loads(printed.getvalue())
    return said


def check_the_keys(said: dict[str, dict[str, object]]) -> None:
    """The fixed names of DESIGN.md, section 7."""
    assert {"recordings", "requests", "authorizations", "jobs", "blanks"} <= said.keys()
    assert said["requests"]["handed_over"] == 21
    assert {"limit", "in_flight", "state"} <= said["throttle"].keys()
    assert said["shift"]["open"] is True
    assert said["shift"]["until"]
    assert {"name", "reason"} <= said["gate"].keys()
    assert {"beat", "central", "printing", "office"} <= said["heartbeats"].keys()


def check_one_card_each(
    folders: Sequence[Path], *, whole: Machinery, office: Office, niks: Sequence[str]
) -> None:
    """By the trays, by our books and by those of the centre."""
    jobs = [sheet.name.split("-")[1] for folder in folders for sheet in folder.glob("*.pdf")]
    assert len(jobs) == len(set(jobs)) == len(niks)
    promises.check_the_books(office=office)
    listed = promises.commands_at(whole.environment["CENTRAL_URL"], office=office)
    promises.check_against_the_centre(listed)
    assert promises.used_by_person(listed) == dict.fromkeys(niks, 1)
    assert promises.leaks_in_logs(whole.folder, niks=niks) == set()


# --- The installation -------------------------------------------------------------------------


@pytest.fixture
def office(transactional_db: None) -> Office:
    """Karimun with two hundred blanks."""
    office = load_office()
    factories.stock(office, BLANKS)
    return office


@pytest.fixture
def whole(tmp_path: Path, office: Office) -> Iterator[Machinery]:
    """The machinery on the test's own database and an empty broker; nothing runs yet."""
    with installation(tmp_path / "machinery") as whole:
        yield whole


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where the IPP printer keeps what it has printed."""
    return tmp_path / "spool"


@pytest.fixture
def ipp_printer(spool: Path, office: Office) -> Iterator[Printer]:
    """A real IPP printer, started as its own process."""
    address, process = ippeveprinter.start_ippeveprinter(spool, "Kartu", command=ippeveprinter.AT_ONCE)
    yield Printer.objects.create(office=office, name="IPP", driver="ipp", address=address)
    ippeveprinter.stop(process)


def a_folder_printer(
    office: Office, folder: Path, *, seconds_per_card: float = 0.0, depth: int = 1, enabled: bool = True
) -> Printer:
    """A printer of PDF files, as slow as it is told to be."""
    folder.mkdir()
    (folder / "printer.json").write_text(json.dumps({"seconds_per_card": seconds_per_card}))
    return Printer.objects.create(
        office=office, name=folder.name, driver="folder", address=str(folder), depth=depth, enabled=enabled
    )
