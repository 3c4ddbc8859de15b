"""What is the installation that faults befall? Every process of it, kept alive as the supervisor would.

The office brings people in, answers what only people can answer, and writes down what it was told:
each person taken in, and each state that somebody has seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import psycopg
from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from redis import Redis

from ektp_project import processes
from ektp_project.embedded.ground import HOST, free_port
from ektp_project.embedded.machinery import Machinery
from ektp_project.heartbeats import AGES
from printing.models import CardRequest, PrintAttempt, Printer, PrintJob
from printing.models.request import CardReason
from printing.models.shift import ShiftKind
from printing.services import inspection, requests
from printing.services.inspection import NotNow, Seen
from printing.services.shifts import plan_shift
from printing.states import HoldReason, JobState, RequestState
from registry.models import Office as OfficeRow
from registry.models import Recording
from registry.models.recording import Source
from registry.services import visibility
from registry.services.intake import take_in
from registry.services.offices import load_office
from registry.states import RecordingState
from tests import factories
from tests.chaos.cardprinter import CardPrinter
from tests.chaos.ground import Server
from tests.chaos.proxy import Proxy

QUICK = {
    "EKTP_DEMO": "1",
    "STATIC_MANIFEST": "0",
    "PUMP_SECONDS": "0.5",
    "POLL_FIRST_SECONDS": "1",
    "POLL_LONGEST_SECONDS": "2",
    "CENTRAL_TIMEOUT": "4",
    "CLAIM_SECONDS": "12",
    "PRINT_SECONDS": "5",
    "LOG_LEVEL": "WARNING",
}
CLOCK = Path(__file__).with_name("clock")
BLANKS = 20_000
UNSEEN = 9004  # the last digits of somebody whom the centre never sees: there is always one to ask about
SILENT = 90.0  # seconds; the supervisor of an office waits three minutes
LOOK = 0.2
FIRST_PAUSE = 0.5  # of the supervisor, before a dead process starts again
CLERK = "siti"

Given = TypeVar("Given")


def patiently(ask: Callable[[], Given], *, seconds: float = 60.0) -> Given:
    """The answer, however often the database goes away meanwhile."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > limit:
                raise
            time.sleep(LOOK)


@dataclass
class History:
    """What was promised to people and what they saw."""

    taken: dict[str, int] = field(default_factory=dict)  # receipt → number of the person
    seen: dict[int, list[str]] = field(default_factory=dict)  # request → states, in the order seen

    def saw(self, request: int, state: str) -> None:
        """Somebody was told this state."""
        states = self.seen.setdefault(request, [])
        if not states or states[-1] != state:
            states.append(state)


