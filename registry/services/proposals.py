"""How is something proposed that one person alone may not do?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import Proposal
from registry.models.proposal import ProposalKind, ProposalState

WHY_LENGTH = 300  # Proposal.why


class CannotPropose(Exception):
    """The proposal lacks its reason."""


def propose(
    *,
    kind: ProposalKind,
    subject: str,
    details: Mapping[str, Any],
    why: str,
    proposer: User,
    now: datetime,
) -> tuple[Proposal, bool]:
    """The open proposal about ``subject``, and whether it is new. Raises CannotPropose."""
    if not why.strip():
        raise CannotPropose(_("Sebutkan alasannya."))
    with transaction.atomic():
        return Proposal.objects.get_or_create(
            kind=kind,
            subject=subject,
            state=ProposalState.OPEN,
            defaults={
                "details": dict(details),
                "why": why.strip()[:WHY_LENGTH],
                "proposer": proposer,
                "proposed_at": now,
            },
        )
