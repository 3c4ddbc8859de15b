"""How does a test stand before the real web server? It starts gunicorn with the office's own command line."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from ektp_project import processes
from ektp_project.embedded.machinery import machinery, wait_until


@contextmanager
def web_server(folder: Path, **environment: str) -> Iterator[str]:
    """``host:port`` of a server on the test's own database, unless ``environment`` names another."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    given = {
        "EKTP_DEMO": "1",
        "STATIC_MANIFEST": "0",
        "DATABASE_URL": urlunsplit(database),
        "REDIS_URL": settings.REDIS_URL,
        **environment,
    }
    with machinery(folder=folder, environment=given) as whole:
        whole.start("web", *processes.web(address=address))
        wait_until(lambda: _listens(address), what="the web server")
        yield address


def _listens(address: str) -> bool:
    host, _colon, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
