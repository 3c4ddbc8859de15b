"""Where is my card, and when? What a resident is told, in plain words.

Unknown and wrong are found by the same queries, so that they take the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from printing.models.request import CardReason
from printing.selectors.line import PLACE, place_of
from printing.states import ApplicationState, HoldReason, Refusal, RequestState
from registry.models.resident import Resident, index_column, vault
from registry.postgresql.prepared import ask
from registry.services.devices import STANDS, Badge

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
    HoldReason.CARD_MISSING: _("Kartu sudah dicetak tetapi belum ditemukan; kantor mencarinya."),
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


# Written by hand: a question at a kiosk is the most frequent of all, and Django's own way of asking
# took ten times as long as PostgreSQL's of answering.
REQUEST = "true, me.id, me.state, me.state_since, me.reason, me.hold_reason, me.office_id"  # of Found
BY_RECEIPT = f"""
SELECT {REQUEST}, {PLACE} FROM printing_cardrequest AS me WHERE me.receipt = %(receipt)s
UNION ALL
SELECT false, id, state, coalesce(judged_at, created_at), reason, refusal, office_id, NULL
FROM printing_application WHERE receipt = %(receipt)s AND request_id IS NULL
"""  # noqa: S608 (no value of anybody's)
PROVEN = f"SELECT * FROM ({BY_RECEIPT}) AS found WHERE {STANDS}"  # noqa: S608
# Of nobody the office's first request is fetched instead: finding and reading a row takes a time that tells.
BY_PERSON = """
SELECT who.is_found, resident.id, resident.family_card_sealed, {request}
FROM (
  SELECT resident.id, true AS is_found FROM registry_resident AS resident
  WHERE ({with_nik}) AND resident.birth_date = %s
  UNION ALL (SELECT resident_id, false FROM printing_cardrequest ORDER BY id LIMIT 1)
  LIMIT 1
) AS who
JOIN registry_resident AS resident ON resident.id = who.id
JOIN printing_cardrequest AS me ON me.resident_id = resident.id
ORDER BY me.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A request, or a wish that is none yet; ``note`` is why it is held, or was refused.

    ``place`` in line: None unless it waits.
    """

    is_request: bool
    pk: int
    state: str
    since: datetime
    reason: str
    note: str
    office_id: int
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is told about one request. ``gate_of``: the office whose gate matters to it now."""

    state: str
    state_text: str
    since: datetime
    reason: str
    reason_text: str
    next: str
    place_in_line: int | None
    hold_reason: str
    hold_text: str
    gate_of: int | None
    can_confirm: bool


def by_receipt(*, receipt: str, badge: Badge | None = None) -> Found | None:
    """The request or the wish of this number. One query, which always asks both tables.

    With a ``badge`` it tells nothing once the key or its device has changed.
    """
    facts = {"receipt": receipt}
    row = ask(PROVEN, {**facts, **badge.facts}) if badge else ask(BY_RECEIPT, facts)
    return Found(*row) if row else None


def by_person(*, nik: str, birth_date: date, family_card: str) -> Found | None:
    """The latest request of the person of whom all three facts are true. One query until they are."""
    safe = vault()
    columns = [f"resident.{index_column(version)} = %s" for version in safe.index_keys]
    question = BY_PERSON.format(request=REQUEST, with_nik=" OR ".join(columns))
    row = ask(question, [*safe.indexes(nik), birth_date])
    who = Resident(pk=row[1], family_card_sealed=row[2]) if row else _nobody()
    is_true = who.is_of_family_card(family_card)  # also of nobody: opening a seal takes a time that tells
    if row is None or not row[0] or not is_true:
        return None
    # The place not sooner: counting takes a time that tells, too.
    return replace(Found(*row[3:]), place=place_of(request_id=row[4]))


@cache
def _nobody() -> Resident:
    """Somebody who is not there, with a family card number that takes as long to open."""
    nobody = Resident(pk=UUID(int=0))
    nobody.learn_family_card("0" * 16)
    return nobody


def standing(*, found: Found) -> Standing:
    """What to tell."""
    return _of_request(found) if found.is_request else _of_application(found)


def _of_request(found: Found) -> Standing:
    waits = found.state in LIVE_GATE and found.note != HoldReason.CARD_MISSING
    state, reason, next_step, hold = _words(get_language(), found.state, found.reason, found.note)
    return Standing(
        state=found.state,
        state_text=state,
        since=found.since,
        reason=found.reason,
        reason_text=reason,
        next=next_step,
        place_in_line=found.place,
        hold_reason=found.note,
        hold_text=hold,
        gate_of=found.office_id if waits else None,
        can_confirm=found.state in MAY_CONFIRM or found.note == HoldReason.NOT_CONFIRMED,
    )


@cache
def _words(language: str | None, state: str, reason: str, note: str) -> tuple[str, str, str, str]:
    """What the state, the reason, the next step and the hold are called in the language of now."""
    held = state == S.HELD
    next_step = NEXT_WHEN_HELD.get(note, STILL_HELD) if held else NEXT[state]
    hold = HoldReason(note).label if held else ""
    return str(S(state).label), str(CardReason(reason).label), str(next_step), str(hold)


def _of_application(found: Found) -> Standing:
    refused = found.state == ApplicationState.REFUSED
    text = Refusal(found.note).label if refused else NEXT_OF_APPLICATION[ApplicationState.RECEIVED]
    return Standing(
        state=found.state,
        state_text=str(ApplicationState(found.state).label),
        since=found.since,
        reason=found.reason,
        reason_text=str(CardReason(found.reason).label),
        next=str(text),
        place_in_line=None,
        hold_reason="",
        hold_text="",
        gate_of=None,
        can_confirm=False,
    )
