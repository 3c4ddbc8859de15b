"""How much of the processors' time has all of it taken: the office, its services, and the centre?

Rates depend on who else uses a machine; the time of the processors hardly does.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import psutil


def seconds() -> Counter[str]:
    """Processor seconds of every process beside this one, which only measures, since they began; by kind."""
    taken: Counter[str] = Counter()
    for process in _household().children(recursive=True):
        if process.pid != _ME:
            with suppress(psutil.NoSuchProcess):
                taken[_kind(process)] += _taken(process)
    return taken


_ME = psutil.Process().pid


def _household() -> psutil.Process:
    """The nearest ancestor that also runs the database, or ourselves when it runs elsewhere."""
    me = psutil.Process()
    for ancestor in me.parents():
        if any(child.name() == "postgres" for child in ancestor.children()):
            return ancestor
    return me


def _kind(process: psutil.Process) -> str:
    """What it is to the office: a service, the centre, or the workers of a queue."""
    words = process.cmdline()
    if "-Q" in words:
        return words[words.index("-Q") + 1]
    if any("simulator" in word for word in words):
        return "centre"
    return process.name() if process.name() in ("postgres", "valkey-server") else "other"


def _taken(process: psutil.Process) -> float:
    """With the children that it has outlived: a server's connections come and go."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
