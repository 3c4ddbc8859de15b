"""How do a PostgreSQL and a Valkey run that may be killed and come back with what they had?"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from ektp_project.embedded import postgres, valkey
from ektp_project.embedded.child import Spec

START_SECONDS = 60.0
STOP_SECONDS = 20.0
DISK_SIZE = "800m"
JOURNAL_KEPT = "256MB"  # more than is written between a backup and the end
PIECE = 4096  # a block: what is left over holds no page of PostgreSQL's


@dataclass
class Disk:
    """A small disk in memory that can be filled to the last byte."""

    place: Path

    @classmethod
    def mounted_at(cls, place: Path) -> Disk | None:
        """None where nobody may mount: only root may, and not in every container."""
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "none", str(place)],
            check=False, capture_output=True,
        )  # fmt: skip
        return cls(place) if done.returncode == 0 else None

    def fill(self) -> None:
        """Not one byte is left."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(PIECE))

    def empty(self) -> None:
        """Somebody has made room."""
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """The end of the suite."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=False)

    @property
    def _ballast(self) -> Path:
        return self.place / "ballast"


@dataclass
class Server:
    """One server on the same folder and the same address every time it starts."""

    spec: Spec
    ready: Callable[[], bool]
    url: str
    log: Path
    data: Path
    disk: Disk | None = None  # of a size of its own, where it could be mounted
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

    def back_up(self, to: Path) -> None:
        """A base backup, while everybody works."""
        to.mkdir()
        uid, gid = self.spec.owner or (None, None)
        if uid is not None and gid is not None:
            os.chown(to, uid, gid)
        subprocess.run(
            [Path(self.spec.command[0]).with_name("pg_basebackup"), f"--pgdata={to}", f"--dbname={self.url}",
             "--checkpoint=fast", "--wal-method=stream"],
            check=True, capture_output=True, user=uid, group=gid, extra_groups=[] if uid else None, cwd="/",
        )  # fmt: skip

    def fail_over_to(self, backup: Path, *, journal: bool = True) -> None:
        """The database is gone; what is left is its backup and, where it was kept, its journal."""
        self.kill()
        time.sleep(0.5)  # its children see it go
        kept = backup.with_name(f"{backup.name}-journal")
        shutil.copytree(self.data / "pg_wal", kept)
        shutil.rmtree(self.data / "pg_wal")
        for path in self.data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(backup, self.data, dirs_exist_ok=True)
        self.data.chmod(0o700)
        if journal:
            with (self.data / "postgresql.auto.conf").open("a") as conf:
                conf.write(f'restore_command = \'cp "{kept}/%f" "%p"\'\n')
            (self.data / "recovery.signal").touch()
        if self.spec.owner:
            for path in (self.data, *self.data.rglob("*"), kept, *kept.rglob("*")):
                os.chown(path, *self.spec.owner)
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
    disk = Disk.mounted_at(folder / "disk")
    data = folder / "disk" / "postgres"
    made = postgres.prepare(folder=data, say=_to_stderr, durable=True)
    spec = replace(made.spec, command=(*made.spec.command, "-c", f"wal_keep_size={JOURNAL_KEPT}"))
    return Server(spec, made.ready, made.url, folder / "postgres.log", data, disk)


def a_valkey(folder: Path) -> Server:
    """With its journal."""
    made = valkey.prepare(folder=folder / "valkey", durable=True)
    return Server(made.spec, made.ready, made.url, folder / "valkey.log", folder / "valkey")


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def free_of(path: Path) -> None:
    """A socket's path that an earlier process left."""
    with suppress(FileNotFoundError):
        os.unlink(path)
