"""Where do the tests get a real PostgreSQL and a real Valkey from?

One of each for the whole session, started before Django's settings are read; every xdist worker has
its own test database (pytest-django), its own Redis database and its own folder. Given DATABASE_URL
or REDIS_URL, nothing is started in its place.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from ektp_project.embedded import temporary
from ektp_project.embedded.trouble import Trouble

FIRST_DATABASE = 1  # of the worker gw0; database 0 is left to a session without workers

_running = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """A wrapper, because pytest-django reads the settings in the same hook, first of all."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    try:
        _start_services() if worker is None else _move_in(worker)
    except Trouble as trouble:
        raise pytest.UsageError(str(trouble)) from trouble
    os.environ.update(EKTP_DEMO="1", STATIC_MANIFEST="0")
    yield


def pytest_unconfigure() -> None:
    """The last hook of a session."""
    _running.close()


def _start_services() -> None:
    folder = _running.enter_context(temporary.folder())
    os.environ["VAR_DIR"] = str(folder / "var")  # never the var/ of a `make run` beside
    if not os.environ.get("DATABASE_URL"):
        server = temporary.postgres_server(folder / "postgres", durable=False)
        os.environ["DATABASE_URL"] = _running.enter_context(server)
    if not os.environ.get("REDIS_URL"):
        server = temporary.valkey_server(folder / "valkey", durable=False)
        os.environ["REDIS_URL"] = _running.enter_context(server)


def _move_in(worker: str) -> None:
    number = FIRST_DATABASE + int(worker.removeprefix("gw"))
    os.environ["REDIS_URL"] = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))
    os.environ["VAR_DIR"] = str(Path(os.environ["VAR_DIR"]) / worker)
