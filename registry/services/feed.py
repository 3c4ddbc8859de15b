"""Who is told what, and in which order?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from registry.models import Device, Follow, Notice, Subject

FEED_LOCK = 0x65_4B_54_50_66_65_65_64  # "eKTPfeed": one at a time gives places
ROWS = 1000  # places given in one turn

# What happened to these rows before they were followed, and in the same transaction.
CATCH_UP = """
INSERT INTO registry_notice (device_id, event_id, created_at)
SELECT follow.device_id, event.id, now()
FROM registry_follow AS follow
JOIN registry_event AS event ON event.subject = follow.subject AND event.subject_id = follow.subject_id
WHERE follow.device_id = %s AND follow.subject = ANY(%s) AND follow.subject_id = ANY(%s)
ORDER BY event.id
ON CONFLICT DO NOTHING
"""
GIVE_PLACES = """
WITH without AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM (SELECT id FROM registry_notice WHERE position IS NULL ORDER BY id LIMIT %s) AS next
)
UPDATE registry_notice AS notice
SET position = without.place + (SELECT coalesce(max(position), 0) FROM registry_notice)
FROM without WHERE notice.id = without.id
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """A row, and what the device calls it."""

    subject: Subject
    subject_id: str
    label: str


@dataclass(frozen=True, slots=True)
class News:
    """One event as a follower is told it."""

    position: int
    at: datetime
    subject: str
    label: str
    source: str
    target: str

    def as_json(self) -> dict[str, Any]:
        """The same in the feed and in a webhook."""
        return {
            "id": self.position,
            "at": self.at,
            "subject": self.subject,
            "receipt": self.label if self.subject == Subject.REQUEST else None,
            "recording_id": self.label if self.subject == Subject.RECORDING else None,
            "from": self.source or None,
            "to": self.target,
        }


NEWS = """
SELECT notice.position, event.at, event.subject, follow.label, event.source, event.target
FROM registry_notice AS notice
JOIN registry_event AS event ON event.id = notice.event_id
JOIN registry_follow AS follow ON follow.device_id = notice.device_id
  AND follow.subject = event.subject AND follow.subject_id = event.subject_id
"""


def follow(*, device: Device, rows: Sequence[Followed]) -> None:
    """Tell the device of these rows from their first event on. The same again changes nothing."""
    with transaction.atomic():
        Follow.objects.bulk_create(
            [
                Follow(device=device, subject=row.subject, subject_id=row.subject_id, label=row.label)
                for row in rows
            ],
            ignore_conflicts=True,
        )
        with connection.cursor() as cursor:
            subjects = sorted({str(row.subject) for row in rows})
            cursor.execute(CATCH_UP, [device.pk, subjects, [row.subject_id for row in rows]])


def give_places() -> int:
    """Put new notices at the end of the feed; returns how many. Zero while another does it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FEED_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(GIVE_PLACES, [ROWS])
        return int(cursor.rowcount)


def news_after(*, device: Device, position: int, at_most: int) -> list[News]:
    """What the device has not heard yet, in the order of the feed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{NEWS} WHERE notice.device_id = %s AND notice.position > %s ORDER BY notice.position LIMIT %s",
            [device.pk, position, at_most],
        )
        return [News(*row) for row in cursor.fetchall()]


def news_of(*, notice: Notice) -> News:
    """This notice as it is told."""
    with connection.cursor() as cursor:
        cursor.execute(f"{NEWS} WHERE notice.id = %s", [notice.pk])
        return News(*cursor.fetchone())
