"""Will the resident come; and is the card given once, for one code?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from printing.models import CardRequest, Confirmation, Handover, PickupCode
from printing.models.handover import MatchResult
from printing.services.handovers import READY, hand_over
from printing.services.requests import NotNow, hold, release
from printing.states import IN_LINE, REQUEST_ENDED, HoldReason, RequestState
from registry.keys import new_code, plain_code
from registry.models import Device
from registry.models.resident import vault

CODE_SYMBOLS = 12  # 60 bits, for a week, behind a limit
CODE_LIVES = timedelta(days=7)


class UsedUp(Exception):
    """The code was used; ``code`` says when and by whom."""

    def __init__(self, code: PickupCode) -> None:
        super().__init__(code.pk)
        self.code = code


class NoSuchCode(Exception):
    """Unknown, replaced, run out, or another office's."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was noted; the code is there when the card can be fetched now."""

    request: CardRequest
    code: str | None
    expires_at: datetime | None


def confirm(*, request_id: int, coming: bool, device: Device, now: datetime) -> Confirmed:
    """Note whether the resident will come. Raises NotNow when the request has ended.

    Who cannot come steps out of the line before a blank is spent, and comes back by saying so.
    """
    with transaction.atomic():
        request = CardRequest.objects.select_for_update(of=("self",)).get(pk=request_id)
        if request.state in REQUEST_ENDED:
            raise NotNow(_("Permohonan ini sudah selesai: “%s”.") % request.get_state_display())
        Confirmation.objects.create(request=request, device=device, coming=coming, at=now)
        if not coming and request.state in IN_LINE:
            request = hold(
                request=request, reason=HoldReason.NOT_CONFIRMED, note="", actor=device.actor, now=now
            )
        elif (
            coming and request.state == RequestState.HELD and request.hold_reason == HoldReason.NOT_CONFIRMED
        ):
            request = release(request=request, note="", actor=device.actor, now=now)
        else:
            request.remark(at=now, actor=device.actor, why="coming" if coming else "not-coming")
        if not coming or request.state not in READY:
            return Confirmed(request, None, None)
        return Confirmed(request, _code(request, now=now), now + CODE_LIVES)


def collect(*, code: str, match: MatchResult, device: Device, now: datetime) -> Handover:
    """Give the card for this code. Raises NoSuchCode, UsedUp and CannotHandOver.

    A fingerprint that does not match leaves the code as it was.
    """
    with transaction.atomic():
        found = (
            PickupCode.objects.select_for_update(of=("self",))
            .select_related("request__resident")
            .filter(digest__in=vault().indexes(_text(code)), request__office=device.office)
            .first()
        )
        if found is None or found.replaced_at is not None:
            raise NoSuchCode
        if found.used_at is not None:
            raise UsedUp(found)
        if found.expires_at <= now:
            raise NoSuchCode
        handover = hand_over(
            request=found.request,
            collector=found.request.resident.name,
            match=match,
            actor=device.actor,
            now=now,
        )
        PickupCode.objects.filter(pk=found.pk).update(used_at=now, used_by=device.name)
    return handover


def _code(request: CardRequest, *, now: datetime) -> str:
    request.pickup_codes.filter(used_at__isnull=True, replaced_at__isnull=True).update(replaced_at=now)
    code = new_code(CODE_SYMBOLS)
    PickupCode.objects.create(
        request=request, digest=vault().index(_text(code)), created_at=now, expires_at=now + CODE_LIVES
    )
    return code


def _text(code: str) -> str:
    return f"pickup:{plain_code(code)}"
