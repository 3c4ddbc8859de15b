"""Which worker lives but does nothing, so that it must start again?"""

from __future__ import annotations

import time

import psycopg

from ektp_project import processes
from ektp_project.embedded.supervisor import Supervisor
from ektp_project.heartbeats import SILENT_SECONDS, silent_for


class Watchdog:
    """Restarts beat or a worker group when it has been silent for too long."""

    def __init__(self, supervisor: Supervisor, *, database_url: str) -> None:
        self.supervisor = supervisor
        self.database_url = database_url

    def look(self) -> None:
        """Read the heartbeats. While beat is silent, nothing can be said of the others."""
        try:
            silent = silent_for(database_url=self.database_url)
        except psycopg.Error:
            return  # nobody can sign while the database is away
        names = [
            name
            for name in ("beat", *(group.queue for group in processes.WORKERS))
            if self._guilty(name, silent)
        ]
        for name in names[:1] if "beat" in names else names:
            self.supervisor.restart(name, why=f"silent for {silent[name]:.0f} s")

    def _guilty(self, name: str, silent: dict[str, float]) -> bool:
        """Silent for too long, all of which time its process was there and its services were."""
        since = max(self.supervisor.children[other].started_at for other in self._needed(name))
        return silent.get(name, 0.0) > SILENT_SECONDS and time.monotonic() - since > SILENT_SECONDS

    def _needed(self, name: str) -> list[str]:
        return [other for other in (name, "beat", "postgres", "valkey") if other in self.supervisor.children]
