"""Does every recording arrive once, whatever the line does and whenever the station's power fails?

The real client as its own processes, a proxy that cuts, delays, doubles, reorders and falls silent, and
the office's own server.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from clients.station import made_up
from printing.models import CardRequest
from registry.models import BiometricFile, Office, Recording
from registry.services import biometrics
from tests import factories
from tests.devices import a_device
from tests.faultproxy import Fault, FaultProxy, Faults, fault_proxy

STATIONS = 4
RECORDINGS = 60  # the benchmark `stations` sends 2,000 from 20
BAD = Faults(cut_asking=0.06, cut_answering=0.08, black_hole=0.02, double=0.08, reorder=0.06, delay=0.02)
PATIENCE = 200.0  # seconds; a busy machine is no failure
NO_LIMIT = 1_000_000

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(transactional_db: None, settings: object) -> Office:
    """The office, which counts no calls: what is asked here is whether they arrive."""
    settings.API_PER_DEVICE = settings.API_PER_ADDRESS = NO_LIMIT  # type: ignore[attr-defined]
    return factories.an_office()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "recordings"
    made_up.make(root, count=RECORDINGS, file_bytes=300)
    return root


@pytest.fixture
def keys(tmp_path: Path, office: Office) -> Path:
    """A key for each station."""
    path = tmp_path / "keys"
    stations = [a_device(office, "recordings", name=f"Stasiun {n}") for n in range(STATIONS)]
    path.write_text("\n".join(station.key for station in stations))
    return path


def start(folder: Path, keys: Path, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "clients.station", str(folder), "--url", url, "--key-file", str(keys)]
    command += ["--stations", str(STATIONS), "--batch", "7", "--patience", "1", "--timeout", "2"]
    return subprocess.Popen(command, start_new_session=True)


def check_the_office(folder: Path) -> None:
    """Every person once, with one request, and every file whole."""
    assert Recording.objects.count() == CardRequest.objects.count() == RECORDINGS
    assert Recording.objects.values("resident").distinct().count() == RECORDINGS
    assert BiometricFile.objects.filter(completed_at__isnull=False).count() == 4 * RECORDINGS


class TestABadLine:
    def test_brings_every_recording_once(
        self, live_server: LiveServer, office: Office, folder: Path, keys: Path
    ) -> None:
        with fault_proxy(port=live_server.thread.port, faults=BAD) as line:
            assert start(folder, keys, line.url).wait(PATIENCE) == 0
        check_the_office(folder)
        assert_bad(line)

    def test_and_a_station_whose_power_fails_begin_where_they_were(
        self, live_server: LiveServer, office: Office, folder: Path, keys: Path
    ) -> None:
        chance = random.Random(20171128)
        with fault_proxy(port=live_server.thread.port, faults=BAD) as line:
            for _power_failure in range(4):
                station = start(folder, keys, line.url)
                try:
                    station.wait(chance.uniform(1.0, 3.0))
                except subprocess.TimeoutExpired:
                    os.killpg(station.pid, signal.SIGKILL)
                    station.wait()
            assert start(folder, keys, line.url).wait(PATIENCE) == 0
        check_the_office(folder)


def assert_bad(line: FaultProxy) -> None:
    """Every fault has happened, or nothing was shown."""
    counts: Counter[Fault] = line.counts
    assert {fault for fault in Fault if counts[fault]} == set(Fault), counts


class TestAGoodLine:
    def test_says_what_was_refused_and_sends_the_rest(
        self, live_server: LiveServer, office: Office, tmp_path: Path, keys: Path
    ) -> None:
        root = tmp_path / "few"
        made_up.make(root, count=5)
        facts = root / "000003" / "recording.json"
        facts.write_text(facts.read_text().replace("Contoh 3", ""))
        command = [sys.executable, "-m", "clients.station", str(root), "--url", live_server.url]
        ended = subprocess.run(
            [*command, "--key-file", str(keys)], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert ended.returncode == 1
        assert "000003" in ended.stderr
        assert "name" in ended.stderr
        assert Recording.objects.count() == 4

    def test_takes_the_bytes_of_a_large_file_in_pieces(
        self, live_server: LiveServer, office: Office, tmp_path: Path, keys: Path
    ) -> None:
        root = tmp_path / "large"
        made_up.make(root, count=1, file_bytes=700_000)
        assert start(root, keys, live_server.url).wait(PATIENCE) == 0
        (recording,) = Recording.objects.all()
        for file in recording.files.all():
            sent = (root / "000001" / f"{file.kind}.bin").read_bytes()
            assert b"".join(biometrics.read(file=file)) == sent
            assert len(file.pieces) == 3

    def test_ends_when_its_key_is_not_known(
        self, live_server: LiveServer, office: Office, tmp_path: Path, folder: Path
    ) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("nobody." + 43 * "x")
        assert start(folder, wrong, live_server.url).wait(PATIENCE) == 3
        assert not Recording.objects.exists()
