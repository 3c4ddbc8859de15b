"""Do the keys of this machine fit the rows that are there? ``manage.py check --database default`` asks.

``migrate`` asks it too, so an office with a wrong key stops at the upgrade, not at its next resident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from registry.models import Resident
from registry.models.resident import index_column, vault
from registry.services.index_keys import asked_for
from registry.vault import VaultError


def keys_fit_the_rows(*, databases: Sequence[str] | None, **_options: Any) -> list[CheckMessage]:
    """One error for each way in which they do not."""
    if not databases or "default" not in databases or not _is_migrated():
        return []
    return [*_missing_index_keys(), *_wrong_keys()]


def _is_migrated() -> bool:
    """Before ``migrate`` there may be no table, or one without the column of even keys."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s",
            [Resident._meta.db_table, index_column(2)],
        )
        return cursor.fetchone() is not None


def _missing_index_keys() -> Iterator[CheckMessage]:
    for version in sorted(asked_for().keys() - vault().index_keys.keys()):
        yield Error(
            f"NIK_INDEX_KEY has no key {version}, under which every resident must be indexed.",
            hint="Give it, or retire it first: docs/operations.md, “Rotate the index key”.",
            id="registry.E001",
        )


def _wrong_keys() -> Iterator[CheckMessage]:
    """A key with the right number and the wrong bytes would take everybody in a second time."""
    resident = Resident.objects.only("nik_sealed", "nik_index", "nik_index_even").order_by("pk").first()
    if resident is None:
        return
    try:
        fitting = vault().indexes(resident.nik)
    except VaultError as error:
        yield Error(f"NIK_KEYS does not open the NIKs of this database: {error}.", id="registry.E002")
        return
    if not set(fitting) & set(resident.indexes):
        yield Error("NIK_INDEX_KEY is not the key that this database is indexed under.", id="registry.E003")
