"""Did the card reach its owner?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from printing.models import CardRequest, Handover
from printing.models.handover import MatchResult
from printing.states import RequestState

READY = (RequestState.READY_FOR_PICKUP, RequestState.UNCLAIMED)


class CannotHandOver(Exception):
    """The card cannot be given now; the sentence is for the clerk."""


def hand_over(
    *, request: CardRequest, collector: str, match: MatchResult, actor: str, now: datetime, note: str = ""
) -> Handover:
    """Give the card to its owner after a 1:1 match. The same again returns the first hand-over.

    Raises CannotHandOver when the fingerprint does not match or the card is not ready.
    """
    if match == MatchResult.NO_MATCH:
        raise CannotHandOver(_("Sidik jari tidak cocok: kartu hanya untuk pemiliknya, tanpa wakil."))
    if not collector.strip():
        raise CannotHandOver(_("Isi nama penerima."))
    with transaction.atomic():
        current = CardRequest.objects.select_for_update().get(pk=request.pk)
        if current.state == RequestState.HANDED_OVER:
            return current.handover
        if current.state not in READY:
            raise CannotHandOver(
                _("Kartu belum siap diambil: keadaannya “%(state)s”.")
                % {"state": current.get_state_display()}
            )
        current.move(to=RequestState.HANDED_OVER, at=now, actor=actor, why=match)
        return Handover.objects.create(
            request=current, collector=collector.strip(), match=match, at=now, actor=actor, note=note
        )


def put_away(*, request: CardRequest, actor: str, now: datetime) -> None:
    """Nobody came for this card: it makes room at the counter. Raises CannotHandOver."""
    _move(request, source=RequestState.READY_FOR_PICKUP, to=RequestState.UNCLAIMED, actor=actor, now=now)


def bring_back(*, request: CardRequest, actor: str, now: datetime) -> None:
    """A card that was put away lies at the counter again. Raises CannotHandOver."""
    _move(request, source=RequestState.UNCLAIMED, to=RequestState.READY_FOR_PICKUP, actor=actor, now=now)


def _move(request: CardRequest, *, source: RequestState, to: RequestState, actor: str, now: datetime) -> None:
    with transaction.atomic():
        current = CardRequest.objects.select_for_update().get(pk=request.pk)
        if current.state != source:
            raise CannotHandOver(
                _("Kartu ini sekarang “%(state)s”; tindakan itu tidak berlaku.")
                % {"state": current.get_state_display()}
            )
        current.move(to=to, at=now, actor=actor)
