"""What happened today, and what is to come?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.utils.timezone import localtime, make_aware

from printing.models import CardRequest, Handover, PrintAttempt
from printing.selectors.shifts import next_opening
from printing.selectors.status import Gate, status
from registry.central.throttle import Snapshot
from registry.models import Office


@dataclass(frozen=True, slots=True)
class Board:
    """The office at a glance: counts, and nothing about anybody."""

    office: str
    server_time: datetime
    received_today: int
    printed_today: int
    handed_over_today: int
    waiting: int
    held: dict[str, int]
    ready_for_pickup: int
    blanks_in_store: int
    shift_open_until: datetime | None
    next_opening: datetime | None
    last_heard_from_centre: datetime | None
    gate: Gate


def board(*, office: Office, throttle: Snapshot, now: datetime) -> Board:
    """Read it all; today is the office's own date."""
    today = make_aware(datetime.combine(localtime(now).date(), time.min))
    current = status(office=office, throttle=throttle, now=now)
    printed = PrintAttempt.objects.filter(outcome="printed", ended_at__gte=today)
    return Board(
        office=office.code,
        server_time=now,
        received_today=CardRequest.objects.filter(office=office, created_at__gte=today).count(),
        printed_today=printed.filter(job__authorization__request__office=office).count(),
        handed_over_today=Handover.objects.filter(request__office=office, at__gte=today).count(),
        waiting=current.requests["waiting"],
        held=dict(current.held),
        ready_for_pickup=current.requests["ready_for_pickup"],
        blanks_in_store=current.blanks["store"],
        shift_open_until=current.shift_until,
        next_opening=next_opening(office=office, now=now),
        last_heard_from_centre=throttle.last_answer,
        gate=current.gate,
    )
