"""What happens to recordings that a station delivers?

They are taken in once, however often they come, and each person is put on the waiting list in the
same transaction; so the station has a receipt to hand out at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from printing.models import CardRequest
from printing.models.request import CardReason
from printing.services.requests import open_requests
from registry.models import Device, Recording, Subject
from registry.models.device import Scope
from registry.models.recording import Source
from registry.services.feed import Followed, follow
from registry.services.intake import Enrolment, Verdict, take_in


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one recording; ``receipt`` is empty when nobody joined the line for it."""

    recording: Recording
    verdict: Verdict
    receipt: str


def deliver(*, enrolments: Sequence[Enrolment], device: Device, now: datetime) -> list[Delivered]:
    """Take in and put in line, all or none, in the order given. Raises RecordingIdTaken.

    A caller that goes on after RecordingIdTaken does so from a savepoint of its own.
    """
    with transaction.atomic(savepoint=False):
        taken = take_in(
            enrolments=enrolments,
            office=device.office,
            source=Source.STATION,
            now=now,
            actor=device.actor,
            device=device,
        )
        fresh = [one.recording for one in taken if one.verdict == Verdict.NEW]
        opened = (
            open_requests(wanted=[(row, CardReason.NEW) for row in fresh], now=now, actor=device.actor)
            if fresh
            else []
        )
        receipts = {request.recording_id: request.receipt for request in opened}
        known = [one.recording.pk for one in taken if one.recording.pk not in receipts]
        if known:
            receipts |= dict(
                CardRequest.objects.filter(recording__in=known, reason=CardReason.NEW).values_list(
                    "recording_id", "receipt"
                )
            )
        if Scope.EVENTS in device.scopes:
            _follow(device, [one.recording for one in taken], opened)
    return [Delivered(one.recording, one.verdict, receipts.get(one.recording.pk, "")) for one in taken]


def _follow(device: Device, recordings: Sequence[Recording], requests: Sequence[CardRequest]) -> None:
    own = [row for row in recordings if row.device_id == device.pk]
    follow(
        device=device,
        rows=[
            *(Followed(Subject.RECORDING, str(row.pk), str(row.pk)) for row in own),
            *(Followed(Subject.REQUEST, str(row.pk), row.receipt) for row in requests),
        ],
    )
