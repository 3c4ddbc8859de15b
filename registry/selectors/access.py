"""What did the office's people see of one resident?"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import AccessLog, Resident

CHUNK = 2000  # rows held in memory while a file is written


def trail(*, resident: Resident) -> QuerySet[AccessLog]:
    """Every look at this resident's data, the latest first."""
    return AccessLog.objects.filter(resident=resident).order_by("-id")


def trail_csv(*, resident: Resident) -> Iterator[str]:
    """The trail as lines of CSV, the first look first, with the times of the office's clock."""
    yield _line([_("waktu"), _("oleh"), _("perbuatan"), _("halaman"), _("alasan")], mark="\ufeff")
    for row in trail(resident=resident).order_by("id").iterator(chunk_size=CHUNK):
        at = timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S %z")
        yield _line([at, row.actor, row.get_deed_display(), row.page, row.why])


def _line(cells: list[str], *, mark: str = "") -> str:
    """``mark`` tells a spreadsheet that the file is UTF-8."""
    text = StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return mark + text.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
