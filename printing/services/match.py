"""Does the office know of every difference between its rows, the centre and the ledger?

*collect* asks the centre, *compare* writes down what differs. A finding is open while it is true: the
comparison that no longer finds it closes it. What only the centre can clear stays as it is when the
centre could not be asked. Whose card the centre knows, and we do not, is held: it must not come out twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from printing.findings import KINDS
from printing.models import CardRequest
from printing.models.finding import Finding, MatchRun
from printing.selectors.match import (
    Difference,
    against_commands,
    against_ledger,
    against_month,
    forgotten_cards,
    months_to_match,
    reports_are_moving,
)
from printing.states import HoldReason, RequestState
from registry.central import errors
from registry.central.contract import Central, ListedCommand, MonthCounts
from registry.models import Office

ACTOR = "system:match"
DETAIL_LENGTH = 300  # Finding.detail
TRIES = 60  # looks for a permit before the centre counts as not heard; printing comes first
LONGEST_REST = 5.0  # seconds between two of them
COUNTED = frozenset({"month-printed", "month-spoiled"})  # change with every report
FRESH = timedelta(hours=4)  # a comparison that heard the centre is good for so long

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the centre says: every command of the office, and the counts of the months asked for."""

    commands: list[ListedCommand]
    months: list[MonthCounts]


def is_due(*, office: Office, now: datetime) -> bool:
    """Whether no comparison of the last hours has heard the centre."""
    return not MatchRun.objects.filter(office=office, centre_heard=True, at__gt=now - FRESH).exists()


def collect(
    *, office: Office, central: Central, now: datetime, rest: Callable[[float], None] = time.sleep
) -> Heard | None:
    """Ask the centre for its side; None when it does not answer. Touches no database."""
    try:
        return Heard(
            commands=_every_command(central, office, rest),
            months=[
                _patient(partial(central.month_counts, office=office.code, month=month), rest)
                for month in months_to_match(now=now)
            ],
        )
    except errors.CentralError:
        return None


def _every_command(central: Central, office: Office, rest: Callable[[float], None]) -> list[ListedCommand]:
    commands: list[ListedCommand] = []
    cursor: str | None = None
    while True:
        page = _patient(partial(central.list_commands, office=office.code, cursor=cursor), rest)
        commands += page.commands
        if page.next is None:
            return commands
        cursor = page.next


def _patient(call: Callable[[], Given], rest: Callable[[float], None]) -> Given:
    """The answer, after as many rests as the throttle asks for. Raises the centre's errors."""
    for _try in range(TRIES - 1):
        try:
            return call()
        except errors.NoPermit as error:
            rest(min(max(error.retry_after or 0.0, 0.05), LONGEST_REST))
    return call()


def compare(*, office: Office, heard: Heard | None, now: datetime) -> MatchRun:
    """Write down what differs, and close what differs no more."""
    with transaction.atomic():
        found = list(against_ledger(office=office, now=now))
        if heard is not None:
            found += against_commands(office=office, listed=heard.commands, now=now)
            for counts in heard.months:
                found += against_month(office=office, counts=counts)
            _hold_forgotten(heard.commands, now=now)
        judged = {kind.code for kind in KINDS.values() if heard is not None or not kind.needs_centre}
        if reports_are_moving(office=office, now=now):
            judged -= COUNTED
            found = [one for one in found if one.kind not in COUNTED]
        _keep(office, found, judged=judged, now=now)
        return MatchRun.objects.create(
            office=office,
            at=now,
            centre_heard=heard is not None,
            commands=len(heard.commands) if heard else 0,
            found=len(found),
        )


def _hold_forgotten(listed: Sequence[ListedCommand], *, now: datetime) -> None:
    rows = forgotten_cards(listed=listed).order_by("id").select_for_update(of=("self",), skip_locked=True)
    CardRequest.move_all(
        rows,
        to=RequestState.HELD,
        at=now,
        actor=ACTOR,
        why="printed-at-centre",
        hold_reason=HoldReason.DATA_QUERY,
        hold_note=_("Menurut pusat kartunya sudah tercetak; cari kartunya sebelum melepas."),
    )


def _keep(office: Office, found: Iterable[Difference], *, judged: set[str], now: datetime) -> None:
    open_ = Finding.objects.select_for_update().filter(
        office=office, resolved_at__isnull=True, kind__in=judged
    )
    known = {(row.kind, row.subject): row for row in open_}
    new = []
    for one in found:
        row = known.pop((one.kind, one.subject), None)
        if row is None:
            new.append(
                Finding(
                    office=office,
                    kind=one.kind,
                    subject=one.subject,
                    detail=one.detail[:DETAIL_LENGTH],
                    first_seen=now,
                    last_seen=now,
                )
            )
        else:
            Finding.objects.filter(pk=row.pk).update(last_seen=now, detail=one.detail[:DETAIL_LENGTH])
    Finding.objects.bulk_create(new)
    Finding.objects.filter(pk__in=[row.pk for row in known.values()]).update(resolved_at=now)
