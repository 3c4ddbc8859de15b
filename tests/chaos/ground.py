"""How do a PostgreSQL and a Valkey run that may be killed and come back with what they had?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ektp_project.embedded import postgres, valkey
from ektp_project.embedded.child import Spec

START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass
class Server:
    """One server on the same folder and the same address every time it starts."""

    spec: Spec
    ready: Callable[[], bool]
    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start and wait until it serves; a predecessor's last children may hold the folder for a moment."""
        limit = time.monotonic() + START_SECONDS
        while not (self.process and self.process.poll() is None and self.ready()):
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.spec.name}: {self.log.read_text(errors='replace')[-800:]}")
            if self.process is None or self.process.poll() is not None:
                self._launch()
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL of the main process; its children see it go and end."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def kill_a_child(self) -> bool:
        """SIGKILL of one of its backends: PostgreSQL throws all of them out and recovers."""
        assert self.process is not None
        with suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children():
                if "ektp" in " ".join(child.cmdline()):
                    child.kill()
                    return True
        return False

    def stop(self) -> None:
        """The end of the suite."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.spec.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        """An orderly restart, as an update of the machine brings."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        self.start()

    def _launch(self) -> None:
        uid, gid = self.spec.owner or (None, None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.spec.command,
                env=dict(self.spec.environment),
                cwd=self.spec.folder,
                user=uid,
                group=gid,
                extra_groups=[] if self.spec.owner else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
            )


def a_postgres(folder: Path) -> Server:
    """As durable as an office's: what was committed must survive its kill."""
    made = postgres.prepare(folder=folder / "postgres", say=_to_stderr, durable=True)
    return Server(made.spec, made.ready, made.url, folder / "postgres.log")


def a_valkey(folder: Path) -> Server:
    """With its journal."""
    made = valkey.prepare(folder=folder / "valkey", durable=True)
    return Server(made.spec, made.ready, made.url, folder / "valkey.log")


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def free_of(path: Path) -> None:
    """A socket's path that an earlier process left."""
    with suppress(FileNotFoundError):
        os.unlink(path)
