"""What does it mean for the waiting list when the centre answers about recordings?

The registry mirrors the centre's words; here the requests of those recordings follow in the same
transaction, so that no crash can leave a visible person waiting outside the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from printing.services.requests import release_visible
from registry.central.contract import RecordStatus
from registry.models import Recording
from registry.models.recording import LearntBy
from registry.services import visibility
from registry.services.visibility import Delivered, Heard, Pauses

ACTOR = visibility.ACTOR


def record_answers(
    *, recordings: Sequence[Recording], answers: Mapping[str, RecordStatus], now: datetime, pauses: Pauses
) -> Heard:
    """Write down a bulk answer and let those who became visible into the line."""
    with transaction.atomic():
        heard = visibility.record_answers(
            recordings=recordings, answers=answers, learnt_by=LearntBy.QUERY, now=now, pauses=pauses
        )
        release_visible(recordings=heard.visible, now=now, actor=ACTOR)
    return heard


def record_submissions(
    *, delivered: Sequence[tuple[Recording, Delivered]], now: datetime, pauses: Pauses
) -> list[Recording]:
    """Write down a batch of deliveries; what the centre sees at once goes straight into the line."""
    visible: list[Recording] = []
    with transaction.atomic():
        for recording, answer in delivered:
            heard = visibility.record_submission(recording=recording, answer=answer, now=now, pauses=pauses)
            visible += heard.visible
        release_visible(recordings=visible, now=now, actor=ACTOR)
    return visible
