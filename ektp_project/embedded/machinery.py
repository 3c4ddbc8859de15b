"""How do tests and benchmarks run the whole machinery for a while: centre, workers, beat and web?

Every part is the real process with its real command line; only the supervisor is missing, so that a
test may kill what it likes and say itself what is started again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx2

from ektp_project import processes
from ektp_project.embedded.ground import HOST, free_port

START_SECONDS = 60.0  # generous: a shared machine may be busy
STOP_SECONDS = 30.0  # a loop ends after 20 s


@dataclass
class Machinery:
    """The processes of one installation, by name."""

    folder: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _logs: list[IO[bytes]] = field(default_factory=list)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start ``python -m command`` under ``name``; its words go to a file."""
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self.running[name]

    def start_centre(self, *knobs: str, port: int = 0) -> str:
        """The simulated centre; returns its address. ``knobs`` like ``capacity=50``; port 0: a free one."""
        ready = self.folder / "centre.ready"
        ready.unlink(missing_ok=True)
        state = self.folder / "centre.sqlite"
        command = ["registry.central.simulator", "--state", str(state), "--ready-file", str(ready)]
        command += ["--port", str(port)]
        self.start("centre", *command, *(f"--set={knob}" for knob in knobs))
        wait_until(ready.exists, what="the simulated centre")
        self.environment["CENTRAL_URL"] = ready.read_text(encoding="utf-8")
        return self.environment["CENTRAL_URL"]

    def start_workers(self) -> None:
        """One worker of each group, and beat."""
        for group in processes.WORKERS:
            self.start_worker(group.queue)
        self.start("beat", *processes.BEAT)

    def start_worker(self, queue: str) -> None:
        """The worker of one queue."""
        (group,) = (one for one in processes.WORKERS if one.queue == queue)
        concurrency = self.environment.get(group.variable, str(group.concurrency))
        self.start(queue, *group.command(concurrency))

    def start_web(self) -> str:
        """The web server on a free port; returns its ``host:port`` once it answers."""
        address = f"{HOST}:{free_port()}"
        self.start("web", *processes.web(address=address))
        wait_until(lambda: _answers(address), what="the web server")
        return address

    def kill(self, name: str) -> None:
        """SIGKILL, as a power failure would."""
        self.running[name].kill()
        self.running.pop(name).wait()

    def stop(self) -> None:
        """SIGTERM to every main process; whoever does not go is killed."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self._logs:
            log.close()


@contextmanager
def machinery(*, folder: Path, environment: Mapping[str, str]) -> Iterator[Machinery]:
    """A machinery that is stopped at the end, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = Machinery(folder=folder, environment={**os.environ, **environment, "PYTHONUNBUFFERED": "1"})
    try:
        yield whole
    finally:
        whole.stop()


def _answers(address: str) -> bool:
    """Whether somebody speaks HTTP there, whatever is said."""
    try:
        httpx2.get(f"http://{address}/healthz", timeout=1.0)
    except httpx2.TransportError:
        return False
    return True


def wait_until(happened: Callable[[], object], *, what: str, seconds: float = START_SECONDS) -> None:
    """Look again and again. Raises TimeoutError."""
    limit = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)
