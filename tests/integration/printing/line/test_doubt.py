"""How does it end when a worker dies, and the printer that has its card forgets it?

From the crash to the clerk's answer, both ways, on ``ippeveprinter``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from printing.models import PrintAttempt, PrintAuthorization, Printer, PrintJob
from printing.printers.ipp import IppPrinter
from printing.services import authorizations, inspection, outcomes, prints
from printing.services.inspection import Seen
from printing.states import AuthorizationState, JobState, RequestState
from registry.central.contract import CommandStatus, every_command
from registry.central.memory import MemoryCentral
from registry.models import Office
from registry.selectors.blanks import balances
from registry.states import Place
from tests import factories
from tests.factories import NOW
from tests.ippeveprinter import start_ippeveprinter, stop

LEASE = timedelta(seconds=90)
AFTER = NOW + timedelta(minutes=5)  # the sending has become stale
pytestmark = pytest.mark.django_db


@dataclass
class Machine:
    """A card printer that is slow, and whose power may fail."""

    room: Path

    def __post_init__(self) -> None:
        self.room.mkdir()
        self.command = self.room / "command.sh"
        self.command.write_text(
            f'#!/bin/sh\necho begun >> "{self.room}/begun"\n'
            f'while [ -e "{self.room}/slow" ]; do sleep 0.05; done\n'
        )
        self.command.chmod(0o755)
        self.address, self._process = start_ippeveprinter(
            self.room / "spool", "Kartu", command=str(self.command)
        )

    def lose_power(self) -> None:
        """Everything it was told is forgotten; it comes back at the same address."""
        stop(self._process)
        (self.room / "slow").unlink(missing_ok=True)
        port = urlsplit(self.address).port
        _address, self._process = start_ippeveprinter(
            self.room / "spool", "Kartu", command=str(self.command), port=port
        )

    def stop(self) -> None:
        (self.room / "slow").unlink(missing_ok=True)
        stop(self._process)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "machine")
    yield machine
    machine.stop()


@pytest.fixture
def in_doubt(office: Office, centre: MemoryCentral, machine: Machine) -> PrintJob:
    """The worker died while the card was in the machine, and the machine has forgotten it."""
    Printer.objects.create(office=office, name="IPP", driver="ipp", address=machine.address)
    (begun,) = begin(office, centre)
    (machine.room / "slow").touch()
    sender = Thread(target=_send_and_die, args=(begun, machine.address), daemon=True)
    sender.start()
    wait_for(machine.room / "begun")
    machine.lose_power()
    sender.join(timeout=60)

    (stale,) = prints.stale_sending(office=office, now=AFTER)
    with closing(IppPrinter(address=machine.address)) as device:
        prints.look_again(job=stale, printer=device, now=AFTER, check_required=False)
    stale.refresh_from_db()
    assert stale.state == JobState.IN_DOUBT
    assert balances(office=office)[Place.RESERVED] == 1
    return stale


class TestAClerkWhoFindsTheCard:
    def test_lets_it_count_once_here_and_at_the_centre(
        self, office: Office, centre: MemoryCentral, in_doubt: PrintJob
    ) -> None:
        inspection.resolve_doubt(job=in_doubt, seen=Seen.CARD, actor="siti", why="di baki", now=AFTER)
        tell(office, centre)

        request = in_doubt.authorization.request
        request.refresh_from_db()
        assert request.state == RequestState.READY_FOR_PICKUP
        assert PrintAuthorization.objects.get().state == AuthorizationState.USED
        assert (balances(office=office)[Place.PRINTED], balances(office=office)[Place.RESERVED]) == (1, 0)
        (command,) = every_command(centre, office=office.code)
        assert command.status == CommandStatus.USED
        assert [one.blank for one in command.attempts] == [PrintAttempt.objects.get().blank]


class TestAClerkWhoFindsTheBlank:
    def test_lets_the_card_be_made_on_the_same_command(
        self, office: Office, centre: MemoryCentral, machine: Machine, in_doubt: PrintJob
    ) -> None:
        inspection.resolve_doubt(job=in_doubt, seen=Seen.BLANK, actor="siti", why="blanko utuh", now=AFTER)
        assert balances(office=office)[Place.RESERVED] == 0

        printer = Printer.objects.get()
        jobs = prints.claim(printer=printer, limit=1, now=AFTER, lease=LEASE)
        documents = prints.draw(jobs=jobs, today=AFTER.date())
        (begun,) = prints.begin(printer=printer, jobs=jobs, documents=documents, now=AFTER, lease=LEASE)
        with closing(IppPrinter(address=machine.address)) as device:
            result = prints.send(begun=begun, printer=device)
        prints.settle(printer=printer, results=[result], now=AFTER, check_required=False)
        tell(office, centre)

        assert balances(office=office)[Place.PRINTED] == 1
        assert PrintAttempt.objects.count() == 1
        (command,) = every_command(centre, office=office.code)
        assert command.status == CommandStatus.USED
        assert len(command.attempts) == 1


class TestAClerkWhoFindsASpoiledCard:
    def test_has_the_blank_told_as_spoiled_and_one_more_made(
        self, office: Office, centre: MemoryCentral, in_doubt: PrintJob
    ) -> None:
        inspection.resolve_doubt(job=in_doubt, seen=Seen.SPOILED, actor="siti", why="tergores", now=AFTER)
        tell(office, centre)

        in_doubt.refresh_from_db()
        assert in_doubt.state == JobState.QUEUED
        assert balances(office=office)[Place.SPOILED] == 1
        (command,) = every_command(centre, office=office.code)
        assert command.status == CommandStatus.ISSUED
        assert [one.outcome for one in command.attempts] == ["spoiled"]


# --- Steps ------------------------------------------------------------------------------------


def begin(office: Office, centre: MemoryCentral) -> list[prints.Begun]:
    factories.waiting(office, 1)
    claimed = authorizations.claim(office=office, limit=1, now=NOW, lease=LEASE)
    answers = [authorizations.ask(authorization=row, central=centre) for row in claimed]
    authorizations.record(answers=answers, now=NOW)
    printer = Printer.objects.get()
    jobs = prints.claim(printer=printer, limit=1, now=NOW, lease=LEASE)
    documents = prints.draw(jobs=jobs, today=NOW.date())
    return prints.begin(printer=printer, jobs=jobs, documents=documents, now=NOW, lease=LEASE)


def _send_and_die(begun: prints.Begun, address: str) -> None:
    """What it heard is lost with the worker."""
    with closing(IppPrinter(address=address)) as device:
        prints.send(begun=begun, printer=device)


def tell(office: Office, centre: MemoryCentral) -> None:
    attempts = outcomes.claim(office=office, limit=9, now=AFTER, lease=LEASE)
    outcomes.record(told=[outcomes.tell(attempt=row, central=centre) for row in attempts], now=AFTER)


def wait_for(file: Path) -> None:
    limit = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < limit, f"{file.name} never came"
        time.sleep(0.05)
