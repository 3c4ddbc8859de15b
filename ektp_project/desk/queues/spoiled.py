"""Which spoiled cards lie in the store until they are destroyed with minutes?

The books know how many there are; which ones they are, the attempts tell: the latest that many. They
are destroyed together, so nothing is taken in hands here.
"""

from __future__ import annotations

from dataclasses import dataclass

from printing.models import PrintAttempt
from printing.models.job import Outcome
from registry.models import Office
from registry.selectors.blanks import balances
from registry.states import Place

SHOWN = 200  # on the page; the minutes count them all


@dataclass(frozen=True, slots=True)
class Spoiled:
    """How many the books hold, and the latest of them by name."""

    count: int
    attempts: list[PrintAttempt]


def spoiled(*, office: Office) -> Spoiled:
    """Two queries."""
    count = balances(office=office)[Place.SPOILED]
    attempts = (
        PrintAttempt.objects.filter(outcome=Outcome.SPOILED, job__authorization__request__office=office)
        .select_related("printer", "job__authorization__request__resident")
        .order_by("-ended_at")
    )
    return Spoiled(count, list(attempts[: min(count, SHOWN)]))
