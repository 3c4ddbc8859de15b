"""How do cards travel to a subdistrict: packed, sent, received?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from printing.models import Box, BoxedCard, CardRequest
from printing.services.inspection import NotNow
from printing.states import RequestState
from registry.models import District, Office

HOLDS = 200  # cards; a bundle of that many is what one person carries onto a boat


@transaction.atomic
def pack(*, office: Office, district: District, actor: str, now: datetime) -> Box:
    """The cards ready for people of this subdistrict, by village and name, as many as a box holds.

    A card that travels already is left out. Raises NotNow when there is none.
    """
    District.objects.select_for_update(no_key=True).get(pk=district.pk)  # one packer at a time
    travelling = BoxedCard.objects.filter(travels=True, request__recording__district=district)
    ready = (
        CardRequest.objects.select_for_update(of=("self",))
        .filter(office=office, state=RequestState.READY_FOR_PICKUP, recording__district=district)
        .exclude(pk__in=travelling.values("request"))
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
    _tell(box, what=_("dikemas"), actor=actor, now=now)
    return box


@transaction.atomic
def send(*, box: Box, actor: str, now: datetime) -> None:
    """It leaves the office. Raises NotNow."""
    if not Box.objects.filter(pk=box.pk, sent_at=None).update(sent_at=now, sent_by=actor):
        raise NotNow(_("Kotak ini sudah dikirim."))
    _tell(box, what=_("dikirim"), actor=actor, now=now)


@transaction.atomic
def receive(*, box: Box, actor: str, now: datetime) -> None:
    """The subdistrict has it, ticked against the manifest. Raises NotNow."""
    on_the_way = Box.objects.filter(pk=box.pk, sent_at__isnull=False, received_at=None)
    if not on_the_way.update(received_at=now, received_by=actor):
        raise NotNow(_("Kotak ini belum dikirim atau sudah diterima."))
    _tell(box, what=_("diterima"), actor=actor, now=now)
    box.cards.update(travels=False)


def _tell(box: Box, *, what: str, actor: str, now: datetime) -> None:
    """In the story of every card's owner."""
    why = _("kotak %(number)s %(what)s") % {"number": box.number, "what": what}
    for card in box.cards.select_related("request"):
        card.request.remark(at=now, actor=actor, why=why)
