"""Can a migration run beside an office at work, and beside the release before it?

Until there is a release every database is new, and nothing is asked. From then on a migration only adds:
what it takes away was last used by the release before (docs/operations.md, "Upgrade").
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

ROOT = Path(__file__).resolve().parents[2]
APPS = ("registry", "printing")
# App → number of its last migration that an office runs. Written at each release.
RELEASED: dict[str, int] = {}
BREAKS_THE_RELEASE_BEFORE = (
    migrations.DeleteModel,
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def complaints(operations: Iterable[Operation]) -> list[str]:
    """What an office at work, or the release before, would suffer from these operations."""
    found = []
    for operation in operations:
        if isinstance(operation, BREAKS_THE_RELEASE_BEFORE):
            found.append(f"{operation.describe()}: the release before still uses it")
        if isinstance(operation, migrations.AddField):
            field = operation.field
            if not (field.null or field.many_to_many or field.has_db_default()):
                found.append(f"{operation.describe()}: the release before cannot fill it; give it db_default")
        if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently):
            found.append(f"{operation.describe()}: locks out writers; AddIndexConcurrently")
    return found


def unreleased() -> list[migrations.Migration]:
    found = MigrationLoader(None).disk_migrations
    return [
        migration
        for (label, name), migration in sorted(found.items())
        if label in RELEASED and int(name[:4]) > RELEASED[label]
    ]


class TestMigration:
    def test_after_the_last_release_only_adds(self) -> None:
        found = {str(one): complaints(one.operations) for one in unreleased()}
        assert {name: why for name, why in found.items() if why} == {}

    @pytest.mark.parametrize("app", APPS)
    def test_has_a_number_of_its_own(self, app: str) -> None:
        numbers = [path.name[:4] for path in (ROOT / app / "migrations").glob("[0-9]*.py")]
        assert len(numbers) == len(set(numbers))

    def test_waits_for_no_lock_while_the_office_waits_behind_it(self) -> None:
        text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        assert "PGOPTIONS: -c lock_timeout=5s" in text


def add(**how: object) -> migrations.AddField:
    return migrations.AddField("request", "colour", models.CharField(max_length=5, **how))  # type: ignore[arg-type]


class TestRule:
    @pytest.mark.parametrize("harmless", [add(null=True), add(db_default="")])
    def test_lets_a_column_be_added_that_the_release_before_need_not_fill(self, harmless: Operation) -> None:
        assert complaints([harmless]) == []

    @pytest.mark.parametrize(
        "harmful",
        [
            add(default=""),
            migrations.RemoveField("request", "reason"),
            migrations.RenameField("request", "reason", "why"),
            migrations.DeleteModel("request"),
            migrations.AddIndex("request", models.Index(fields=["reason"], name="reason")),
        ],
    )
    def test_names_what_would_hurt(self, harmful: Operation) -> None:
        assert len(complaints([harmful])) == 1
