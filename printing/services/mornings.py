"""How is the first count of a day kept?"""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localtime

from printing.models import MorningCount
from printing.selectors.day import line
from registry.models import Office
from registry.selectors.tallies import by_state


def count_morning(*, office: Office, now: datetime) -> bool:
    """Count the line once a day, whoever asks how often; True when this was the day's first count."""
    today = localtime(now).date()
    if MorningCount.objects.filter(office=office, day=today).exists():
        return False
    seen = line(office=office, counts=by_state(office=office))
    made = MorningCount.objects.bulk_create(
        [
            MorningCount(
                office=office,
                day=today,
                at=now,
                waiting=seen.waiting,
                printable=seen.printable,
                held=seen.held_sum,
                exceptions=seen.exceptions,
                in_doubt=seen.in_doubt,
                ready=seen.ready,
            )
        ],
        ignore_conflicts=True,
    )
    return bool(made)
