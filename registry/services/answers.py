"""How long is the answer to a write kept?"""

from __future__ import annotations

from datetime import datetime, timedelta

from registry.models import StoredAnswer

KEPT = timedelta(days=30)  # a station on an island may be away from its line for weeks


def forget(*, now: datetime) -> int:
    """Delete answers older than that; how many."""
    deleted, _rows = StoredAnswer.objects.filter(created_at__lt=now - KEPT).delete()
    return deleted
