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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Count, F, Func, IntegerField, Model

from registry.models import BiometricFile
from registry.models.resident import vault
from registry.models.sealed import SealedField, columns_of, put
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
    """Every sealed column there is."""
    return [Sealed(model, field.attname, field.bond) for model, field in columns_of(SealedField)]


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
        values = [(row.pk, _resealed(sealed, row)) for row in old]
        return put(model=sealed.model, column=sealed.column, values=values)


def _sealed_rows(sealed: Sealed) -> Any:
    version = Func(F(sealed.column), 0, function="get_byte", output_field=IntegerField())
    rows = sealed.model._default_manager.filter(**{f"{sealed.column}__isnull": False})
    return rows.annotate(key_version=version)


def _resealed(sealed: Sealed, row: Any) -> bytes:
    bond = getattr(row, sealed.bond)
    plain = vault().open_bytes(bytes(getattr(row, sealed.column)), bound_to=bond)
    return vault().seal_bytes(plain, bound_to=bond)


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
