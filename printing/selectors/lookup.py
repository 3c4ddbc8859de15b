"""Where is my card, and when? What a resident is told, in plain words.

Unknown and wrong are found by the same queries, so that they take the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from printing.models import Application, CardRequest
from printing.selectors.line import place_in_line
from printing.states import ApplicationState, HoldReason, RequestState
from registry.models import Office

S = RequestState
NEXT: Mapping[str, Promise] = {
    S.WAITING: _("Perintah cetak akan diminta ke pusat menurut urutan."),
    S.AUTHORIZING: _("Kantor sedang meminta perintah cetak ke pusat."),
    S.READY_TO_PRINT: _("Kartu dicetak pada giliran cetak berikutnya."),
    S.PRINTING: _("Kartu sedang dicetak; sebentar lagi diperiksa."),
    S.PRINTED: _("Kartu sudah tercetak dan sedang diperiksa sebelum dapat diambil."),
    S.READY_FOR_PICKUP: _("Datanglah sendiri ke kantor untuk mengambil kartu; sidik jari akan dicocokkan."),
    S.HANDED_OVER: _("Kartu sudah diserahkan; tidak ada lagi yang perlu dilakukan."),
    S.ACTIVATED: _("Kartu sudah aktif; tidak ada lagi yang perlu dilakukan."),
    S.CANCELLED: _("Permohonan dibatalkan; tanyakan ke loket bila ini keliru."),
    S.UNCLAIMED: _("Kartu belum diambil dan masih disimpan; datanglah ke kantor."),
}
NEXT_WHEN_HELD: Mapping[str, Promise] = {
    HoldReason.NOT_VISIBLE: _("Menunggu perekaman muncul di pusat; kantor menanyakannya berkala."),
    HoldReason.NOT_CONFIRMED: _("Nyatakan di kios atau loket bahwa Anda akan datang mengambil kartu."),
    HoldReason.DATA_QUERY: _("Datanglah ke loket dengan kartu keluarga: ada data yang perlu dicocokkan."),
    HoldReason.NO_COMMAND: _("Pusat belum memberi perintah cetak; petugas menindaklanjuti."),
}
STILL_HELD = _("Petugas menindaklanjuti; permohonan Anda tidak kehilangan urutan.")
NEXT_OF_APPLICATION: Mapping[str, Promise] = {
    ApplicationState.RECEIVED: _("Data dan berkas Anda sedang diperiksa; tanyakan lagi beberapa menit lagi."),
}
STATES = [  # an accepted wish is told as the request it became
    *RequestState.choices,
    *((state.value, state.label) for state in (ApplicationState.RECEIVED, ApplicationState.REFUSED)),
]
LIVE_GATE = frozenset({S.WAITING, S.AUTHORIZING, S.READY_TO_PRINT, S.HELD})
MAY_CONFIRM = frozenset({S.READY_FOR_PICKUP, S.UNCLAIMED})


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told about one request. ``office`` is set while its gate matters."""

    state: str
    state_text: str
    since: datetime
    reason: str
    reason_text: str
    next: str
    place_in_line: int | None
    hold_reason: str
    hold_text: str
    office: Office | None
    can_confirm: bool


def by_receipt(*, receipt: str) -> CardRequest | Application | None:
    """The request or the wish of this number. Always both questions, whatever the first finds."""
    request = CardRequest.objects.select_related("office").filter(receipt=receipt).first()
    application = Application.objects.filter(receipt=receipt).first()
    return request or application


def by_person(*, nik_index: bytes, birth_date: date, family_card_index: bytes) -> CardRequest | None:
    """The latest request of the person of whom all three facts are true."""
    return (
        CardRequest.objects.select_related("office")
        .filter(
            resident__nik_index=nik_index,
            resident__birth_date=birth_date,
            resident__family_card_index=family_card_index,
        )
        .order_by("-id")
        .first()
    )


def standing(*, found: CardRequest | Application) -> Standing:
    """What to tell."""
    return _of_request(found) if isinstance(found, CardRequest) else _of_application(found)


def _of_request(request: CardRequest) -> Standing:
    held = request.state == S.HELD
    next_step = NEXT_WHEN_HELD.get(request.hold_reason, STILL_HELD) if held else NEXT[request.state]
    confirm = request.state in MAY_CONFIRM or request.hold_reason == HoldReason.NOT_CONFIRMED
    return Standing(
        state=request.state,
        state_text=str(request.get_state_display()),
        since=request.state_since,
        reason=request.reason,
        reason_text=str(request.get_reason_display()),
        next=str(next_step),
        place_in_line=place_in_line(request=request) if request.state == S.WAITING else None,
        hold_reason=request.hold_reason,
        hold_text=str(request.get_hold_reason_display()) if held else "",
        office=request.office if request.state in LIVE_GATE else None,
        can_confirm=confirm,
    )


def _of_application(application: Application) -> Standing:
    refused = application.state == ApplicationState.REFUSED
    text = application.get_refusal_display() if refused else NEXT_OF_APPLICATION[ApplicationState.RECEIVED]
    return Standing(
        state=application.state,
        state_text=str(application.get_state_display()),
        since=application.judged_at or application.created_at,
        reason=application.reason,
        reason_text=str(application.get_reason_display()),
        next=str(text),
        place_in_line=None,
        hold_reason="",
        hold_text="",
        office=None,
        can_confirm=False,
    )
