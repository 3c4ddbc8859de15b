"""How does a test stand before the real web server? It starts gunicorn with the office's own command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from ektp_project.embedded.machinery import machinery
from tests.installation import own_database


@contextmanager
def web_server(folder: Path, **environment: str) -> Iterator[str]:
    """``host:port`` of a server on the test's own database, unless ``environment`` names another."""
    given = {
        "EKTP_DEMO": "1",
        "STATIC_MANIFEST": "0",
        "DATABASE_URL": own_database(),
        "REDIS_URL": settings.REDIS_URL,
        **environment,
    }
    with machinery(folder=folder, environment=given) as whole:
        yield whole.start_web()
