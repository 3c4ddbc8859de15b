"""Does the IPP driver get along with a real printer, and with everything that happens to one?"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from printing.card import CardFace, draw_card
from printing.printers import ipp
from printing.printers.base import PrintDoubt, PrinterUnavailable, PrintState, Sheet
from printing.printers.ipp import IppPrinter
from tests.integration.printing.printers.cutting import Cut, CuttingRelay
from tests.ippeveprinter import start_ippeveprinter, stop

NAME = "ektp-1-1-5f3c9a7b21de"
WAIT_SECONDS = 20.0  # for something that takes milliseconds on a machine that is not busy

FACE = CardFace(
    nik="2102014107900001",
    name="Siti Aminah",
    birth_place="Tanjung Balai",
    birth_date=date(1990, 7, 1),
    sex="perempuan",
    blood_type="O",
    address="Jl. Pelabuhan No. 12",
    rt="2",
    rw="5",
    village="Tanjung Balai Kota",
    district="Karimun",
    religion="Islam",
    marital_status="Belum Kawin",
    occupation="Nelayan",
    citizenship="WNI",
    province="Kepulauan Riau",
    regency="Kabupaten Karimun",
    issued_on=date(2017, 11, 28),
)
CARD = draw_card(face=FACE)

# The printer runs this for each job. Its mishaps are files that a test puts beside it.
COMMAND = """#!/bin/sh
cd "{room}"
env | grep ^IPP_ > asked
echo begun >> log
while [ -e slow ]; do sleep 0.05; done
[ -e empty ] && echo "STATE: +media-empty" >&2
[ -e jam ] && echo "STATE: +media-jam" >&2
[ -e broken ] && exit 1
echo card >> tray
"""


class Machine:
    """A real printer that can be killed and started again at the same address."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self._clients: list[IppPrinter] = []
        self.command = room / "print"
        self.command.write_text(COMMAND.format(room=room))
        self.command.chmod(0o755)
        self.address, self._process = start_ippeveprinter(room / "spool", "Meja 1", str(self.command))

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])

    def client(self, *, patience: float = WAIT_SECONDS) -> IppPrinter:
        client = IppPrinter(address=self.address, patience=patience)
        self._clients.append(client)
        return client

    def has(self, mishap: str) -> None:
        (self.room / mishap).touch()

    def recovers_from(self, mishap: str) -> None:
        (self.room / mishap).unlink()

    def lines(self, file: str) -> list[str]:
        path = self.room / file
        return path.read_text().splitlines() if path.exists() else []

    def kill(self) -> None:
        stop(self._process)

    def start_again(self) -> None:
        _address, self._process = start_ippeveprinter(
            self.room / "spool", "Meja 1", str(self.command), port=self.port
        )

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for slow in self.room.glob("slow"):
            slow.unlink()  # or its command would wait forever
        stop(self._process)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.close()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


class TestARealPrinter:
    def test_receives_the_card_octet_by_octet(self, machine: Machine) -> None:
        assert machine.client().send(Sheet(NAME, CARD)).state is PrintState.DONE
        [spooled] = (machine.room / "spool").glob("*.pdf")
        assert spooled.read_bytes() == CARD
        assert machine.lines("tray") == ["card"]

    def test_is_asked_for_card_media_and_both_sides(self, machine: Machine) -> None:
        machine.client().send(Sheet(NAME, CARD))
        asked = "\n".join(machine.lines("asked"))
        assert "x-dimension=8560" in asked
        assert "y-dimension=5398" in asked
        assert "IPP_SIDES=two-sided-long-edge" in asked
        assert "IPP_PRINT_SCALING=none" in asked

    def test_says_how_it_is(self, machine: Machine) -> None:
        condition = machine.client().condition()
        assert condition.accepting
        assert condition.reasons == ()

    def test_remembers_a_job_by_name_for_a_client_that_never_sent_it(self, machine: Machine) -> None:
        machine.client().send(Sheet(NAME, CARD))
        machine.client().send(Sheet(NAME + "0", CARD))
        assert machine.client().find(NAME).state is PrintState.DONE
        assert machine.client().find("ektp-9-9-none").state is PrintState.UNKNOWN

    def test_tells_of_a_job_that_it_is_working_on(self, machine: Machine) -> None:
        machine.has("slow")
        assert machine.client(patience=0.5).send(Sheet(NAME, CARD)).state is PrintState.PENDING
        assert machine.client().find(NAME).state is PrintState.PENDING
        machine.recovers_from("slow")
        until(lambda: machine.client().find(NAME).state is PrintState.DONE)

    def test_refuses_a_second_job_while_it_is_busy_and_nothing_is_lost(self, machine: Machine) -> None:
        machine.has("slow")
        machine.client(patience=0.2).send(Sheet(NAME, CARD))
        with pytest.raises(PrinterUnavailable):
            machine.client().send(Sheet("ektp-2-1-b", CARD))
        machine.recovers_from("slow")
        until(lambda: machine.lines("tray"))
        assert machine.client().find("ektp-2-1-b").state is PrintState.UNKNOWN

    def test_does_not_promise_to_have_stopped_a_card_that_it_began(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ipp, "CANCEL_SECONDS", 0.2)
        machine.has("slow")
        machine.client(patience=0.2).send(Sheet(NAME, CARD))
        assert machine.client().withdraw(NAME) is False

    def test_makes_one_card_for_each_of_many_jobs_of_one_client(self, machine: Machine) -> None:
        client = machine.client()
        for n in range(10):
            client.send(Sheet(f"ektp-{n}-1-a", CARD))
        assert len(machine.lines("tray")) == 10


