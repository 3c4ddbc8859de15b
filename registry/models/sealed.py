"""Which columns depend on a key of the vault? Those of these classes, so that no rotation forgets one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, models

Kind = TypeVar("Kind", bound=models.BinaryField)


class SealedField(models.BinaryField):
    """A value that the vault sealed. ``bond``: the property of the row that says what it is sealed to."""

    def __init__(self, *args: Any, bond: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bond = bond  # not a fact of the database: migrations need not know it


class CodeDigestField(models.BinaryField):
    """The blind index of a code that lives briefly: its row has ``used_at`` and ``expires_at``."""


def columns_of(kind: type[Kind]) -> list[tuple[type[models.Model], Kind]]:
    """Every column of this class there is: found, not listed, so that none is forgotten."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, kind)
    ]


def put(*, model: type[models.Model], column: str, values: Sequence[tuple[Any, bytes]]) -> int:
    """Write (key of a row, bytes) into one column; how many rows took theirs.

    One statement; ``save()`` would also say that the row was changed by somebody.
    """
    if not values:
        return 0
    table, key = model._meta.db_table, model._meta.pk
    kind = key.rel_db_type(connection) if key else ""
    statement = (
        f"UPDATE {table} AS row SET {column} = new.value"  # noqa: S608 (names of our own columns)
        f" FROM unnest(%s::{kind}[], %s::bytea[]) AS new (id, value) WHERE row.id = new.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[pk for pk, _value in values], [value for _pk, value in values]])
        return int(cursor.rowcount)
