"""How do tests run the whole machinery on their own database and broker?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from redis import Redis

from ektp_project.embedded.machinery import Machinery, machinery

# A dead worker's rows come back soon. Shorter than the stairs of an office, which only costs repeats.
QUICK = {
    "EKTP_DEMO": "1",
    "STATIC_MANIFEST": "0",
    "PUMP_SECONDS": "0.5",
    "POLL_FIRST_SECONDS": "1",
    "POLL_LONGEST_SECONDS": "2",
    "CENTRAL_TIMEOUT": "5",
    "CLAIM_SECONDS": "12",
    "PRINT_SECONDS": "8",  # a card of ippeveprinter takes one or two
}


def own_database() -> str:
    """DATABASE_URL of the database that this process's tests work on."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return urlunsplit(address)


@contextmanager
def installation(folder: Path) -> Iterator[Machinery]:
    """An empty broker, and nothing runs yet; the test's transactions must commit."""
    environment = QUICK | {"DATABASE_URL": own_database(), "REDIS_URL": settings.REDIS_URL}
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        with machinery(folder=folder, environment=environment) as whole:
            yield whole
        broker.flushdb()
