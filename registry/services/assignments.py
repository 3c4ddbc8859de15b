"""Who works on a row, so that two clerks never work on the same one?"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from registry.models import Assignment
from registry.models.event import Subject

LEASE = timedelta(
    minutes=20
)  # longer than any one case at the counter, shorter than a coffee break forgotten
FORGET_AFTER = timedelta(days=1)  # run-out assignments are swept when the next is made


def take(*, subject: Subject, subject_id: str, clerk: str, now: datetime) -> bool:
    """Take a row, or keep it longer; False when another clerk has it in hands."""
    mine_or_free = Q(clerk=clerk) | Q(until__lte=now)
    return _write(mine_or_free, subject=subject, subject_id=subject_id, clerk=clerk, by=clerk, now=now)


def assign(*, subject: Subject, subject_id: str, clerk: str, by: str, now: datetime) -> None:
    """A supervisor puts a row into a clerk's hands, whoever had it."""
    _write(Q(), subject=subject, subject_id=subject_id, clerk=clerk, by=by, now=now)


def give_back(*, subject: Subject, subject_id: str, clerk: str) -> bool:
    """Let go of a row; False when this clerk did not have it."""
    gone, _kinds = Assignment.objects.filter(subject=subject, subject_id=subject_id, clerk=clerk).delete()
    return bool(gone)


def settle(*, subject: Subject, subject_id: str) -> None:
    """The row is done: nobody has it in hands any more."""
    Assignment.objects.filter(subject=subject, subject_id=subject_id).delete()


def _write(allowed: Q, *, subject: Subject, subject_id: str, clerk: str, by: str, now: datetime) -> bool:
    Assignment.objects.filter(until__lt=now - FORGET_AFTER).delete()
    fields = {"clerk": clerk, "assigned_by": by, "at": now, "until": now + LEASE}
    row = Assignment.objects.filter(subject=subject, subject_id=subject_id)
    if row.filter(allowed).update(**fields):
        return True
    try:
        with transaction.atomic():
            Assignment.objects.create(subject=subject, subject_id=subject_id, **fields)
    except IntegrityError:  # another was first
        return False
    return True
