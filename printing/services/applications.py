"""How does a wish from a kiosk become a card request?

It is taken from anybody and judged afterwards, by a worker: so neither the answer nor its time
tells whether the person is in the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from printing.models import Application, CardRequest
from printing.models.request import CardReason
from printing.receipt import new_receipt
from printing.services.requests import open_requests
from printing.states import REQUEST_LIVE, ApplicationState, Refusal
from registry.models import Device, Recording, Resident, Subject
from registry.models.device import Scope
from registry.models.resident import family_card_text, vault
from registry.services.feed import Followed, follow

ROWS = 50  # judged in one transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who somebody says they are: three facts that stand on two papers."""

    nik: str
    birth_date: date
    family_card: str

    @property
    def nik_index(self) -> bytes:
        """What the NIK is found by."""
        return vault().index(self.nik)

    @property
    def family_card_index(self) -> bytes:
        """What the family card number is compared by."""
        return vault().index(family_card_text(self.family_card))

    def __repr__(self) -> str:
        return "Claimed(…)"


def apply(
    *, who: Claimed, reason: CardReason, papers: Sequence[dict[str, Any]], device: Device, now: datetime
) -> Application:
    """Write the wish down, with a receipt. Nothing about the person is looked up."""
    return Application.objects.create(
        receipt=new_receipt(),
        office=device.office,
        device=device,
        nik_index=who.nik_index,
        family_card_index=who.family_card_index,
        birth_date=who.birth_date,
        reason=reason,
        papers=list(papers),
        created_at=now,
    )


def judge(*, now: datetime, at_most: int = ROWS) -> int:
    """Turn the oldest wishes into requests, or refuse them; returns how many."""
    with transaction.atomic():
        rows = list(
            Application.objects.filter(state=ApplicationState.RECEIVED)
            .select_related("device")
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))[:at_most]
        )
        for row in rows:
            _judge(row, now=now)
    return len(rows)


def _judge(application: Application, *, now: datetime) -> None:
    resident = Resident.objects.filter(
        nik_index=application.nik_index,
        birth_date=application.birth_date,
        family_card_index=application.family_card_index,
    ).first()
    if resident is None:
        _refuse(application, Refusal.NOT_MATCHED, now=now)
        return
    recording = Recording.objects.filter(resident=resident, is_primary=True).first()
    if recording is None:
        _refuse(application, Refusal.NOT_RECORDED, now=now)
    elif CardRequest.objects.filter(resident=resident, state__in=REQUEST_LIVE).exists():
        _refuse(application, Refusal.IN_LINE, now=now)
    else:
        _accept(application, recording, now=now)


def _refuse(application: Application, refusal: Refusal, *, now: datetime) -> None:
    _end(application, now=now, state=ApplicationState.REFUSED, refusal=refusal)


def _accept(application: Application, recording: Recording, *, now: datetime) -> None:
    device = application.device
    opened = open_requests(
        wanted=[(recording, CardReason(application.reason))],
        receipts=[application.receipt],
        now=now,
        actor=device.actor,
    )
    if not opened:  # somebody else opened one since we looked
        _refuse(application, Refusal.IN_LINE, now=now)
        return
    _end(application, now=now, state=ApplicationState.ACCEPTED, request=opened[0])
    if Scope.EVENTS in device.scopes:
        follow(device=device, rows=[Followed(Subject.REQUEST, str(opened[0].pk), application.receipt)])


def _end(application: Application, *, now: datetime, **facts: Any) -> None:
    Application.objects.filter(pk=application.pk, state=ApplicationState.RECEIVED).update(
        judged_at=now, **facts
    )
