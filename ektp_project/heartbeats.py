"""How long has each part of the machinery been silent?

Measured with Celery 5.7: a worker whose broker connection is cut without a farewell never works
again and never ends. So every worker group and beat sign a row in PostgreSQL, through the whole
chain beat, broker, worker; whoever is silent for too long is ended, to be started again.
"""

from __future__ import annotations

import psycopg

# A beat signs every few seconds; a worker whose threads are all busy signs when one is free: after a
# loop (20 s) and one call to the centre (35 s) at worst. Three minutes are three times as long.
SILENT_SECONDS = 180.0
CONNECT_SECONDS = 2  # whoever asks must not wait for a database that is away
AGES = "SELECT name, EXTRACT(EPOCH FROM now() - at)::float FROM printing_heartbeat"


def silent_for(*, database_url: str) -> dict[str, float]:
    """Seconds since each part was last heard, by name. Raises psycopg.Error."""
    with psycopg.connect(database_url, connect_timeout=CONNECT_SECONDS) as connection:
        return dict(connection.execute(AGES).fetchall())
