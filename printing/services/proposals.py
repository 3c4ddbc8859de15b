"""What happens when a second person agrees?

The deed and the decision are one transaction: neither stands without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from printing.models import CardRequest
from printing.services import requests
from printing.services.inspection import NotNow
from registry.models import BlankBalance, Office, Proposal
from registry.models.proposal import ProposalKind, ProposalState
from registry.services import blanks
from registry.states import Place

NOTE_LENGTH = 300  # Proposal.note
ACTOR_LENGTH = 150  # the columns that say who did it

Deed = Callable[[Proposal, str, datetime], object]


def decide(*, proposal: Proposal, approve: bool, decider: User, note: str, now: datetime) -> Proposal:
    """Do what was proposed, or refuse it. Raises NotNow, or what the deed itself raises (LedgerRefusal)."""
    with transaction.atomic():
        proposal = _open(proposal)
        if proposal.proposer_id == decider.pk:
            raise NotNow(_("Usulan sendiri diputuskan oleh orang lain."))
        if not approve and not note.strip():
            raise NotNow(_("Sebutkan alasan menolak."))
        if approve:
            both = f"{proposal.proposer.get_username()}, {decider.get_username()}"[:ACTOR_LENGTH]
            DEEDS[ProposalKind(proposal.kind)](proposal, both, now)
        end = ProposalState.APPROVED if approve else ProposalState.REFUSED
        return _end(proposal, end, decider, note, now)


def withdraw(*, proposal: Proposal, proposer: User, now: datetime) -> Proposal:
    """Take one's own proposal back. Raises NotNow."""
    with transaction.atomic():
        proposal = _open(proposal)
        if proposal.proposer_id != proposer.pk:
            raise NotNow(_("Hanya pengusul yang dapat menarik usulannya."))
        return _end(proposal, ProposalState.WITHDRAWN, proposer, "", now)


def _open(proposal: Proposal) -> Proposal:
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("proposer").get(pk=proposal.pk)
    if locked.state != ProposalState.OPEN:
        raise NotNow(_("Usulan ini sudah “%s”.") % locked.get_state_display())
    return locked


def _end(proposal: Proposal, state: ProposalState, decider: User, note: str, now: datetime) -> Proposal:
    proposal.state, proposal.decider = state, decider
    proposal.decided_at, proposal.note = now, note.strip()[:NOTE_LENGTH]
    proposal.save(update_fields=["state", "decider", "decided_at", "note"])
    return proposal


# --- The deeds ----------------------------------------------------------------------------------


def _move(proposal: Proposal, actor: str, now: datetime) -> object:
    asked = proposal.details
    return blanks.move(
        office=Office.objects.get(pk=asked["office"]),
        quantity=asked["quantity"],
        source=Place(asked["source"]),
        target=Place(asked["target"]),
        reference=f"hand:{proposal.subject}",
        why=proposal.why,
        now=now,
        actor=actor,
    )


def _count(proposal: Proposal, actor: str, now: datetime) -> object:
    """Book the difference that was found: the store has moved on since it was counted."""
    asked = proposal.details
    store = BlankBalance.objects.select_for_update().get(office=asked["office"], place=Place.STORE)
    return blanks.count_stock(
        office=Office.objects.get(pk=asked["office"]),
        counted=max(0, store.quantity + asked["counted"] - asked["booked"]),
        note=proposal.why,
        now=now,
        actor=actor,
        reference=proposal.subject,
    )


def _destroy(proposal: Proposal, actor: str, now: datetime) -> object:
    asked = proposal.details
    return blanks.destroy(
        office=Office.objects.get(pk=asked["office"]),
        quantity=asked["quantity"],
        minutes=proposal.subject,
        witnesses=asked["witnesses"],
        now=now,
        actor=actor,
    )


def _jump(proposal: Proposal, actor: str, now: datetime) -> object:
    request = CardRequest.objects.get(receipt=proposal.subject)
    return requests.prioritise(request=request, reason=proposal.why, actor=actor, now=now)


DEEDS: Mapping[ProposalKind, Deed] = {
    ProposalKind.MOVE: _move,
    ProposalKind.COUNT: _count,
    ProposalKind.DESTROY: _destroy,
    ProposalKind.JUMP: _jump,
}
