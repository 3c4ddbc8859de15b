"""Can whoever has got hold of the app rewrite what happened? Asked of PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from registry.models import AccessLog, Event, Office, Resident
from registry.models.access import Deed
from registry.services import seals
from registry.services.access import record_access
from registry.services.database_roles import APP, READER, append_only_tables, grant
from tests import factories

DENIED = "permission denied|must be owner"


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def office(db: None) -> Office:
    """An office at work, with the roles made."""
    office = factories.an_office()
    factories.stock(office, 5)
    factories.waiting(office, 1)
    resident = Resident.objects.get()
    record_access(residents=[resident.pk], deed=Deed.READ, page="x", actor="a", now=timezone.now())
    grant()
    return office


class TestApp:
    def test_does_the_offices_work(self, office: Office) -> None:
        with acting_as(APP):
            factories.stock(office, 7)
            factories.waiting(office, 2, 3)
            User.objects.create_user("baru")
            seals.seal(now=timezone.now())
            assert office.balances.get(place="store").quantity == 12

    @pytest.mark.parametrize("table", append_only_tables())
    @pytest.mark.parametrize("way", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_cannot_rewrite_what_is_only_added_to(self, office: Office, table: str, way: str) -> None:
        with acting_as(APP), pytest.raises(ProgrammingError, match=DENIED):
            run(way.format(table))

    @pytest.mark.parametrize(
        "way",
        [
            "DROP TRIGGER {trigger} ON {table}",
            "ALTER TABLE {table} DISABLE TRIGGER ALL",
            "ALTER TABLE {table} ALTER COLUMN id DROP NOT NULL",
            "DROP TABLE {table}",
            "CREATE TABLE smuggled (id int)",
            "CREATE FUNCTION smuggled() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SET session_replication_role = replica",
            "ALTER ROLE ektp_app SUPERUSER",
            "TRUNCATE registry_resident CASCADE",
            "DELETE FROM django_migrations",
        ],
    )
    def test_cannot_change_the_house(self, office: Office, way: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger"
                " WHERE tgrelid = 'registry_event'::regclass AND NOT tgisinternal"
            )
            trigger = cursor.fetchone()[0]
        with acting_as(APP), pytest.raises(ProgrammingError, match=DENIED):
            run(way.format(table="registry_event", trigger=trigger))

    @pytest.mark.parametrize(
        "rewrite", [lambda: Event.objects.update(actor="x"), lambda: AccessLog.objects.update(actor="x")]
    )
    def test_gains_nothing_by_telling_the_triggers_to_look_away(
        self, office: Office, rewrite: Callable[[], int]
    ) -> None:
        with (
            acting_as(APP),
            pgtrigger.ignore(),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
        ):
            rewrite()


class TestReader:
    def test_reads_the_line(self, office: Office) -> None:
        with acting_as(READER):
            assert Event.objects.count()

    @pytest.mark.parametrize(
        "table", ["auth_user", "django_session", "mfa_authenticator", "registry_devicekey"]
    )
    def test_reads_no_secret(self, office: Office, table: str) -> None:
        with acting_as(READER), pytest.raises(ProgrammingError, match=DENIED):
            run(f"SELECT * FROM {table}")

    @pytest.mark.parametrize(
        "way", ["UPDATE registry_office SET name = 'x'", "DELETE FROM registry_event", "CREATE TABLE t ()"]
    )
    def test_writes_nothing(self, office: Office, way: str) -> None:
        with acting_as(READER), pytest.raises(ProgrammingError, match=DENIED):
            run(way)


class TestCommand:
    def test_can_be_run_again_and_says_what_it_did(
        self, office: Office, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for _again in range(2):
            call_command("database_roles")
        assert "registry_event" in capsys.readouterr().out
