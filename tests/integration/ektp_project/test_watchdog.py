"""Is a worker that lives but does nothing noticed, and nobody else?"""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from ektp_project import pulse
from ektp_project.embedded.watchdog import Watchdog
from ektp_project.heartbeats import SILENT_SECONDS, silent_for
from printing.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)

FRESH, SILENT = 1.0, SILENT_SECONDS + 60
PARTS = ("beat", "central", "printing", "office", "postgres", "valkey")


def address() -> str:
    """The test database, as the watchdog's own connection reaches it."""
    parameters = connection.get_connection_params()
    named = {name: parameters.get(name) for name in ("host", "port", "dbname", "user", "password")}
    return make_conninfo(**{name: value for name, value in named.items() if value})


def heard(**seconds_ago: float) -> None:
    """Write the last signs of life."""
    now = timezone.now()
    Heartbeat.objects.bulk_create(
        Heartbeat(name=name, at=now - timedelta(seconds=ago)) for name, ago in seconds_ago.items()
    )


class Staff:
    """Stands where the supervisor does: how long each part has run, and whom it was told to restart."""

    def __init__(self, **running: float) -> None:
        now = time.monotonic()
        self.children = {name: SimpleNamespace(started_at=now - running.get(name, 1e6)) for name in PARTS}
        self.restarted: list[str] = []

    def restart(self, name: str, *, why: str) -> None:
        self.restarted.append(name)

    def look(self, database_url: str | None = None) -> list[str]:
        Watchdog(self, database_url=database_url or address()).look()  # type: ignore[arg-type]
        return self.restarted


class TestWatchdog:
    def test_restarts_the_silent_worker_alone(self) -> None:
        heard(beat=FRESH, central=SILENT, printing=FRESH, office=FRESH)

        assert Staff().look() == ["central"]

    def test_restarts_beat_first_when_all_are_silent(self) -> None:
        heard(beat=SILENT, central=SILENT, printing=SILENT, office=SILENT)

        assert Staff().look() == ["beat"]

    def test_gives_a_worker_that_was_just_started_its_time(self) -> None:
        heard(beat=FRESH, central=SILENT, printing=FRESH, office=FRESH)

        assert Staff(central=5).look() == []

    @pytest.mark.parametrize("needed", ["beat", "postgres", "valkey"])
    def test_blames_no_worker_for_what_it_needs(self, needed: str) -> None:
        heard(beat=FRESH, central=SILENT, printing=SILENT, office=SILENT)

        assert Staff(**{needed: 5}).look() == []

    def test_restarts_nobody_who_has_never_signed(self) -> None:
        assert Staff().look() == []

    def test_waits_while_the_database_is_away(self) -> None:
        assert Staff().look("postgres://nobody@127.0.0.1:1/nothing") == []


class TestPulse:
    def test_passes_who_is_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", address())
        heard(central=FRESH)

        assert pulse.main("central") == 0

    def test_fails_who_is_silent(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", address())
        heard(central=SILENT)

        assert pulse.main("central") == 1
        assert "central has been silent for 240 s." in capsys.readouterr().out

    def test_blames_nobody_for_a_database_that_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")

        assert pulse.main("central") == 0

    def test_measures_by_the_clock_of_the_database(self) -> None:
        heard(office=30.0)

        assert 29 < silent_for(database_url=address())["office"] < 90
