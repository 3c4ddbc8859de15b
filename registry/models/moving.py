"""How does a row move from one state to another?

One way only: a conditional UPDATE, so that of two that race one finds nothing to move, and the
event in the same transaction. A trigger made from the same table refuses every other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from registry.models.event import Event, Subject

WHY_LENGTH = 300  # characters an event keeps of its reason


# Rows that move together differ in three columns only. A list of them costs a tenth of a bulk_create.
TELL = """
    INSERT INTO registry_event (at, subject, subject_id, resident_id, source, target, why, actor)
    SELECT %(at)s, %(subject)s, subject_id, resident_id, source, %(target)s, %(why)s, %(actor)s
    FROM unnest(%(ids)s::varchar[], %(owners)s::uuid[], %(sources)s::varchar[])
        WITH ORDINALITY AS moved (subject_id, resident_id, source, n) ORDER BY n"""


class IllegalMove(Exception):
    """The state table has no such arrow: a programming error, never a user's."""


def _together() -> AbstractContextManager[None]:
    """All or nothing, without a savepoint of its own: a caller's transaction fails as a whole."""
    return transaction.atomic(savepoint=False)


def only_along(moves: Mapping[str, frozenset[str]]) -> pgtrigger.FSM:
    """The trigger that refuses every move which is not in ``moves``."""
    return pgtrigger.FSM(
        name="only_along_the_table",
        field="state",
        transitions=[(str(source), str(target)) for source in moves for target in sorted(moves[source])],
    )


class Moving(models.Model):
    """A row with a state. Children name their table of moves and how they are called in events."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]]
    SUBJECT: ClassVar[Subject]
    state: Any
    state_since = models.DateTimeField(_("sejak"))

    class Meta:
        abstract = True

    @property
    def owner_id(self) -> Any:
        """The resident whose story this row belongs to."""
        raise NotImplementedError

    def move(self, *, to: str, at: datetime, actor: str, why: str = "", **facts: Any) -> bool:
        """Move this row to ``to`` and write ``facts`` with it; False when somebody else was first.

        ``facts`` are further columns that change in the same UPDATE. The row in memory follows.
        """
        source = self.state
        self._check(source, to)
        with transaction.atomic():
            moved = (
                type(self)
                ._default_manager.filter(pk=self.pk, state=source)
                .update(state=to, state_since=at, **facts)
            )
            if not moved:
                return False
            self._event(source=source, to=to, at=at, actor=actor, why=why).save(force_insert=True)
        self._follow(to, at, facts)
        return True

    def remark(self, *, at: datetime, actor: str, why: str) -> None:
        """Write an event without a move: something else about this row was decided."""
        self._event(source=self.state, to=self.state, at=at, actor=actor, why=why).save(force_insert=True)

    @classmethod
    def move_all(
        cls, rows: Iterable[Self], *, to: str, at: datetime, actor: str, why: str = "", **facts: Any
    ) -> list[Self]:
        """Move rows that the caller has locked (``select_for_update``); two statements for all of them."""
        rows = list(rows)
        for row in rows:
            cls._check(row.state, to)
        if not rows:
            return rows
        with _together():
            moved = cls._default_manager.filter(
                pk__in=[row.pk for row in rows], state__in={row.state for row in rows}
            ).update(state=to, state_since=at, **facts)
            if moved != len(rows):
                raise IllegalMove(f"{cls.__name__}: rows to move were not locked")
            cls._tell(rows, sources=[row.state for row in rows], to=to, at=at, actor=actor, why=why)
        for row in rows:
            row._follow(to, at, facts)
        return rows

    @classmethod
    def move_each(
        cls,
        rows: Iterable[Self],
        *,
        to: str,
        at: datetime,
        actor: str,
        facts: Mapping[str, Sequence[Any]],
        why: str = "",
    ) -> list[Self]:
        """As ``move_all``, where every row gets facts of its own: column name → a value for each row."""
        rows = list(rows)
        for row in rows:
            cls._check(row.state, to)
        if not rows:
            return rows
        statement, sources = cls._update_each(facts), [str(row.state) for row in rows]
        with _together(), connection.cursor() as cursor:
            cursor.execute(
                statement, [[row.pk for row in rows], *map(list, facts.values()), str(to), at, sources]
            )
            if cursor.rowcount != len(rows):
                raise IllegalMove(f"{cls.__name__}: rows to move were not locked")
            cls._tell(rows, sources=sources, to=to, at=at, actor=actor, why=why)
        for place, row in enumerate(rows):
            row._follow(to, at, {name: values[place] for name, values in facts.items()})
        return rows

    @classmethod
    def _update_each(cls, names: Iterable[str]) -> str:
        """One UPDATE over lists of values; Django's own (bulk_update) builds an expression per value."""
        quote = connection.ops.quote_name
        fields = [cls._meta.pk, *(cls._meta.get_field(name) for name in names)]
        lists = ", ".join(f"%s::{field.rel_db_type(connection)}[]" for field in fields)
        columns = [quote(field.column) for field in fields]
        sets = ", ".join(f"{column} = each.{column}" for column in columns[1:])
        return (
            f"WITH each AS (SELECT * FROM unnest({lists}) AS listed ({', '.join(columns)})) "  # noqa: S608
            f"UPDATE {quote(cls._meta.db_table)} AS row SET {sets}, state = %s, state_since = %s "
            f"FROM each WHERE row.{columns[0]} = each.{columns[0]} AND row.state = ANY(%s)"
        )

    @classmethod
    def create_all(cls, rows: Iterable[Self], *, actor: str, why: str = "") -> list[Self]:
        """Insert rows with the event of their first state."""
        with _together():
            made = cls._default_manager.bulk_create(list(rows))
            born: dict[tuple[str, datetime], list[Self]] = {}
            for row in made:
                born.setdefault((row.state, row.state_since), []).append(row)
            for (state, since), alike in born.items():
                cls._tell(alike, sources=[""] * len(alike), to=state, at=since, actor=actor, why=why)
        return made

    def beginning(self, *, actor: str, why: str = "") -> Event:
        """The event of its first state, not saved."""
        return self._event(source="", to=self.state, at=self.state_since, actor=actor, why=why)

    @classmethod
    def _tell(
        cls, rows: Sequence[Self], *, sources: Sequence[str], to: str, at: datetime, actor: str, why: str
    ) -> None:
        """The events of rows that moved together: one statement, and no model instances."""
        with connection.cursor() as cursor:
            cursor.execute(
                TELL,
                {
                    "at": at,
                    "subject": cls.SUBJECT.value,
                    "target": str(to),
                    "why": why[:WHY_LENGTH],
                    "actor": actor,
                    "ids": [str(row.pk) for row in rows],
                    "owners": [row.owner_id for row in rows],
                    "sources": [str(source) for source in sources],
                },
            )

    @classmethod
    def _check(cls, source: str, to: str) -> None:
        if to not in cls.MOVES[source]:
            raise IllegalMove(f"{cls.__name__}: {source} → {to}")

    def _event(self, *, source: str, to: str, at: datetime, actor: str, why: str) -> Event:
        return Event(
            at=at,
            subject=self.SUBJECT,
            subject_id=str(self.pk),
            resident_id=self.owner_id,
            source=source,
            target=to,
            why=why[:WHY_LENGTH],
            actor=actor,
        )

    def _follow(self, to: str, at: datetime, facts: Mapping[str, Any]) -> None:
        self.state, self.state_since = to, at
        for name, value in facts.items():
            if not isinstance(value, models.expressions.Combinable):
                setattr(self, name, value)
