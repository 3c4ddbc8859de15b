"""When does an office that went back to a backup print again?

Cards that came out after the backup are forgotten here, and the centre knows them. So a person looks
first: the three books are compared since the restore, and somebody with a name says why all is well.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from printing.models import MatchRun
from registry.models import Office, Restoration
from registry.services.reasons import a_reason


class ReleaseRefused(Exception):
    """The office may not print yet; the text is an Indonesian sentence for a person."""


def was_compared(*, office: Office, restoration: Restoration) -> bool:
    """Whether the books were compared with the centre's since."""
    return MatchRun.objects.filter(office=office, centre_heard=True, at__gt=restoration.at).exists()


def release(*, restoration: Restoration, office: Office, why: str, actor: str, now: datetime) -> None:
    """Let the office print again. Raises ReleaseRefused, and ValidationError for the reason."""
    reason = a_reason(why)
    if not was_compared(office=office, restoration=restoration):
        raise ReleaseRefused(_("Cocokkan dulu buku kantor dengan pusat; pusat harus menjawab."))
    with transaction.atomic():
        # Whoever restored twice looked at the latest; what led to it is held by it.
        held = Restoration.objects.filter(pk__lte=restoration.pk, released_at=None)
        if not held.update(released_at=now, released_by=actor, why=reason):
            raise ReleaseRefused(_("Pencetakan sudah dilepas."))
