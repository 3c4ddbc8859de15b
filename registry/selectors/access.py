"""What did the office's people see of one resident?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from registry.models import AccessLog, Resident
from registry.spreadsheet import Cell, csv_lines

CHUNK = 2000  # rows held in memory while a file is written


def trail(*, resident: Resident) -> QuerySet[AccessLog]:
    """Every look at this resident's data, the latest first."""
    return AccessLog.objects.filter(resident=resident).order_by("-id")


def trail_csv(*, resident: Resident) -> Iterator[str]:
    """The trail as lines of CSV, the first look first, with the times of the office's clock."""
    return csv_lines(
        chain([[_("waktu"), _("oleh"), _("perbuatan"), _("halaman"), _("alasan")]], _rows(resident))
    )


def _rows(resident: Resident) -> Iterator[list[Cell]]:
    for row in trail(resident=resident).order_by("id").iterator(chunk_size=CHUNK):
        yield [row.at, row.actor, row.get_deed_display(), row.page, row.why]
