"""How is the key of the blind index replaced while the office works, and no NIK ever taken in twice?

Two keys that follow each other write into two columns (``index_column``), each of them unique. A constraint
for each key, ``resident_index_key_N``, says that *every* row has its index under key N. The rule on which
all stands: **at every moment the constraint of at least one key is there and proven**. Whoever wants to add
a resident must then write that index, or the database refuses; and whoever writes it meets the row that is
there. So one NIK cannot become two residents, whichever keys a process was started with: one that lags
behind or runs ahead is refused, loudly.

1. ``begin``     asks every new row for the new index, too. From here on a process that knows only the old
                 key cannot add anybody: all must have been restarted with both.
2. ``fill``      writes the new index into the rows that were there, batch by batch; can be stopped.
3. ``complete``  proves that no row lacks it. Now both constraints stand.
4. ``retire``    lifts the old one, when nothing needs the old key any more, and says what does.
5. ``clear``     takes the old indices away.

The constraints are the memory of all this, and no row beside them: a dump carries them along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Func, IntegerField, QuerySet
from psycopg import sql

from registry.models import Resident
from registry.models.resident import index_column, vault
from registry.models.sealed import CodeDigestField, columns_of, put
from registry.vault import INDEX_BYTES, VaultError

BATCH = 500  # rows locked at a time: some milliseconds
LOCK_TIMEOUT = "5s"  # the table is locked for an instant; nobody shall queue up behind a wait for it
ONE_AT_A_TIME = 0x696E6465  # an advisory lock of our own
CONSTRAINT = re.compile(r"resident_index_key_(\d+)")


class CannotRotate(Exception):
    """Not now; the sentence says what is in the way."""


# --- The constraints --------------------------------------------------------------------------


def asked_for() -> dict[int, bool]:
    """Version of each key that every new row must be indexed under → whether all rows are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'registry_resident'::regclass"
        )
        found = ((CONSTRAINT.fullmatch(name), proven) for name, proven in cursor.fetchall())
        return {int(match[1]): proven for match, proven in found if match}


def begin(*, version: int) -> bool:
    """Ask every new row for its index under this key; False when that was so. Raises CannotRotate."""
    there = asked_for()
    if version in there:
        return False
    in_the_way = [other for other in there if index_column(other) == index_column(version)]
    if in_the_way or _residents(version).exclude(key_version__in=[0, version]).exists():
        raise CannotRotate(f"the place of key {version} is not empty: retire the key before the last first")
    _alter(sql.SQL("ADD CONSTRAINT {} CHECK ({}) NOT VALID").format(_name(version), _has_index(version)))
    return True


def complete(*, version: int) -> None:
    """Prove that every row is indexed under this key. Writers go on meanwhile. Raises CannotRotate."""
    if left := _residents(version).exclude(key_version=version).count():
        raise CannotRotate(f"{left} residents are not yet indexed under key {version}")
    _alter(sql.SQL("VALIDATE CONSTRAINT {}").format(_name(version)))


