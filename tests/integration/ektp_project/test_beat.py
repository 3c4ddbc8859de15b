"""Does a real beat follow what people plan, alone among several, past deaths and cut lines?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from ektp_project import processes
from ektp_project.celery import app
from ektp_project.schedules import PREFIX, STANDING, OfficeScheduler, install
from printing.bells import UNHEARD
from printing.models import ExtraShift, Heartbeat, ShiftRun
from printing.models.shift import ShiftKind
from printing.services.shifts import cancel_shift, plan_shift
from registry.models import Office

PATIENCE = 90.0  # seconds; a busy machine is no failure
QUEUES = [group.queue for group in processes.WORKERS]
OFFICE_WORKER = next(group for group in processes.WORKERS if group.queue == "office").command("2")

Start = Callable[[tuple[str, ...]], subprocess.Popen[bytes]]


@pytest.mark.django_db
class TestInstall:
    def test_writes_every_bell_once_however_often_it_is_asked(self) -> None:
        install()
        install()

        names = PeriodicTask.objects.filter(name__startswith=PREFIX).values_list("name", flat=True)
        assert sorted(names) == sorted(PREFIX + name for name in STANDING)

    def test_leaves_a_bell_off_that_a_person_switched_off(self) -> None:
        install()
        PeriodicTask.objects.filter(name=PREFIX + "pump_reports").update(enabled=False)

        install()

        assert not PeriodicTask.objects.get(name=PREFIX + "pump_reports").enabled

    def test_takes_away_only_standing_bells_that_the_table_no_longer_has(self) -> None:
        install()
        kept = PeriodicTask.objects.get(name=PREFIX + "pump_reports")
        for name in (PREFIX + "forgotten", "extra: 7 open", "laporan bulanan"):
            PeriodicTask.objects.create(name=name, task="printing.tasks.pump_reports", interval=kept.interval)

        install()

        names = set(PeriodicTask.objects.values_list("name", flat=True))
        assert {"extra: 7 open", "laporan bulanan"} <= names
        assert PREFIX + "forgotten" not in names


@pytest.mark.django_db
class TestBellsWithoutAnEar:
    """No worker reads the queue, and it is full."""

    @pytest.fixture(autouse=True)
    def full(self, broker: redis.Redis) -> None:
        broker.lpush("office", *[b"a bell"] * UNHEARD)

    def test_do_not_ring_when_they_come_again(self, broker: redis.Redis, beat: OfficeScheduler) -> None:
        install()

        beat.apply_entry(entry_of(PREFIX + "pump_printing"))

        assert broker.llen("office") == UNHEARD

    def test_ring_when_they_are_meant_for_a_moment(
        self, broker: redis.Redis, beat: OfficeScheduler, office: Office
    ) -> None:
        shift = plan_now(office)

        beat.apply_entry(entry_of(f"extra: {shift.pk} open"))

        assert broker.llen("office") == UNHEARD + 1


class TestBellsWithoutABroker:
    @pytest.mark.django_db
    def test_wait_for_it_and_say_so_once(
        self, beat: OfficeScheduler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        install()
        nobody = redis.Redis(port=unused_port())
        monkeypatch.setattr("ektp_project.schedules.redis_client", lambda: nobody)

        for name in ("pump_printing", "pump_reports"):
            beat.apply_entry(entry_of(PREFIX + name))

        assert [record.message for record in caplog.records if "broker" in record.message] == [
            caplog.records[0].message
        ]


@pytest.mark.django_db(transaction=True)
class TestBeat:
    def test_opens_a_shift_that_is_planned_while_it_runs(self, start: Start, office: Office) -> None:
        start(processes.BEAT)
        start(OFFICE_WORKER)
        wait_until(lambda: set(Heartbeat.objects.values_list("name", flat=True)) >= {"beat", "office"})

        shift = plan_now(office)

        wait_until(lambda: run_of(shift) is not None)
        cancel_shift(shift=shift, actor="siti", now=timezone.now())
        closed = run_of(shift)
        assert closed is not None
        assert closed.closed_at is not None

    def test_rings_once_though_there_are_two_and_whatever_befalls_the_first(
        self, start: Start, office: Office, broker: redis.Redis
    ) -> None:
        first = start(processes.BEAT)
        wait_until(lambda: Heartbeat.objects.filter(name="beat").exists())
        start(processes.BEAT)
        wait_until(lambda: sessions() == 2)
        shift = plan_now(office)
        wait_until(lambda: written_down(shift))

        first.send_signal(signal.SIGKILL)
        first.wait()
        after_death = plan_later(office, hours=3)
        wait_until(lambda: written_down(after_death))

        cut_every_line()
        after_cut = plan_later(office, hours=6)
        wait_until(lambda: written_down(after_cut))

        assert [rung(broker, one) for one in (shift, after_death, after_cut)] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
class TestBeatThatIsToldToEnd:
    """Whatever it does and whoever no longer answers."""

    def test_ends_in_the_midst_of_a_query(self, start: Start) -> None:
        beat = start(processes.BEAT)
        wait_until(lambda: rings() > 1)

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE django_celery_beat_periodictasks IN ACCESS EXCLUSIVE MODE")
            wait_until(lambda: somebody_waits(cursor))
            beat.terminate()

            assert beat.wait(PATIENCE) == 0

        assert sessions() == 0

    def test_ends_though_its_database_is_silent(self, start: Start) -> None:
        beat = start(processes.BEAT)
        wait_until(lambda: rings() > 1)

        with frozen(*other_sessions()):
            beat.terminate()

            beat.wait(PATIENCE)

    def test_ends_though_its_broker_is_silent(self, start: Start, broker: redis.Redis) -> None:
        beat = start(processes.BEAT)
        wait_until(lambda: rings() > 1)

        with frozen(broker.info("server")["process_id"]):
            beat.terminate()

            assert beat.wait(PATIENCE) == 0


def entry_of(name: str) -> ModelEntry:
    """A row as beat holds it."""
    return ModelEntry(PeriodicTask.objects.get(name=name), app=app)


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def plan_now(office: Office) -> ExtraShift:
    """An extra shift that has just begun."""
    return plan_later(office, hours=0)


def plan_later(office: Office, *, hours: int) -> ExtraShift:
    """An extra shift so many hours away, whose opening bell is due at once all the same."""
    now = timezone.now()
    begins = now + timedelta(hours=hours)
    shift = plan_shift(
        office=office,
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        kind=ShiftKind.EVENING,
        note="",
        actor="siti",
        now=now,
    )
    bell = PeriodicTask.objects.get(name=f"extra: {shift.pk} open")
    assert bell.clocked is not None
    bell.clocked.clocked_time = now
    bell.clocked.save()
    return shift


def run_of(shift: ExtraShift) -> ShiftRun | None:
    return ShiftRun.objects.filter(name=f"extra {shift.pk}").first()


def rung(broker: redis.Redis, shift: ExtraShift) -> int:
    """How often the opening of this shift was rung for; nobody takes the messages away."""
    messages = [json.loads(message) for message in broker.lrange("office", 0, -1)]
    return [m["headers"].get("periodic_task_name") for m in messages].count(f"extra: {shift.pk} open")


def written_down(shift: ExtraShift) -> bool:
    """Whether beat has rung for the opening of this shift and knows it for ever."""
    bell = PeriodicTask.objects.get(name=f"extra: {shift.pk} open")
    return bell.total_run_count > 0 or not bell.enabled


def rings() -> int:
    """Bells in the queues; nobody takes them away."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        return sum(int(client.llen(queue)) for queue in QUEUES)


