"""Does `make run` bring everything up, keep it up, and end it, with nothing given but Python?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ektp_project import processes
from ektp_project.embedded import temporary
from ektp_project.embedded.ground import free_port
from ektp_project.embedded.wishes import BASE_DIR

PATIENCE = 180.0  # seconds until a test gives up; nothing here is measured
GIVEN = ("DATABASE_URL", "REDIS_URL", "CENTRAL_URL", "STATIC_MANIFEST", "EKTP_DEMO")
COMMAND = [sys.executable, "-m", "ektp_project.embedded"]
QUEUES = [group.queue for group in processes.WORKERS]


def eventually(true: Callable[[], object]) -> None:
    """Wait until it holds."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.2)


class Run:
    """One `make run` in a folder of its own, with an empty office."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        bare = {name: value for name, value in os.environ.items() if name not in GIVEN}
        self.environment = {**bare, "VAR_DIR": str(folder), "PORT": str(self.port), "SCENARIO": "none"}
        self.said: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.said.clear()
        self.process = subprocess.Popen(
            COMMAND,
            cwd=BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        eventually(lambda: self.heard("Up after") or not self.up())
        assert self.up(), "\n".join(self.said)

    def stop(self) -> int:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)  # as a terminal does at Ctrl-C
        status = self.process.wait(PATIENCE)
        self.listener.join()
        return status

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.listener.join()

    def heard(self, text: str) -> bool:
        return any(text in line for line in self.said)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`manage.py` beside it: no environment but the folder."""
        environment = {name: self.environment[name] for name in ("PATH", "VAR_DIR")}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def processes(self) -> dict[str, psutil.Process]:
        roll = json.loads((self.folder / "processes.json").read_text(encoding="utf-8"))
        return {name: psutil.Process(pid) for name, (pid, _at) in roll.items() if psutil.pid_exists(pid)}

    def web(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return int(answer.status)

    def _listen(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.said.append(line.rstrip())


@pytest.fixture(scope="module")
def system() -> Iterator[Run]:
    """One folder for all tests; whatever still runs at the end goes."""
    with temporary.folder() as folder:
        run = Run(folder / "kantor dinas" / "var")
        yield run
        if run.up():
            run.stop()


@pytest.fixture
def run(system: Run) -> Run:
    """The system, up; started again, in the same folder, when the test before has ended it."""
    if not system.up():
        system.start()
    return system


class TestRun:
    def test_serves_pages_with_their_style(self, run: Run) -> None:
        assert run.web("/readyz") == 200
        assert run.web("/admin/login/") == 200
        assert run.web("/static/admin/css/base.css") == 200

    def test_tells_where_everything_is(self, run: Run) -> None:
        assert run.heard(f"http://localhost:{run.port}/admin/")
        assert run.heard(str(run.folder))

    def test_is_found_by_a_command_without_environment(self, run: Run) -> None:
        done = run.manage("status", "--json")

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["gate"]["name"]

    def test_hears_every_part_of_the_machinery(self, run: Run) -> None:
        def heard() -> set[str]:
            return set(json.loads(run.manage("status", "--json").stdout)["heartbeats"])

        eventually(lambda: {"beat", *QUEUES} <= heard())

    @pytest.mark.parametrize("name", [*QUEUES, "beat", "web", "valkey", "postgres", "simulator"])
    def test_starts_a_part_again_that_was_killed(self, run: Run, name: str) -> None:
        killed = run.processes()[name]

        killed.kill()

        eventually(lambda: run.processes().get(name, killed) != killed)
        eventually(lambda: self._ready(run))

    def test_refuses_a_second_start_and_goes_on(self, run: Run) -> None:
        second = subprocess.run(
            COMMAND,
            cwd=BASE_DIR,
            env=run.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

        assert second.returncode == 1
        assert "already running from this folder" in second.stderr
        assert run.web("/readyz") == 200

    def test_ends_everything_at_ctrl_c(self, run: Run) -> None:
        everybody = run.processes().values()

        assert run.stop() == 0

        assert run.said[-1] == f"Stopped. The data stay in {run.folder}."
        assert not [process for process in everybody if process.is_running()]
        assert not (run.folder / "services.env").exists()

    def test_goes_on_after_the_supervisor_was_killed(self, run: Run) -> None:
        everybody = run.processes().values()

        run.kill()
        run.start()

        assert run.web("/readyz") == 200
        assert not [process for process in everybody if process.is_running()]

    @staticmethod
    def _ready(run: Run) -> bool:
        try:
            return run.web("/readyz") == 200
        except OSError:
            return False