def retire(*, version: int, now: datetime) -> bool:
    """Ask for this key's index no more; False when that was so. Raises CannotRotate while it is needed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])  # or two retire each other's key
        if version not in asked_for():
            return False
        if not _others(version):
            raise CannotRotate(
                f"no other key of this machine is proven to find everybody: keep key {version}"
            )
        needed = {what: count for what, count in uses(version=version, now=now).items() if count}
        if needed:
            what = ", ".join(f"{count} {name}" for name, count in needed.items())
            raise CannotRotate(f"key {version} is still needed: {what}")
        _alter(sql.SQL("DROP CONSTRAINT {}").format(_name(version)))
    return True


def uses(*, version: int, now: datetime) -> dict[str, int]:
    """What could no longer be found without this key → how many."""
    residents = _residents(version).filter(key_version=version)
    found = {"residents whom no other key finds": 0 if _others(version) else residents.count()}
    for model, field in columns_of(CodeDigestField):
        live = model._default_manager.filter(used_at__isnull=True, expires_at__gt=now)
        found[f"open codes ({model._meta.label})"] = (
            _under(live, field.attname).filter(key_version=version).count()
        )
    return found


def _others(version: int) -> list[int]:
    """The other keys of this machine that are proven to find everybody."""
    return [
        other
        for other, proven in asked_for().items()
        if proven and other != version and other in vault().index_keys
    ]


def _alter(change: sql.Composable) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        statement = sql.SQL("ALTER TABLE registry_resident {}").format(change)
        cursor.execute(statement.as_string(cursor.connection))


def _name(version: int) -> sql.Identifier:
    return sql.Identifier(f"resident_index_key_{version}")


def _has_index(version: int) -> sql.Composed:
    """The same question as in the migration that begins with key 1."""
    column = sql.Identifier(index_column(version))
    if version == 1:
        return sql.SQL("{0} IS NOT NULL AND octet_length({0}) = {1}").format(column, sql.Literal(INDEX_BYTES))
    return sql.SQL("{0} IS NOT NULL AND octet_length({0}) = {1} AND get_byte({0}, 0) = {2}").format(
        column, sql.Literal(INDEX_BYTES + 1), sql.Literal(version)
    )


# --- The rows ---------------------------------------------------------------------------------


def fill(*, version: int, batch: int = BATCH) -> Iterator[int]:
    """Index the residents who are there under this key; yields how many each batch moved.

    Raises CannotRotate at the end, when there are NIKs that no key of ours opens.
    """
    unreadable: set[Any] = set()
    while (moved := _fill_batch(version, batch, unreadable)) is not None:
        yield moved
    if unreadable:
        who = ", ".join(sorted(map(str, unreadable))[:5])
        raise CannotRotate(f"{len(unreadable)} NIKs do not open with any key: residents {who}")


def clear(*, version: int, batch: int = BATCH) -> Iterator[int]:
    """Take the indices of a retired key away; yields how many each batch moved."""
    if version in asked_for():
        raise CannotRotate(f"key {version} is in use")
    column = index_column(version)
    old = _residents(version).filter(key_version=version).order_by("pk")
    while True:
        with transaction.atomic():
            found = [row.pk for row in _held(old, batch)]
            moved = Resident.objects.filter(pk__in=found).update(**{column: None})
        if not moved:
            return
        yield moved


def _fill_batch(version: int, batch: int, unreadable: set[Any]) -> int | None:
    """None when nothing is left to do."""
    column, values = index_column(version), []
    with transaction.atomic():
        lacking = _residents(version).exclude(key_version=version).exclude(pk__in=unreadable).order_by("pk")
        rows = _held(lacking, batch)
        if not rows:
            return None
        for row in rows:
            try:
                values.append((row.pk, vault().index(row.nik, version=version)))
            except VaultError:
                unreadable.add(row.pk)
        return put(model=Resident, column=column, values=values)


def _held(rows: QuerySet[Resident], batch: int) -> list[Resident]:
    """Rows that nobody else holds, locked; when others hold all that are left, one of them, waited for.

    One only: whoever holds nothing while it waits is in nobody's way.
    """
    free = list(rows.select_for_update(skip_locked=True, no_key=True)[:batch])
    return free or list(rows.select_for_update(no_key=True)[:1])


def _under(rows: QuerySet[Any], column: str) -> QuerySet[Any]:
    """With the version of the key that made each index in this column; 0 where there is none."""
    version = Func(
        F(column),
        template=f"CASE octet_length(%(expressions)s) WHEN {INDEX_BYTES} THEN 1"
        f" WHEN {INDEX_BYTES + 1} THEN get_byte(%(expressions)s, 0) ELSE 0 END",
        output_field=IntegerField(),
    )
    found: QuerySet[Any] = rows.annotate(key_version=version)
    return found


def _residents(version: int) -> QuerySet[Any]:
    return _under(Resident.objects.all(), index_column(version))
