"""How long does the office keep a list of people after it was brought in?

A list holds thousands of NIKs in clear. It is needed until its refused rows are mended; after that it
is only something to lose. What it did stays: its counters, and which cell was refused for what.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from printing.models import ImportBatch
from printing.models.imports import ImportState

AT_ONCE = 100  # lists of one sweep; the next comes tomorrow


def forget_lists(*, now: datetime, keep: timedelta) -> int:
    """Delete the files of lists that ended, or were never confirmed, longer than ``keep`` ago.

    The file goes first: a crash between the two leaves a row to try again, never a file nobody knows of.
    """
    before = now - keep
    never_confirmed = Q(state=ImportState.PREVIEWED, created_at__lt=before)
    old = ImportBatch.objects.filter(Q(finished_at__lt=before) | never_confirmed).exclude(file="")
    forgotten = 0
    for batch in old.order_by("pk")[:AT_ONCE]:
        batch.file.delete(save=False)
        forgotten += ImportBatch.objects.filter(pk=batch.pk).update(file="")
    return forgotten
