"""How does a part of the machinery sign that it is alive?"""

from __future__ import annotations

from datetime import datetime

from printing.models import Heartbeat


def beat_of(*, name: str, host: str, now: datetime) -> None:
    """Write the last sign of life of ``name``: "beat", or a worker group's queue."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now, host=host)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "host"],
    )
