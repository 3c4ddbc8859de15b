"""When does an office that went back to a backup print again?

Cards that came out after the backup are forgotten here, and the centre knows them. So a person looks
first: the three books are compared since the restore, and somebody with a name says why all is well.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from printing.models import MatchRun
from registry.models import Office, Restoration

LONGEST_REASON = 200  # characters: Restoration.why


class ReleaseRefused(Exception):
    """The office may not print yet; the text is an Indonesian sentence for a person."""


def was_compared(*, office: Office, restoration: Restoration) -> bool:
    """Whether the books were compared with the centre's since."""
    return MatchRun.objects.filter(office=office, centre_heard=True, at__gt=restoration.at).exists()


def release(*, restoration: Restoration, office: Office, why: str, actor: str, now: datetime) -> None:
    """Let the office print again. Raises ReleaseRefused, and ValidationError for the reason."""
    reason = _reason(why)
    if not was_compared(office=office, restoration=restoration):
        raise ReleaseRefused(_("Cocokkan dulu buku kantor dengan pusat; pusat harus menjawab."))
    with transaction.atomic():
        # Whoever restored twice looked at the latest; what led to it is held by it.
        held = Restoration.objects.filter(pk__lte=restoration.pk, released_at=None)
        if not held.update(released_at=now, released_by=actor, why=reason):
            raise ReleaseRefused(_("Pencetakan sudah dilepas."))


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if not reason:
        raise ValidationError({"why": _("tidak boleh kosong.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"why": _("paling banyak %(most)d huruf.") % {"most": LONGEST_REASON}})
    return reason
