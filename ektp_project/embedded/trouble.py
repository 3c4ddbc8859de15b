"""What is said to a person when something expected goes wrong?"""

from __future__ import annotations

from collections.abc import Iterable

# How a full disk reads in what processes print: strerror(ENOSPC), and PostgreSQL's short write.
DISK_FULL = ("No space left on device", "Check free disk space")


class Trouble(Exception):
    """An expected failure; its text is one or more sentences for the person at the terminal."""


class Stopped(Exception):
    """Somebody asked to stop while the system was still starting."""


def ended_badly(*, name: str, last_lines: Iterable[str], shown: bool = False) -> Trouble:
    """The trouble of a process that ended, with what it said last, unless that was shown already."""
    lines = list(last_lines)
    if any(sign in line for line in lines for sign in DISK_FULL):
        return disk_is_full()
    if shown:
        return Trouble(f"{name} ended with an error; its own words are above.")
    return Trouble(f"{name} ended with an error. It said last:" + "".join(f"\n    {line}" for line in lines))


def disk_is_full() -> Trouble:
    """The trouble of a full disk: nothing is broken, the data are as they were."""
    return Trouble("The disk is full. Free some space and start again: what was saved is still there.")
