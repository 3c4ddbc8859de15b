"""Which processes did an earlier run leave behind, and how are they ended?

On Linux a child dies with its supervisor. Elsewhere, and for the seconds that a child takes to die,
the next start looks at the roll that the earlier one kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PATIENCE = 10.0  # seconds; what died with its supervisor is already on its way
SAME_MOMENT = 1.0  # seconds; a process that started at another time only has the same number


@dataclass
class Roll:
    """The processes of the current run, as a small file."""

    file: Path
    entries: dict[str, tuple[int, float]] = field(default_factory=dict)  # name: (process, when it started)

    def enter(self, *, name: str, pid: int) -> None:
        """Note a process that was just started."""
        try:
            self.entries[name] = pid, psutil.Process(pid).create_time()
            draft = self.file.with_suffix(".draft")
            draft.write_text(json.dumps(self.entries), encoding="utf-8")
            draft.replace(self.file)  # whole at every moment: we may be killed at any
        except (psutil.Error, OSError):
            pass  # it ended at once, or the disk is full: the roll only helps, it does not decide

    def clear(self) -> None:
        """Everything has ended."""
        self.entries.clear()
        self.file.unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what an earlier run left, except its database, which is ended with care; their names.

        By SIGKILL: an orphan's work is rescued like that of any worker that was killed.
        """
        ended = []
        for name, (pid, started) in self._earlier().items():
            process = _same_process(pid, started)
            if process is None or name == "postgres":
                continue
            process.kill()
            psutil.wait_procs([process], timeout=PATIENCE)
            ended.append(name)
        return ended

    def _earlier(self) -> dict[str, tuple[int, float]]:
        try:
            return {
                name: (pid, at)
                for name, (pid, at) in json.loads(self.file.read_text(encoding="utf-8")).items()
            }
        except (OSError, ValueError):
            return {}


def _same_process(pid: int, started: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - started) < SAME_MOMENT else None
    except psutil.Error:
        return None
