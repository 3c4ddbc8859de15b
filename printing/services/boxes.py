"""How do cards travel to a subdistrict: packed, sent, received card by card?

Until a box is sent, cards can be taken out again. Whoever receives it says which cards are there; what is
not there is held and looked for, because nobody can come for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from printing.models import Box, BoxedCard, CardRequest
from printing.models.box import Fate
from printing.services.inspection import NotNow
from printing.services.requests import FREE
from printing.states import HoldReason, RequestState
from registry.models import District, Office

HOLDS = 200  # cards; a bundle of that many is what one person carries onto a boat
S = RequestState


@transaction.atomic
def pack(*, office: Office, district: District, actor: str, now: datetime) -> Box:
    """The cards ready for people of this subdistrict, by village and name, as many as a box holds.

    A card that travels, or has arrived, is left out. Raises NotNow when there is none.
    """
    District.objects.select_for_update(no_key=True).get(pk=district.pk)  # one packer at a time
    # A card that was made after the box had arrived is another card of the same person.
    there = Q(fate=Fate.ARRIVED, box__received_at__gte=F("request__state_since"))
    gone = BoxedCard.objects.filter(Q(travels=True) | there, request__recording__district=district)
    ready = (
        CardRequest.objects.select_for_update(of=("self",))
        .filter(office=office, state=S.READY_FOR_PICKUP, recording__district=district)
        .exclude(pk__in=gone.values("request"))
        .order_by("resident__village", "resident__name", "pk")
    )
    cards = list(ready[:HOLDS])
    if not cards:
        raise NotNow(_("Tidak ada kartu siap diambil untuk kecamatan ini yang belum dikemas."))
    day = f"{district.code}/{localtime(now):%Y%m%d}/"
    box = Box.objects.create(
        number=f"{day}{Box.objects.filter(number__startswith=day).count() + 1}",
        office=office,
        district=district,
        packed_at=now,
        packed_by=actor,
    )
    BoxedCard.objects.bulk_create([BoxedCard(box=box, request=request) for request in cards])
    _tell(_in(box), why=_went(box, _("dikemas")), actor=actor, now=now)
    return box


@transaction.atomic
def take_out(*, box: Box, requests: Collection[int] | None, actor: str, now: datetime) -> int:
    """These cards, None for all of them, stay at the office after all; returns how many. Raises NotNow
    once the box is sent.
    """
    box = _locked(box)
    if box.sent_at is not None:
        raise NotNow(_("Kotak ini sudah dikirim."))
    cards = [card for card in _in(box) if requests is None or card.request_id in requests]
    if not cards:
        raise NotNow(_("Pilih kartu yang dikeluarkan."))
    _end(cards, fate=Fate.TAKEN_OUT)
    _tell(cards, why=_("dikeluarkan dari kotak %(number)s") % {"number": box.number}, actor=actor, now=now)
    return len(cards)


@transaction.atomic
def send(*, box: Box, actor: str, now: datetime) -> None:
    """It leaves the office. Raises NotNow."""
    box = _locked(box)
    if box.sent_at is not None:
        raise NotNow(_("Kotak ini sudah dikirim."))
    cards = _in(box)
    if not cards:
        raise NotNow(_("Kotak ini kosong."))
    Box.objects.filter(pk=box.pk).update(sent_at=now, sent_by=actor)
    _tell(cards, why=_went(box, _("dikirim")), actor=actor, now=now)


@transaction.atomic
def receive(
    *,
    box: Box,
    actor: str,
    now: datetime,
    arrived: Collection[int] | None = None,
    surplus: Collection[str] = (),
) -> list[CardRequest]:
    """The subdistrict has it, ticked against the manifest; returns whose card was not in it. Raises NotNow.

    ``arrived``: the requests whose cards are there, None for all of them. ``surplus``: receipts of cards
    that are there as well and were packed in another box, or in none.
    """
    box = _locked(box)
    if box.sent_at is None or box.received_at is not None:
        raise NotNow(_("Kotak ini belum dikirim atau sudah diterima."))
    Box.objects.filter(pk=box.pk).update(received_at=now, received_by=actor)
    there: list[BoxedCard] = []
    missing: list[BoxedCard] = []
    for card in _in(box):
        ticked = arrived is None or card.request_id in arrived or card.request.receipt in surplus
        (there if ticked else missing).append(card)
    _end(there, fate=Fate.ARRIVED)
    _tell(there, why=_went(box, _("diterima")), actor=actor, now=now)
    _end(missing, fate=Fate.MISSING)
    for receipt in sorted(set(surplus) - {card.request.receipt for card in there}):
        _add(receipt, box, actor=actor, now=now)
    return _look_for(missing, box, actor=actor, now=now)


def _locked(box: Box) -> Box:
    """One person at a time says what is in it."""
    return Box.objects.select_for_update().get(pk=box.pk)


def _in(box: Box) -> list[BoxedCard]:
    return list(box.cards.filter(travels=True).select_related("request"))


def _end(cards: Iterable[BoxedCard], *, fate: Fate) -> None:
    BoxedCard.objects.filter(pk__in=[card.pk for card in cards]).update(travels=False, fate=fate)


def _look_for(cards: Iterable[BoxedCard], box: Box, *, actor: str, now: datetime) -> list[CardRequest]:
    """Hold those that could be fetched; a card that was given out or found bad meanwhile is accounted for."""
    wanted = CardRequest.objects.filter(
        pk__in=[card.request_id for card in cards], state=S.READY_FOR_PICKUP
    ).order_by("id")
    note = _("tidak ada di kotak %(number)s") % {"number": box.number}
    return CardRequest.move_all(
        wanted.select_for_update(of=("self",)),
        to=S.HELD,
        at=now,
        actor=actor,
        why=note,
        hold_reason=HoldReason.CARD_MISSING,
        hold_note=note,
    )


def _add(receipt: str, box: Box, *, actor: str, now: datetime) -> None:
    """A card that nobody packed into this box is in it. Raises NotNow."""
    request = (
        CardRequest.objects.select_for_update(of=("self",)).filter(office=box.office, receipt=receipt).first()
    )
    is_looked_for = request is not None and request.hold_reason == HoldReason.CARD_MISSING
    if request is None or not (is_looked_for or request.state == S.READY_FOR_PICKUP):
        raise NotNow(_("Tidak ada kartu siap diambil dengan nomor resi %(receipt)s.") % {"receipt": receipt})
    BoxedCard.objects.filter(request=request, travels=True).update(travels=False, fate=Fate.MISSING)
    BoxedCard.objects.update_or_create(
        box=box, request=request, defaults={"travels": False, "fate": Fate.ARRIVED}
    )
    why = _("tiba bersama kotak %(number)s") % {"number": box.number}
    if is_looked_for:
        request.move(to=S.READY_FOR_PICKUP, at=now, actor=actor, why=why, **FREE)
    else:
        request.remark(at=now, actor=actor, why=why)


def _went(box: Box, what: str) -> str:
    return _("kotak %(number)s %(what)s") % {"number": box.number, "what": what}


def _tell(cards: Iterable[BoxedCard], *, why: str, actor: str, now: datetime) -> None:
    """In the story of every card's owner."""
    for card in cards:
        card.request.remark(at=now, actor=actor, why=why)
