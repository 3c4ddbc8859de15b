"""How much of the processors' time has all of it taken: the office, its services, and the centre?

Rates depend on who else uses a machine; the time of the processors hardly does.
"""

from __future__ import annotations

import psutil


def seconds() -> float:
    """Processor seconds of every process beside this one, which only measures, since they began."""
    return sum(_taken(process) for process in _household().children(recursive=True) if process.pid != _ME)


_ME = psutil.Process().pid


def _household() -> psutil.Process:
    """The nearest ancestor that also runs the database, or ourselves when it runs elsewhere."""
    me = psutil.Process()
    for ancestor in me.parents():
        if any(child.name() == "postgres" for child in ancestor.children()):
            return ancestor
    return me


def _taken(process: psutil.Process) -> float:
    """With the children that it has outlived: a server's connections come and go."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