class TestAPrinterInTrouble:
    @pytest.mark.parametrize(("mishap", "hold"), [("empty", "no-blank"), ("jam", "printer-down")])
    def test_holds_the_line(self, machine: Machine, mishap: str, hold: str) -> None:
        machine.has(mishap)
        machine.client().send(Sheet(NAME, CARD))
        until(lambda: machine.client().condition().hold_reason == hold)
        with pytest.raises(PrinterUnavailable, match=hold):
            machine.client().send(Sheet("ektp-2-1-b", CARD))

    def test_says_that_a_card_went_wrong(self, machine: Machine) -> None:
        machine.has("broken")
        result = machine.client().send(Sheet(NAME, CARD))
        assert result.state is PrintState.FAILED
        assert result.detail
        assert machine.client().find(NAME).state is PrintState.FAILED

    def test_that_was_killed_while_printing_leaves_the_job_open(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It had the document: so it is not sent again, and looked at later."""
        monkeypatch.setattr(ipp, "SILENCE_SECONDS", 0.2)
        machine.has("slow")
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(machine.client().send, Sheet(NAME, CARD))
            until(lambda: machine.lines("log"))
            machine.kill()
            assert sending.result(timeout=WAIT_SECONDS).state is PrintState.PENDING
        with pytest.raises(PrinterUnavailable):
            machine.client().find(NAME)

    def test_that_was_started_again_knows_nothing_and_promises_nothing(self, machine: Machine) -> None:
        client = machine.client()
        client.send(Sheet(NAME, CARD))
        machine.kill()
        machine.start_again()
        assert client.find(NAME).state is PrintState.UNKNOWN
        assert client.withdraw(NAME) is False
        assert client.send(Sheet("ektp-2-1-b", CARD)).state is PrintState.DONE

    def test_that_is_off_surely_printed_nothing(self, machine: Machine) -> None:
        client = machine.client()
        client.send(Sheet(NAME, CARD))  # the connection is open when the printer goes
        machine.kill()
        with pytest.raises(PrinterUnavailable):
            client.send(Sheet("ektp-2-1-b", CARD))


class TestACutConnection:
    @pytest.fixture
    def relay(self, machine: Machine, request: pytest.FixtureRequest) -> Iterator[IppPrinter]:
        relay = CuttingRelay(port=machine.port, cut=request.param, document=CARD)
        client = IppPrinter(address=f"ipp://127.0.0.1:{relay.port}/ipp/print", patience=WAIT_SECONDS)
        yield client
        client.close()
        relay.close()

    @pytest.mark.parametrize("relay", [Cut.NEVER], indirect=True)
    def test_is_whole_when_nobody_cuts_it(self, machine: Machine, relay: IppPrinter) -> None:
        assert relay.send(Sheet(NAME, CARD)).state is PrintState.DONE

    @pytest.mark.parametrize("relay", [Cut.BEFORE_THE_ANSWER], indirect=True)
    def test_before_the_answer_is_a_doubt_that_the_name_resolves(
        self, machine: Machine, relay: IppPrinter
    ) -> None:
        with pytest.raises(PrintDoubt):
            relay.send(Sheet(NAME, CARD))
        until(lambda: machine.client().find(NAME).state is PrintState.DONE)
        assert machine.lines("tray") == ["card"]

    @pytest.mark.parametrize("relay", [Cut.IN_THE_DOCUMENT], indirect=True)
    def test_in_the_document_is_a_doubt_and_what_arrived_shows_no_person(
        self, machine: Machine, relay: IppPrinter
    ) -> None:
        """This printer prints the half and says that all is well: so the half must not look like a card."""
        with pytest.raises(PrintDoubt):
            relay.send(Sheet(NAME, CARD))
        until(lambda: machine.client().find(NAME).state in (PrintState.DONE, PrintState.FAILED))
        [spooled] = (machine.room / "spool").glob("*.pdf")
        half = spooled.read_bytes()
        assert CARD.startswith(half)
        assert len(half) < len(CARD)
        assert b"Tj" not in half


class TestIpptool:
    def test_another_client_sees_our_job_as_we_do(self, machine: Machine) -> None:
        """The second opinion of cups-ipp-utils on what we sent."""
        machine.client().send(Sheet(NAME, CARD))
        told = subprocess.run(
            ["ipptool", "-tv", machine.address, "get-completed-jobs.test"],
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        ).stdout
        assert NAME in told
        assert "completed" in told
