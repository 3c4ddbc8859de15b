"""Is the ground firm: the folder ours alone, the port free, the disk not full?"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from pathlib import Path
from typing import TextIO

from ektp_project.embedded.trouble import Trouble

# An empty database has 40 MB; then 13,000 people, logs, and a journal that may grow to 1 GB.
SPACE_NEEDED = 300 * 1024 * 1024  # bytes, to begin with
HOST = "127.0.0.1"  # the demo is for this machine; its secrets are public


def claim(folder: Path) -> TextIO:
    """Make the folder and hold its lock as long as the returned file is open. Raises Trouble.

    Root's folder may be passed through: PostgreSQL runs as another user there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        lock = (folder / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise Trouble(f"{folder} cannot be written ({error.strerror}).") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise Trouble(
            f"The system is already running from this folder (process {holder}). "
            "Stop that one with Ctrl-C first, or give this one a folder of its own: VAR_DIR=… PORT=… make run"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def check_space(folder: Path) -> None:
    """Raise Trouble when the disk is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        raise Trouble(
            f"The disk of {folder} has {free // 2**20} MB free; {SPACE_NEEDED // 2**20} MB are needed. "
            "Free some space, or name another folder: VAR_DIR=… make run"
        )


def check_port(port: int) -> None:
    """Raise Trouble when the web server could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            why = (
                "is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"is refused ({error.strerror})"
            )
            raise Trouble(f"Port {port} {why}. Choose another one: PORT=8001 make run") from error


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
