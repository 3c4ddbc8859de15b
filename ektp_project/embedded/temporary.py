"""How do tests and benchmarks get a PostgreSQL and a Valkey for a while?

``python -m ektp_project.embedded.temporary COMMAND …`` runs a command beside them (``make bench``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ektp_project.embedded import postgres, valkey
from ektp_project.embedded.child import Spec, start
from ektp_project.embedded.trouble import Trouble, ended_badly

START_SECONDS = 60.0  # generous: a shared machine may be busy
KEPT_LINES = 100  # of what a server says first; enough to tell why it did not start


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is removed at the end; PostgreSQL's own user may pass through it."""
    path = Path(tempfile.mkdtemp(prefix="ektp-while-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def postgres_server(place: Path, *, durable: bool) -> Iterator[str]:
    """A PostgreSQL with its data in ``place``; its address. Raises Trouble."""
    server = postgres.prepare(folder=place, say=_to_stderr, durable=durable)
    try:
        with _serving(server.spec, server.ready):
            yield server.url
    finally:
        server.forget_sockets()


@contextmanager
def valkey_server(place: Path, *, durable: bool) -> Iterator[str]:
    """A Valkey with its journal, if durable, in ``place``; its address. Raises Trouble."""
    server = valkey.prepare(folder=place, durable=durable)
    with _serving(server.spec, server.ready):
        yield server.url


@contextmanager
def _serving(spec: Spec, ready: Callable[[], bool]) -> Iterator[None]:
    process = start(spec)
    said: list[str] = []
    listener = threading.Thread(target=_listen, args=(process, said), daemon=True)
    listener.start()
    try:
        limit = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > limit:
                raise ended_badly(name=spec.name, last_lines=said)
            time.sleep(0.05)
        yield
    finally:
        _end(process, spec)
        listener.join()
        assert process.stdout is not None
        process.stdout.close()


def _end(process: subprocess.Popen[bytes], spec: Spec) -> None:
    process.send_signal(spec.stop_signal)
    try:
        process.wait(spec.stop_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _listen(process: subprocess.Popen[bytes], said: list[str]) -> None:
    """Read what the server says, so that it never waits for a reader."""
    assert process.stdout is not None
    for line in process.stdout:
        if len(said) < KEPT_LINES:
            said.append(line.decode("utf-8", "replace").rstrip())


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def run_beside(command: list[str]) -> int:
    """The exit status of a command that runs beside services as durable as the real ones."""
    environment = {**os.environ, "EKTP_DEMO": "1", "STATIC_MANIFEST": "0"}
    with (
        folder() as place,
        postgres_server(place / "postgres", durable=True) as database_url,
        valkey_server(place / "valkey", durable=True) as redis_url,
    ):
        environment.update(DATABASE_URL=database_url, REDIS_URL=redis_url, VAR_DIR=str(place / "var"))
        try:
            return subprocess.run(command, env=environment, check=False).returncode
        except KeyboardInterrupt:  # the command heard it too
            return 130


if __name__ == "__main__":
    try:
        sys.exit(run_beside(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(str(trouble))
