"""How does a wish from a kiosk become a card request?

It is taken from anybody and judged afterwards, by a worker: so neither the answer nor its time
tells whether the person is in the register.
"""

from __future__ import annotations

import logging
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
from registry.models.resident import vault
from registry.services.feed import Followed, follow
from registry.vault import VaultError

logger = logging.getLogger(__name__)

ROWS = 50  # judged in one transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who somebody says they are: three facts that stand on two papers; both numbers in 16 digits."""

    nik: str
    birth_date: date
    family_card: str

    def __repr__(self) -> str:
        return "Claimed(…)"


def apply(
    *, who: Claimed, reason: CardReason, papers: Sequence[dict[str, Any]], device: Device, now: datetime
) -> Application:
    """Write the wish down, with a receipt. Nothing about the person is looked up."""
    application = Application(
        receipt=new_receipt(),
        office=device.office,
        device=device,
        birth_date=who.birth_date,
        reason=reason,
        papers=list(papers),
        created_at=now,
    )
    claim = f"{who.nik} {who.family_card}"
    application.claim_sealed = vault().seal(claim, bound_to=application.bond)
    application.save(force_insert=True)
    return application


def judge(*, now: datetime, at_most: int = ROWS) -> int:
    """Turn the oldest wishes into requests, or refuse them; returns how many."""
    with transaction.atomic():
        rows = list(
            Application.objects.filter(state=ApplicationState.RECEIVED)
            .select_related("device")
            .order_by("id")
            .select_for_update(skip_locked=True, of=("self",))[:at_most]
        )
        return sum(_is_judged(row, now=now) for row in rows)


def _is_judged(application: Application, *, now: datetime) -> bool:
    """A claim that no key of ours opens waits for its key, and holds nobody up."""
    try:
        _judge(application, now=now)
    except VaultError:
        logger.exception("application %s: the claim does not open", application.pk)
        return False
    return True


def _judge(application: Application, *, now: datetime) -> None:
    resident = _resident(application)
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


def _resident(application: Application) -> Resident | None:
    """The person of whom all three facts are true. Raises VaultError."""
    assert application.claim_sealed is not None
    claim = vault().open(bytes(application.claim_sealed), bound_to=application.bond)
    nik, family_card = claim.split(" ")
    found = Resident.objects.with_nik(nik).filter(birth_date=application.birth_date).first()
    return found if found is not None and found.is_of_family_card(family_card) else None


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
        judged_at=now, claim_sealed=None, **facts
    )
