"""What did the office's people see of one resident?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.apps import apps
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.models import AccessLog, Resident
from registry.spreadsheet import Cell, csv_lines

CHUNK = 2000  # rows held in memory while a file is written
# Pages that are no model's own, as a resident can understand them; the row keeps the short word.
PAGES = {
    "story": gettext_lazy("riwayat penduduk"),
    "search": gettext_lazy("pencarian"),
    "receipt": gettext_lazy("tanda terima"),
    "box": gettext_lazy("daftar isi kotak"),
    "deletion list": gettext_lazy("daftar hapus untuk kementerian"),
}
DESK = "desk "  # and which one


def trail(*, resident: Resident) -> QuerySet[AccessLog]:
    """Every look at this resident's data, the latest first."""
    return AccessLog.objects.filter(resident=resident).order_by("-id")


def page_name(page: str) -> str:
    """What a page is called by people; a word that nobody knows any more stays as it was written."""
    if page in PAGES:
        return str(PAGES[page])
    if page.startswith(DESK):
        return _("meja kerja: %(desk)s") % {"desk": page.removeprefix(DESK).replace("-", " ")}
    return next(
        (str(model._meta.verbose_name) for model in apps.get_models() if model._meta.model_name == page), page
    )


def trail_csv(*, resident: Resident) -> Iterator[str]:
    """The trail as lines of CSV, the first look first, with the times of the office's clock."""
    return csv_lines(
        chain([[_("waktu"), _("oleh"), _("perbuatan"), _("halaman"), _("alasan")]], _rows(resident))
    )


def _rows(resident: Resident) -> Iterator[list[Cell]]:
    for row in trail(resident=resident).order_by("id").iterator(chunk_size=CHUNK):
        yield [row.at, row.actor, row.get_deed_display(), page_name(row.page), row.why]
