"""Do the settings of this machine fit the office: keys the rows, wire the law? ``manage.py check`` asks.

``migrate`` asks for the keys too: an office with a wrong one stops at the upgrade, not at its next resident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
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


def centre_is_called_over_tls(**_options: Any) -> list[CheckMessage]:
    """Every NIK and the credential go to the centre: never in clear. Asked by ``check --deploy``."""
    if not settings.CENTRAL_URL or settings.CENTRAL_URL.startswith("https://"):
        return []
    return [
        Warning(
            "CENTRAL_URL does not begin with https://: NIKs and the credential would go in clear.",
            hint="Only the simulator is spoken to like this.",
            id="registry.W001",
        )
    ]


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
