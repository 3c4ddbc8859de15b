"""How many rows are in each state, without counting them?

Every statement that moves rows leaves how many came into a state and how many left it; the sum is the
count, exact in every snapshot. Nobody updates a row here, so no two transactions wait for one another;
``fold`` makes one row of many now and then, so that a sum stays short.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.event import Subject

_LEAVE = """
    INSERT INTO registry_statetally (office_id, subject, state, change)
    SELECT office_id, '{subject}', state, sum(change) FROM (
        {sides}
    ) AS sides GROUP BY office_id, state;
    RETURN NULL;
"""
_SIDE = "SELECT {office} AS office_id, {row}.state, {change} AS change FROM {rows}"
_MOVED = "new_rows AS new_row JOIN old_rows AS old_row USING (id) WHERE new_row.state <> old_row.state"


class StateTally(models.Model):
    """So many more rows of this kind are in this state; fewer, where ``change`` is negative."""

    id = models.BigAutoField(primary_key=True)
    # Not checked by the database: that would read the office's row for every statement of the line.
    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    subject = models.CharField(max_length=16, choices=Subject)
    state = models.CharField(max_length=20)
    change = models.IntegerField()

    class Meta:
        verbose_name = _("hitungan keadaan")
        verbose_name_plural = _("hitungan keadaan")

    def __str__(self) -> str:
        return f"{self.subject} {self.state}: {self.change:+d}"


def counted_by_state(subject: Subject, *, office: str = "{row}.office_id") -> list[pgtrigger.Trigger]:
    """The triggers of a table with a state. ``office``: the SQL that finds the office of a ``{row}``."""

    def side(row: str, rows: str, change: int) -> str:
        return _SIDE.format(office=office.format(row=row), row=row, rows=rows, change=change)

    def trigger(name: str, operation: Any, *sides: str, **referencing: str) -> pgtrigger.Trigger:
        return pgtrigger.Trigger(
            name=f"state_{name}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(**referencing),
            func=_LEAVE.format(subject=subject.value, sides=" UNION ALL ".join(sides)),
        )

    came, left = ("new_row", "new_rows AS new_row", 1), ("old_row", "old_rows AS old_row", -1)
    return [
        trigger("insert", pgtrigger.Insert, side(*came), new="new_rows"),
        trigger(
            "update",
            pgtrigger.Update,
            side("new_row", _MOVED, 1),
            side("old_row", _MOVED, -1),
            new="new_rows",
            old="old_rows",
        ),
        trigger("delete", pgtrigger.Delete, side(*left), old="old_rows"),
    ]
