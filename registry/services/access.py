"""How is a look at a person's data written down, and told to that person?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from registry.models import AccessLog, Resident
from registry.models.access import Deed

WHY_LENGTH = 300  # characters that AccessLog.why keeps
SHORTEST_REASON = 5  # characters; "x" is no reason


class NoReason(Exception):
    """A NIK is not shown to somebody who does not say what for."""


def record_access(
    *, residents: Iterable[UUID], deed: Deed, page: str, actor: str, now: datetime, why: str = ""
) -> None:
    """Write down that ``actor`` saw these residents' data. ``page``: where, in a word, never an address."""
    AccessLog.objects.bulk_create(
        AccessLog(at=now, actor=actor, resident_id=key, deed=deed, page=page, why=why[:WHY_LENGTH])
        for key in residents
    )


def reveal_nik(*, resident: Resident, why: str, page: str, actor: str, now: datetime) -> str:
    """The NIK in clear, after the reason is written down. Raises NoReason."""
    if len(why.strip()) < SHORTEST_REASON:
        raise NoReason(_("Sebutkan untuk apa NIK ini dibuka."))
    record_access(
        residents=[resident.pk], deed=Deed.REVEALED, page=page, actor=actor, now=now, why=why.strip()
    )
    return resident.nik
