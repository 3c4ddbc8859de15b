"""How does what is sealed come under a new key while the office works?

The first byte of a sealed value is the version of its key, so what is left to do can be seen in the rows
themselves: a rotation that was interrupted goes on where it stood. Values are opened with the key that
sealed them and sealed with the highest one; whoever changes a row in between is not overwritten.

Three kinds of things are sealed: columns (each a SealedField), the pieces of biometric files, whose row
remembers the oldest key they need, and the secrets of second factors, which allauth keeps in its JSON.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, F, Func, IntegerField, Model

from registry.models import BiometricFile
from registry.models.resident import vault
from registry.models.sealed import SealedField
from registry.services.biometrics import reseal

BATCH = 500  # rows locked at a time: some milliseconds
FACTOR_BOND = "mfa_authenticator"  # what the secrets of second factors are sealed to
FACTOR_SECRETS = ("secret", "seed")  # where allauth keeps them in a factor's data


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values, and what binds a value to its row (a property of the row)."""

    model: type[Model]
    column: str
    bond: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.column}"


# --- Columns ----------------------------------------------------------------------------------


def columns() -> list[Sealed]:
    """Every sealed column there is: found, not listed, so that none is forgotten."""
    return [
        Sealed(model, field.attname, field.bond)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    ]


def rotate(*, sealed: Sealed, batch: int = BATCH) -> Iterator[int]:
    """Seal this column's values anew, batch by batch; yields how many rows each batch moved."""
    while moved := _one_batch(sealed, batch):
        yield moved


def versions(*, sealed: Sealed) -> dict[int, int]:
    """Version of the key → rows sealed with it."""
    rows = _sealed_rows(sealed).order_by()
    return dict(rows.values_list("key_version").annotate(rows=Count("pk")))


def _one_batch(sealed: Sealed, batch: int) -> int:
    """Rows that somebody holds are left for the next batch."""
    with transaction.atomic():
        old = (
            _sealed_rows(sealed)
            .exclude(key_version=vault().version)
            .order_by("pk")
            .select_for_update(skip_locked=True, no_key=True)[:batch]
        )
        return _write(sealed, [(row.pk, _resealed(sealed, row)) for row in old])


def _sealed_rows(sealed: Sealed) -> Any:
    version = Func(F(sealed.column), 0, function="get_byte", output_field=IntegerField())
    rows = sealed.model._default_manager.filter(**{f"{sealed.column}__isnull": False})
    return rows.annotate(key_version=version)


def _resealed(sealed: Sealed, row: Any) -> bytes:
    bond = getattr(row, sealed.bond)
    plain = vault().open_bytes(bytes(getattr(row, sealed.column)), bound_to=bond)
    return vault().seal_bytes(plain, bound_to=bond)


def _write(sealed: Sealed, values: Iterable[tuple[Any, bytes]]) -> int:
    """One statement; ``save()`` would also say that the row was changed by somebody."""
    pairs = list(values)
    if not pairs:
        return 0
    table, key = sealed.model._meta.db_table, sealed.model._meta.pk
    kind = key.rel_db_type(connection) if key else ""
    statement = (
        f"UPDATE {table} AS row SET {sealed.column} = new.value"  # noqa: S608 (names of our own columns)
        f" FROM unnest(%s::{kind}[], %s::bytea[]) AS new (id, value) WHERE row.id = new.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[pk for pk, _value in pairs], [value for _pk, value in pairs]])
        return int(cursor.rowcount)


# --- Biometric files --------------------------------------------------------------------------


def rotate_files() -> Iterator[int]:
    """Seal the pieces of biometric files anew, file by file; yields 1 for each that was moved."""
    old = BiometricFile.objects.exclude(key_version=vault().version).order_by("pk")
    for pk in list(old.values_list("pk", flat=True)):
        with transaction.atomic():
            file = old.filter(pk=pk).select_for_update(skip_locked=True, no_key=True).first()
            if file is not None:
                reseal(file=file)
        yield int(file is not None)


def file_versions() -> dict[int, int]:
    """Version of the oldest key they need → files."""
    return dict(BiometricFile.objects.values_list("key_version").annotate(files=Count("pk")).order_by())


# --- Second factors ---------------------------------------------------------------------------


def rotate_factors() -> None:
    """Seal the secrets of the staff's second factors anew."""
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            for name in _secrets(factor) if factor else ():
                plain = vault().open(base64.b64decode(factor.data[name]), bound_to=FACTOR_BOND)
                fresh = vault().seal(plain, bound_to=FACTOR_BOND)
                factor.data[name] = base64.b64encode(fresh).decode()
            if factor:
                factor.save(update_fields=["data"])


def factor_versions() -> dict[int, int]:
    """Version of the key → secrets."""
    return dict(
        Counter(
            base64.b64decode(factor.data[name])[0]
            for factor in Authenticator.objects.iterator()
            for name in _secrets(factor)
        )
    )


def _secrets(factor: Authenticator) -> list[str]:
    return [name for name in FACTOR_SECRETS if factor.data.get(name)]
