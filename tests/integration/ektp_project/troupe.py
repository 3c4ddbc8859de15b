"""Which small cast can a supervisor be tested with?

``python -m tests.integration.ektp_project.troupe FOLDER ROLE …`` supervises one stand-in process per
role until it is asked to stop. Every player notes in ``FOLDER/notes`` what happens to it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from ektp_project.embedded.child import Spec
from ektp_project.embedded.leftovers import Roll
from ektp_project.embedded.output import Console
from ektp_project.embedded.supervisor import Supervisor

ORDER = {"first": 1, "second": 2, "stubborn": 2, "parent": 2, "last": 3}


def play(role: str, notes: Path) -> None:
    """Note the beginning, wait, and note the signal that ends it; the stubborn one does not end."""

    def ended(number: int, frame: object) -> None:
        note(notes, f"{role} {signal.Signals(number).name}")
        if role != "stubborn" or number == signal.SIGQUIT:
            os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, ended)
    if role == "parent" and os.fork() == 0:
        role = "child of parent"
    note(notes, f"{role} begins {os.getpid()}")
    print(f"{role} speaks", flush=True)
    parent = os.getppid()
    while role != "child of parent" or os.getppid() == parent:
        time.sleep(0.05)


def note(notes: Path, text: str) -> None:
    """Append one line, whole."""
    with notes.open("a", encoding="utf-8") as file:
        file.write(text + "\n")


def main(folder: Path, roles: list[str]) -> None:
    """Supervise the roles until asked to stop."""
    supervisor = Supervisor(console=Console(folder=folder), roll=Roll(folder / "processes.json"))
    for role in roles:
        spec = Spec(
            name=role,
            command=(sys.executable, "-m", __spec__.name, "--play", role, str(folder / "notes")),
            environment=dict(os.environ),
            folder=Path.cwd(),
            stop_order=ORDER[role],
            hurry_signal=signal.SIGTERM if role == "last" else signal.SIGQUIT,
            stop_seconds=300,
        )
        supervisor.add(spec)
    supervisor.watch()
    supervisor.stop()
    supervisor.console.say("the end")


if __name__ == "__main__":
    if sys.argv[1] == "--play":
        play(sys.argv[2], Path(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), sys.argv[2:])
