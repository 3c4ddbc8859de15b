"""How is one process started so that it neither outlives its parent nor hears the terminal's Ctrl-C?"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
STOP_SECONDS = 10.0  # to end by itself, unless a child is known to need longer


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run, and how to end it.

    ``owner`` is (uid, gid) to run as, for a server that refuses root. ``stop_order``: lower ends
    first. ``quiet``: its lines go to its log file and not to the terminal.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # holds secrets
    folder: Path
    owner: tuple[int, int] | None = None
    stop_order: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = STOP_SECONDS
    quiet: bool = False


def start(spec: Spec) -> subprocess.Popen[bytes]:
    """Start it. Call from the main thread only: between fork and exec a little Python is run.

    A session of its own keeps the terminal's Ctrl-C away: a Celery worker whose threads are
    interrupted together with it loses tasks; the supervisor signals it alone.
    """
    uid, gid = spec.owner or (None, None)
    return subprocess.Popen(
        spec.command,
        env=dict(spec.environment),
        cwd=spec.folder,
        user=uid,
        group=gid,
        extra_groups=[] if spec.owner else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,  # cards, logs and lists of people are for the owner alone
        preexec_fn=partial(die_with_parent, os.getpid(), spec.stop_signal),  # noqa: PLW1509 - no threads here
    )


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Let the kernel send ``number`` to this process when its parent ends, even by SIGKILL (Linux only)."""
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)
