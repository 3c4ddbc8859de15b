"""Does the supervisor keep processes running, and end them well?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ektp_project.embedded.leftovers import Roll

PATIENCE = 60.0  # seconds until a test gives up; nothing here is measured


def eventually(true: Callable[[], object]) -> None:
    """Wait until it holds."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.02)


class Stage:
    """A running supervisor with its stand-in processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def open(self, *roles: str) -> None:
        command = [sys.executable, "-m", "tests.integration.ektp_project.troupe", str(self.folder), *roles]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        for role in roles:
            eventually(lambda role=role: self.pids(role))

    def notes(self) -> list[str]:
        file = self.folder / "notes"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def pids(self, role: str) -> list[int]:
        return [int(note.split()[-1]) for note in self.notes() if note.startswith(f"{role} begins")]

    def ends(self) -> list[str]:
        return [note for note in self.notes() if " begins " not in note]

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def close(self) -> str:
        """What it printed, once it has ended by itself."""
        assert self.process is not None
        return self.process.communicate(timeout=PATIENCE)[0]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A supervisor in a folder of its own; nothing of it outlives the test."""
    stage = Stage(tmp_path)
    yield stage
    if stage.process is not None:
        stage.process.kill()
        stage.process.wait()
        assert stage.process.stdout is not None
        stage.process.stdout.close()
    for note in stage.notes():
        if " begins " in note and psutil.pid_exists(pid := int(note.split()[-1])):
            os.kill(pid, signal.SIGKILL)


class TestWatch:
    def test_starts_a_killed_process_again(self, stage: Stage) -> None:
        stage.open("first", "second")

        os.kill(stage.pids("first")[0], signal.SIGKILL)

        eventually(lambda: len(stage.pids("first")) == 2)
        assert len(stage.pids("second")) == 1
        stage.signal(signal.SIGTERM)
        assert "first was ended by SIGKILL; it starts again in 0.5 s." in stage.close()

    def test_starts_it_again_each_time_it_is_killed(self, stage: Stage) -> None:
        stage.open("first")

        for time_killed in range(1, 4):
            os.kill(stage.pids("first")[-1], signal.SIGKILL)
            eventually(lambda killed=time_killed: len(stage.pids("first")) == killed + 1)

        stage.signal(signal.SIGTERM)
        assert "it starts again in 2 s." in stage.close()  # the pauses grow: 0.5, 1, 2

    def test_shows_who_speaks_and_keeps_it_in_a_file(self, stage: Stage) -> None:
        stage.open("first")
        stage.signal(signal.SIGTERM)

        assert "first     | first speaks" in stage.close()
        assert (stage.folder / "first.log").read_text(encoding="utf-8") == "first speaks\n"


class TestStop:
    def test_goes_from_those_who_make_work_to_what_everybody_needs(self, stage: Stage) -> None:
        stage.open("last", "second", "first")

        stage.signal(signal.SIGINT)

        assert stage.close().endswith("the end\n")
        assert stage.ends() == ["first SIGTERM", "second SIGTERM", "last SIGTERM"]

    def test_signals_the_main_process_alone(self, stage: Stage) -> None:
        stage.open("parent")
        eventually(lambda: stage.pids("child of parent"))
        assert stage.process is not None

        os.killpg(stage.process.pid, signal.SIGINT)  # as a terminal does at Ctrl-C

        stage.close()
        assert stage.ends() == ["parent SIGTERM"]

    def test_waits_no_longer_after_a_second_ctrl_c(self, stage: Stage) -> None:
        stage.open("stubborn", "last")

        stage.signal(signal.SIGINT)
        eventually(lambda: stage.ends() == ["stubborn SIGTERM"])
        stage.signal(signal.SIGINT)

        assert "stubborn is not waited for." in stage.close()
        assert stage.ends() == ["stubborn SIGTERM", "stubborn SIGQUIT", "last SIGTERM"]


class TestTerminal:
    def test_may_go_away(self, stage: Stage) -> None:
        stage.open("first")
        assert stage.process is not None
        assert stage.process.stdout is not None
        stage.process.stdout.close()

        os.kill(stage.pids("first")[0], signal.SIGKILL)

        eventually(lambda: len(stage.pids("first")) == 2)
        stage.signal(signal.SIGTERM)
        assert stage.process.wait(PATIENCE) == 0


class TestDeathOfTheSupervisor:
    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
    def test_takes_everybody_along(self, stage: Stage) -> None:
        stage.open("first", "last")

        stage.signal(signal.SIGKILL)

        eventually(lambda: set(stage.ends()) == {"first SIGTERM", "last SIGTERM"})

    def test_leaves_a_roll_by_which_the_next_run_ends_the_stubborn(self, stage: Stage) -> None:
        stage.open("stubborn")
        stage.signal(signal.SIGKILL)
        eventually(stage.ends)

        assert Roll(stage.folder / "processes.json").end_leftovers() == ["stubborn"]

        assert not psutil.pid_exists(stage.pids("stubborn")[0])

    def test_endangers_nobody_who_has_got_a_number_of_the_roll_since(self, tmp_path: Path) -> None:
        roll = Roll(tmp_path / "processes.json")
        roll.enter(name="first", pid=os.getpid())
        text = roll.file.read_text(encoding="utf-8")
        roll.file.write_text(text.replace(str(roll.entries["first"][1]), "1.0"), encoding="utf-8")

        assert roll.end_leftovers() == []
