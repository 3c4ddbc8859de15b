"""Is a kept connection still good, and which statements does it keep planned? (Django's ENGINE.)"""

from __future__ import annotations

import select
import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import Format

ASK_EVERY = 30.0  # seconds; a firewall between two machines forgets a silent connection after minutes


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with a health check that costs no round trip, and cursors for prepared statements."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked_at = float("-inf")  # when the server itself last said that it is there; monotonic

    def is_usable(self) -> bool:
        """Whether the server is still there.

        A server that stopped, or ended this session, has sent its farewell: the kernel knows, and is
        asked. The server is asked where that is not enough: an error came before, something unread is
        there, or nobody has asked for a while.
        """
        if (
            time.monotonic() - self.asked_at < ASK_EVERY
            and not self.errors_occurred
            and self.connection is not None
            and not self.connection.closed
            and not _has_news(self.connection.fileno())
        ):
            return True
        usable: bool = super().is_usable()
        self.asked_at = time.monotonic() if usable else float("-inf")
        return usable

    def prepared_cursor(self) -> Any:
        """A cursor that sends facts apart from words, so that a statement is planned once a connection."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = base.ServerBindingCursor(self.connection)
            cursor.format = Format.BINARY  # read without parsing a text
            return self._prepare_cursor(cursor)


def _has_news(socket: int) -> bool:
    """Whether there is something to read: on a connection that nobody uses, a farewell."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
