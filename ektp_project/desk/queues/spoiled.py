"""Which spoiled cards lie in the store until they are destroyed with minutes?

The books know how many there are; which ones they are, the attempts tell: the latest that many. They
are destroyed together, so nothing is taken in hands here; two people agree to it on the page of proposals.
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.models import PrintAttempt
from printing.models.job import Outcome
from registry.models import Office, Proposal
from registry.models.proposal import ProposalKind, ProposalState
from registry.selectors.blanks import balances
from registry.states import Place

SHOWN = 200  # on the page; the minutes count them all


@dataclass(frozen=True, slots=True)
class Spoiled:
    """How many the books hold, the latest of them by name, and the destructions that are proposed."""

    count: int
    attempts: list[PrintAttempt]
    proposed: list[Proposal]


def spoiled(*, office: Office) -> Spoiled:
    """Three queries."""
    count = balances(office=office)[Place.SPOILED]
    attempts = (
        PrintAttempt.objects.filter(outcome=Outcome.SPOILED, job__authorization__request__office=office)
        .select_related("printer", "job__authorization__request__resident")
        .order_by("-ended_at")
    )
    proposed = Proposal.objects.filter(kind=ProposalKind.DESTROY, state=ProposalState.OPEN)
    return Spoiled(count, list(attempts[: min(count, SHOWN)]), list(proposed.select_related("proposer")))
