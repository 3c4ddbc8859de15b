"""Which cards lie ready, which were put away because nobody came, and who takes one?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ektp_project.desk.queues.desk import Deed, Desk, Fact, Kind, Text, Words
from printing.models import CardRequest
from printing.models.handover import MatchResult
from printing.selectors.day import AGES, uncollected
from printing.services import handovers
from printing.states import RequestState
from registry.models import Office, Resident
from registry.models.event import Subject

GIVE = "printing.hand_over_cardrequest"
PUT_AWAY_AFTER = timedelta(days=90)  # a card that nobody fetched for so long makes room


class HandOverForm(forms.Form):
    """Who stands there, and does the finger match?"""

    collector = forms.CharField(label=_("Penerima"), max_length=100)
    # Nothing is chosen beforehand: a match is seen, not assumed.
    match = forms.ChoiceField(label=_("Pencocokan 1:1"), choices=[("", "—"), *MatchResult.choices])


def give(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """The card is with its owner. Raises CannotHandOver."""
    handovers.hand_over(
        request=row,
        collector=words["collector"],
        match=MatchResult(words["match"]),
        actor=actor,
        now=now,
    )


def put_away(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """Nobody came. Raises CannotHandOver."""
    handovers.put_away(request=row, actor=actor, now=now)


def bring_back(row: CardRequest, words: Words, *, actor: str, now: datetime) -> None:
    """It lies at the counter again. Raises CannotHandOver."""
    handovers.bring_back(request=row, actor=actor, now=now)


HAND_OVER = Deed("serahkan", _("Serahkan"), GIVE, give, form=HandOverForm)


class Cards(Desk):
    """Cards that are made and have no owner yet, by how long they have been lying there."""

    subject = Subject.REQUEST
    right = "printing.view_cardrequest"
    columns = (_("Nomor resi"), _("Alasan permohonan"), _("Kecamatan"))
    state: RequestState

    def rows(self, *, office: Office) -> QuerySet[CardRequest]:
        found = CardRequest.objects.filter(office=office, state=self.state)
        return found.select_related("resident__district")

    def kinds(self, *, office: Office) -> list[Kind]:
        cards = CardRequest.objects.filter(office=office, state=self.state).count()
        older, kinds = cards, []
        for age in uncollected(office=office, state=self.state, cards=cards, now=timezone.now()):
            if age.days is not None:
                older -= age.cards
                label = ngettext("lebih dari %d hari", "lebih dari %d hari", age.days) % age.days
                kinds.append(Kind(str(age.days), label, older))
        return kinds

    def of_kind(self, rows: QuerySet[CardRequest], kind: str) -> QuerySet[CardRequest]:
        if not kind.isdecimal() or int(kind) not in AGES:
            return rows.none()
        return rows.filter(state_since__lte=timezone.now() - timedelta(days=int(kind)))

    def resident(self, row: CardRequest) -> Resident:
        return row.resident

    def cells(self, row: CardRequest, *, now: datetime) -> Sequence[Text]:
        return (row.receipt, row.get_reason_display(), row.resident.district.name)

    def facts(self, row: CardRequest, *, now: datetime) -> Sequence[Fact]:
        return (
            Fact(_("Lahir"), f"{row.resident.birth_place}, {date_format(row.resident.birth_date, 'j F Y')}"),
            Fact(_("Alamat"), f"{row.resident.address}, {row.resident.village}"),
            Fact(_("Diterima"), date_format(localtime(row.created_at), "j F Y H.i")),
        )


class Pickup(Cards):
    """Ready at the counter."""

    slug = "siap-diambil"
    title = _("Siap diambil")
    question = _("Kartu siapa yang menunggu di loket?")
    state = RequestState.READY_FOR_PICKUP
    deeds = (
        HAND_OVER,
        Deed(
            "simpan",
            _("Simpan: tidak diambil"),
            GIVE,
            put_away,
            fits=lambda row: row.state_since <= timezone.now() - PUT_AWAY_AFTER,
        ),
    )

    def is_late(self, row: CardRequest, *, now: datetime) -> bool:
        return row.state_since <= now - PUT_AWAY_AFTER


class Unclaimed(Cards):
    """Put away."""

    slug = "tidak-diambil"
    title = _("Tidak diambil")
    question = _("Kartu siapa yang disimpan karena tidak ada yang datang?")
    state = RequestState.UNCLAIMED
    deeds = (HAND_OVER, Deed("kembalikan", _("Kembalikan ke loket"), GIVE, bring_back))
