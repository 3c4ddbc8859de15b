"""How do sealed values come under a new key while the office works?

The first byte of a sealed value is the version of its key, so what is left to do can be seen in the rows
themselves: a rotation that was interrupted goes on where it stood. Values are opened with the key that
sealed them and sealed with the highest one; whoever changes a row in between is not overwritten.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.db.models import Count, F, Func, IntegerField, Model

from registry.models import Resident, Webhook
from registry.models.resident import vault

BATCH = 500  # rows locked at a time: some milliseconds


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values, and what binds a value to its row (a property of the row)."""

    model: type[Model]
    column: str
    bond: str


FACTOR_BOND = "mfa_authenticator"  # what the secrets of second factors are sealed to
FACTOR_SECRETS = ("secret", "seed")  # where allauth keeps them in a factor's data

COLUMNS = (Sealed(Resident, "nik_sealed", "_bond"), Sealed(Webhook, "secret_sealed", "bond"))


def rotate(*, sealed: Sealed, batch: int = BATCH) -> Iterator[int]:
    """Seal this column's values anew, batch by batch; yields how many rows each batch moved."""
    while moved := _one_batch(sealed, batch):
        yield moved


def versions(*, sealed: Sealed) -> dict[int, int]:
    """Version of the key → rows sealed with it."""
    rows = sealed.model._default_manager.annotate(key_version=_version(sealed)).order_by()
    return dict(rows.values_list("key_version").annotate(rows=Count("pk")))


def rotate_factors() -> dict[int, int]:
    """Seal the secrets of the staff's second factors anew; version of the key → secrets, afterwards."""
    found: Counter[int] = Counter()
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            for name in FACTOR_SECRETS if factor else ():
                if sealed := factor.data.get(name):
                    plain = vault().open(base64.b64decode(sealed), bound_to=FACTOR_BOND)
                    fresh = vault().seal(plain, bound_to=FACTOR_BOND)
                    factor.data[name] = base64.b64encode(fresh).decode()
                    found[fresh[0]] += 1
            if factor:
                factor.save(update_fields=["data"])
    return dict(found)


def _one_batch(sealed: Sealed, batch: int) -> int:
    """Rows that somebody holds are left for the next batch."""
    with transaction.atomic():
        old = (
            sealed.model._default_manager.annotate(key_version=_version(sealed))
            .exclude(key_version=vault().version)
            .order_by("pk")
            .select_for_update(skip_locked=True, no_key=True)[:batch]
        )
        return _write(sealed, [(row.pk, _resealed(sealed, row)) for row in old])


def _version(sealed: Sealed) -> Func:
    return Func(F(sealed.column), 0, function="get_byte", output_field=IntegerField())


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
