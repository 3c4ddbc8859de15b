"""Is the process that claimed this row still there?

Every worker holds an advisory lock on a PostgreSQL session of its own, under a name of its own. When
the process dies the kernel closes the socket, PostgreSQL ends the session, and the lock is free: who
is gone is known at once and without a clock. A machine that loses its power says no farewell; there
the server's keepalives take half a minute. Who only lost the session (a restart of PostgreSQL) takes
the lock again; whatever was rescued meanwhile is asked for twice, which every call here bears.
"""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connection

PULSE_SECONDS = 2.0  # how soon a lost session is taken up again
SESSION = {
    "application_name": "ektp presence",
    # The server's side of the same keepalives: a machine without power is gone after half a minute.
    "options": "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
}
TAKE = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
# A shared lock for this transaction only: refused while its holder lives.
IS_FREE = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))"


class Presence:
    """One process's name, and the lock that says it lives."""

    def __init__(self, *, worker: str) -> None:
        self.name = f"{worker}/{uuid4().hex[:12]}"
        self.held = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="presence", daemon=True)

    def begin(self) -> None:
        """Be there from now on, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Be gone, as a process that ended."""
        self._ended.set()
        self._thread.join(PULSE_SECONDS * 3)

    def _stay(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(**connection.get_connection_params() | SESSION, autocommit=True) as mine:
                    mine.execute(TAKE, [self.name])
                    self.held = True
                    while not self._ended.wait(PULSE_SECONDS):
                        mine.execute("SELECT 1")
            except psycopg.Error:
                self._ended.wait(PULSE_SECONDS)
            finally:
                self.held = False


_mine: list[Presence] = []


def appear(*, worker: str) -> Presence:
    """This process is a worker of that name from now on."""
    _mine[:] = [Presence(worker=worker)]
    _mine[0].begin()
    return _mine[0]


def holder() -> str:
    """The name under which this process claims; empty while nobody could see it die."""
    return _mine[0].name if _mine and _mine[0].held else ""


def is_gone(name: str) -> bool:
    """Whether nobody holds this name any more. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(IS_FREE, [name])
        row: Any = cursor.fetchone()
    return bool(row[0])