def somebody_waits(cursor: CursorWrapper) -> bool:
    """Whether a session of this database waits for another's transaction."""
    cursor.execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return cursor.fetchone() is not None


def other_sessions() -> list[int]:
    """The server's processes that serve everybody but us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


@contextmanager
def frozen(*servers: int) -> Generator[None]:
    """These processes keep their lines open and say nothing."""
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGCONT)


def sessions() -> int:
    """Beats that hold the lock or wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ektp beat leader'"
            " AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def cut_every_line() -> None:
    """End every session but ours, as a database does that starts again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.1)


@pytest.fixture
def beat() -> OfficeScheduler:
    """A beat that has not begun, to be asked one thing."""
    return OfficeScheduler(app=app)


@pytest.fixture
def office(db: None) -> Office:
    """The office that the processes serve."""
    return Office.objects.create(code="21.02", name="Karimun", province="Kepulauan Riau")


@pytest.fixture
def broker() -> Generator[redis.Redis]:
    """The broker, with empty queues."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.delete(*QUEUES)
        yield client
        client.delete(*QUEUES)


@pytest.fixture
def start(broker: redis.Redis, transactional_db: None, tmp_path: Path) -> Generator[Start]:
    """Starts a process of the installation on the test's database; all end with the test."""
    name = connection.settings_dict["NAME"]
    database = os.environ["DATABASE_URL"].partition("?")
    url = database[0].rpartition("/")[0] + f"/{name}" + "".join(database[1:])
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(Path.cwd())}
    started: list[subprocess.Popen[bytes]] = []

    def begin(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (tmp_path / f"output-{len(started)}").open("wb") as output:
            started.append(
                subprocess.Popen(
                    (sys.executable, "-m", *command),
                    env=environment,
                    cwd=tmp_path,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for output in sorted(tmp_path.glob("output-*")):
        print(output.read_text())  # pytest shows it when the test failed
