"""Who has these rows in hands now?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from registry.models import Assignment
from registry.models.event import Subject


def holders(*, subject: Subject, ids: Iterable[str], now: datetime) -> dict[str, Assignment]:
    """The live assignments of these rows, by their id. One query."""
    live = Assignment.objects.filter(subject=subject, subject_id__in=list(ids), until__gt=now)
    return {one.subject_id: one for one in live}


def mine(*, subject: Subject, clerk: str, now: datetime) -> list[str]:
    """The ids of the rows that this clerk has in hands."""
    live = Assignment.objects.filter(subject=subject, clerk=clerk, until__gt=now)
    return list(live.values_list("subject_id", flat=True))


def taken_by_others(*, subject: Subject, clerk: str, now: datetime) -> list[str]:
    """The ids of the rows that others have in hands: as many as there are clerks, and a few."""
    live = Assignment.objects.filter(subject=subject, until__gt=now).exclude(clerk=clerk)
    return list(live.values_list("subject_id", flat=True))
