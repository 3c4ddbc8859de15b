"""Which requests are held out of the line, and for what reason?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ektp_project.desk.queues.desk import Deed, Desk, Fact, Kind, ReasonForm, Text, Words
from printing.models import CardRequest
from printing.selectors.day import hold_label
from printing.services import requests
from printing.states import HoldReason, RequestState
from registry.models import Office, Resident
from registry.models.event import Subject

CHANGE = "printing.change_cardrequest"


def release(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """Let it go on where it stood. Raises NotNow."""
    requests.release(request=row, note="", actor=actor, now=now)


def cancel(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """End it. Raises NotNow."""
    requests.cancel(request=row, reason=words["reason"], actor=actor, now=now)


def make_again(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """The card is nowhere. Raises NotNow."""
    requests.declare_lost(request=row, note=words["reason"], actor=actor, now=now)


def is_looked_for(row: CardRequest) -> bool:
    """Whether the card was made and is not where it should be."""
    return row.hold_reason == HoldReason.CARD_MISSING


class Held(Desk):
    """Requests held, by reason."""

    slug = "tertahan"
    title = _("Tertahan")
    question = _("Permohonan mana yang keluar dari antrean, dan karena apa?")
    subject = Subject.REQUEST
    right = "printing.view_cardrequest"
    columns = (_("Nomor resi"), _("Alasan"), _("Catatan"))
    bulk_deed = "release"
    deeds = (
        Deed(
            "lepaskan",
            _("Lepaskan"),
            CHANGE,
            release,
            fits=lambda row: row.hold_reason not in requests.NOT_CHOSEN,  # they come by themselves
        ),
        Deed("ditemukan", _("Kartu ditemukan"), CHANGE, release, fits=is_looked_for),
        Deed("hilang", _("Hilang: cetak lagi"), CHANGE, make_again, form=ReasonForm, fits=is_looked_for),
        Deed(
            "batalkan",
            _("Batalkan"),
            CHANGE,
            cancel,
            form=ReasonForm,
            fits=lambda row: not is_looked_for(row),
        ),
    )

    def is_bulk(self, kind: str) -> bool:
        """Each card that is looked for is found, or not, by itself."""
        return super().is_bulk(kind) and kind != HoldReason.CARD_MISSING

    def rows(self, *, office: Office) -> QuerySet[CardRequest]:
        return CardRequest.objects.filter(office=office, state=RequestState.HELD).select_related("resident")

    def kinds(self, *, office: Office) -> list[Kind]:
        counted = (
            CardRequest.objects.filter(office=office, state=RequestState.HELD)
            .order_by()
            .values_list("hold_reason")
            .annotate(count=Count("*"))
        )
        return [Kind(code, hold_label(code), n) for code, n in sorted(counted, key=lambda pair: -pair[1])]

    def of_kind(self, rows: QuerySet[CardRequest], kind: str) -> QuerySet[CardRequest]:
        return rows.filter(hold_reason=kind)

    def resident(self, row: CardRequest) -> Resident:
        return row.resident

    def cells(self, row: CardRequest, *, now: datetime) -> Sequence[Text]:
        return (row.receipt, row.get_hold_reason_display(), row.hold_note or "—")

    def facts(self, row: CardRequest, *, now: datetime) -> Sequence[Fact]:
        return (
            Fact(_("Alasan permohonan"), row.get_reason_display()),
            Fact(_("Prioritas"), row.get_priority_display()),
            Fact(_("Tanggal urut"), date_format(localtime(row.recorded_at), "j F Y H.i")),
            Fact(_("Diterima"), date_format(localtime(row.created_at), "j F Y H.i")),
        )