@dataclass
class Office:
    """The whole of it."""

    folder: Path
    database: Server
    broker: Server
    chance: random.Random
    history: History = field(default_factory=History)
    by_hand: int = 0  # questions that a person answered
    restarts: int = 0
    died_at: Counter[str] = field(default_factory=Counter)  # crash points
    up: bool = True
    ipp: CardPrinter | None = None  # a machine costs its time only in the rounds that are about it
    _next_person: int = 1
    _kept: dict[str, Callable[[], object]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _calm: threading.RLock = field(default_factory=threading.RLock)

    # --- Begin and end ------------------------------------------------------------------------

    def open(self) -> None:
        """Migrated, stocked, with two printers, a shift that is open, and every process at work."""
        self.row: OfficeRow = load_office()
        factories.stock(self.row, BLANKS)
        self.folders = [self.folder / f"printer-{number}" for number in (1, 2)]
        for path in self.folders:
            self.behave(path)
            Printer.objects.create(
                office=self.row, name=path.name, driver="folder", address=str(path), depth=4,
                ribbon_left=10**6, film_left=10**6,
            )  # fmt: skip
        now = timezone.now()
        end = now + timedelta(hours=11)
        plan_shift(
            office=self.row, starts_at=now, ends_at=end, kind=ShiftKind.WEEKEND, note="", actor=CLERK, now=now
        )
        self._connect()
        self._start_everything()
        threading.Thread(target=self._keep, daemon=True).start()
        threading.Thread(target=self._look_on, daemon=True).start()
        self.bring_in([UNSEEN])

    def _connect(self) -> None:
        """Between the parts stand proxies; the suite itself goes around them."""
        broker, sockets = urlsplit(self.broker.url), self.folder / "sockets"
        sockets.mkdir()
        real = self.database.url.rpartition("host=")[2]
        self.to_database = Proxy(str(sockets / ".s.PGSQL.5432"), f"{real}/.s.PGSQL.5432").start()
        assert broker.hostname
        assert broker.port
        self.to_broker = Proxy((HOST, free_port()), (broker.hostname, broker.port)).start()
        self.redis = Redis.from_url(self.broker.url, socket_timeout=5)
        self.armed = self.folder / "armed"
        self.armed.mkdir()
        self.clock = self.folder / "clock"
        self.clock.write_text("0")
        environment = {
            **QUICK,
            "DATABASE_URL": self.database.url.replace(real, str(sockets)),
            "REDIS_URL": self.broker.url.replace(f":{broker.port}/", f":{self.to_broker.listen[1]}/"),
            "VAR_DIR": str(self.folder / "var"),
            "CRASH_FOLDER": str(self.armed),
            "CLOCK_FILE": str(self.clock),
            "PYTHONPATH": str(CLOCK),
        }
        around = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self.whole = Machinery(folder=self.folder / "machinery", environment=around)
        self.whole.folder.mkdir()

    def _start_everything(self) -> None:
        self.centre = self.whole.start_centre("service_seconds=0.02")
        centre = urlsplit(self.centre)
        assert centre.hostname
        assert centre.port
        self.to_centre = Proxy((HOST, free_port()), (centre.hostname, centre.port)).start()
        self.whole.environment["CENTRAL_URL"] = f"http://{HOST}:{self.to_centre.listen[1]}"
        self.proxies = (self.to_database, self.to_broker, self.to_centre)
        for group in processes.WORKERS:
            self._kept[group.queue] = lambda queue=group.queue: self.whole.start_worker(queue)
        self._kept["beat"] = lambda: self.whole.start("beat", *processes.BEAT)
        self.web = f"{HOST}:{free_port()}"
        self._kept["web"] = lambda: self.whole.start("web", *processes.web(address=self.web))
        for start in self._kept.values():
            start()

    def close(self) -> None:
        """Everything ends."""
        self._stopping.set()
        with self._calm:
            for process in self.whole.running.values():
                process.kill()
                process.wait()
            self.whole.stop()
        if self.ipp:
            self.ipp.lose_power()

    def start_the_centre_again(self) -> str:
        """After the end, for whoever wants to compare; returns its address."""
        self.centre = self.whole.start_centre("service_seconds=0.02")
        return self.centre

    # --- The supervisor -----------------------------------------------------------------------

    def _keep(self) -> None:
        """Whoever died starts again after half a second; whoever is silent is ended first."""
        looked = time.monotonic()
        while not self._stopping.wait(LOOK):
            with self._calm:
                for name, start in self._kept.items():
                    if self.whole.running[name].poll() is not None:
                        time.sleep(FIRST_PAUSE)
                        self.restarts += 1
                        start()
            if time.monotonic() - looked > SILENT / 4:
                looked = time.monotonic()
                self._end_the_silent()

    def _end_the_silent(self) -> None:
        try:
            with psycopg.connect(self.database.url, connect_timeout=2) as session:
                ages = dict(session.execute(AGES).fetchall())
        except psycopg.Error:
            return
        for name, age in ages.items():
            if age > SILENT and name in self._kept and self.up:
                self.kill(name)
                with contextlib.suppress(psycopg.Error), psycopg.connect(self.database.url) as session:
                    session.execute("UPDATE printing_heartbeat SET at = now() WHERE name = %s", [name])

    def kill(self, name: str) -> None:
        """SIGKILL; the supervisor starts it again."""
        with self._calm:
            process = self.whole.running[name]
            if process.poll() is None:
                process.kill()
                process.wait()

    # --- People who come ----------------------------------------------------------------------

    def bring_in(self, numbers: list[int] | None = None, *, count: int = 0) -> list[int]:
        """Take people in; whoever is told "yes" stands in the history."""
        numbers = numbers or list(range(self._next_person, self._next_person + count))
        self._next_person += count
        patiently(lambda: self._take(numbers))
        return numbers

    def _take(self, numbers: list[int]) -> None:
        enrolments = [factories.an_enrolment(number) for number in numbers]
        now = timezone.now()
        with transaction.atomic():
            taken = take_in(
                enrolments=enrolments, office=self.row, source=Source.IMPORT, now=now, actor=CLERK
            )
            recordings = [one.recording for one in taken]
            requests.open_requests(wanted=[(row, CardReason.NEW) for row in recordings], now=now, actor=CLERK)
        opened = CardRequest.objects.filter(recording__in=[row.pk for row in recordings])
        by_recording = dict(opened.values_list("recording_id", "receipt"))
        for number, row in zip(numbers, recordings, strict=True):
            if number != UNSEEN:
                self.history.taken[by_recording[row.pk]] = number

    def _look_on(self) -> None:
        """Somebody who asks where everybody stands, again and again."""
        while not self._stopping.wait(LOOK * 2):
            try:
                with psycopg.connect(self.database.url, connect_timeout=2) as session:
                    rows = session.execute("SELECT id, state FROM printing_cardrequest").fetchall()
            except psycopg.Error:
                continue
            for request, state in rows:
                self.history.saw(request, state)

    # --- What only people can answer ----------------------------------------------------------

    def help(self) -> None:
        """A clerk looks at the trays, mends what the centre muddled, and lets people go on."""
        patiently(self._help)

    def _help(self) -> None:
        now = timezone.now()
        for job in PrintJob.objects.filter(state=JobState.IN_DOUBT):
            name = job.tries.get(n=job.attempts).name
            self._answer(
                lambda job=job, name=name: inspection.resolve_doubt(
                    job=job, seen=self._lies_there(name), actor=CLERK, why="dilihat", now=now
                )
            )
        for job in PrintJob.objects.filter(state=JobState.DISCARDED, authorization__state="granted"):
            self._answer(
                lambda job=job: inspection.try_again(job=job, actor=CLERK, why="sekali lagi", now=now)
            )
        held = CardRequest.objects.filter(
            state=RequestState.HELD, receipt__in=list(self.history.taken)
        ).exclude(hold_reason=HoldReason.NOT_VISIBLE)
        for request in held:
            self._answer(
                lambda request=request: requests.release(
                    request=request, note="dilepas", actor=CLERK, now=now
                )
            )
        muddled = Recording.objects.filter(
            Q(exception_kind="wrong-answer") | Q(exception_kind="invalid-data"),
            state=RecordingState.EXCEPTION,
        )
        for recording in muddled:
            self._answer(
                lambda recording=recording: visibility.resend(
                    recording=recording, actor=CLERK, why="dikirim ulang", now=now
                )
            )

    def _answer(self, deed: Callable[[], object]) -> None:
        with contextlib.suppress(NotNow):
            deed()
            self.by_hand += 1

    def _lies_there(self, name: str) -> Seen:
        for folder in self.trays:
            for file in folder.iterdir():
                if name in file.name:
                    return Seen.SPOILED if file.suffix == ".failed" else Seen.CARD
        return Seen.BLANK

    @property
    def trays(self) -> list[Path]:
        """Where cards come out."""
        return [*self.folders, *([self.ipp.tray] if self.ipp else [])]

    # --- Quiet --------------------------------------------------------------------------------

    def undone(self) -> int:
        """People who were promised a card and have none the centre knows of."""
        ready = CardRequest.objects.filter(state=RequestState.READY_FOR_PICKUP).count()
        untold = PrintAttempt.objects.filter(reported_at=None).count()
        return max(len(self.history.taken) - ready, untold)

    def until_quiet(self, *, seconds: float) -> bool:
        """Wait until everybody has a card; False when that takes longer than ``seconds``."""
        limit = time.monotonic() + seconds
        while patiently(self.undone):
            if time.monotonic() > limit:
                return False
            self.help()
            time.sleep(LOOK)
        return True

    # --- Knobs --------------------------------------------------------------------------------

    def turn(self, **knobs: object) -> None:
        """Turn the centre's knobs."""
        httpx2.patch(f"{self.centre}/control/settings", json=knobs, timeout=10).raise_for_status()

    def set_the_clock(self, *, wrong_by: float) -> None:
        """Every process of the office is so many seconds ahead from now on; below 0: behind."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(wrong_by))
        new.replace(self.clock)

    def centre_stats(self) -> dict[str, object]:
        """What the simulated centre has counted."""
        said: dict[str, object] = httpx2.get(f"{self.centre}/control/stats?last=1", timeout=10).json()
        return said

    def behave(self, printer: Path, **behaviour: object) -> None:
        """How a folder printer behaves from now on."""
        printer.mkdir(exist_ok=True)
        new = printer / ".behaviour"
        new.write_text(json.dumps({"seconds_per_card": 0.03} | behaviour))
        new.replace(printer / "printer.json")

    @contextmanager
    def only_on_ipp(self) -> Iterator[CardPrinter]:
        """Meanwhile every card comes out of a real IPP printer."""
        if self.ipp is None:
            self.ipp = CardPrinter(self.folder / "ipp")
            Printer.objects.create(
                office=self.row, name="ipp", driver="ipp", address=self.ipp.address, depth=2,
                ribbon_left=10**6, film_left=10**6,
            )  # fmt: skip
        self._use(ipp=True)
        try:
            yield self.ipp
        finally:
            self._use(ipp=False)

    def _use(self, *, ipp: bool) -> None:
        for printer in patiently(lambda: list(Printer.objects.all())):
            printer.enabled = (printer.driver == "ipp") == ipp
            patiently(lambda printer=printer: printer.save(update_fields=["enabled"]))

    @contextmanager
    def without(self, server: Server, *, seconds: float) -> Iterator[None]:
        """A server is away for a while; nobody is called silent for that."""
        self.up = False
        server.kill()
        try:
            time.sleep(seconds)
            yield
        finally:
            server.start()
            with contextlib.suppress(Error):
                connection.close()
            self.up = True
