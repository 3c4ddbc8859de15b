"""Which recordings shall the ministry delete, as the list that is sent to it?

The NIK stands in clear only for whoever may open it; either way each person's trail says that the data
went out.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ektp_project.desk.queues.exceptions import TO_DELETE
from registry.admin.reads import record_access
from registry.models import Office, Recording
from registry.models.access import Deed
from registry.spreadsheet import Cell, csv_lines
from registry.states import EXCEPTIONS, RecordingState

HEADING = (
    _("No."),
    "NIK",
    _("Nama"),
    _("Tanggal lahir"),
    _("Nomor perekaman"),
    _("Direkam"),
    _("Kecamatan"),
    _("Status pusat"),
    _("Masalah"),
)


def deletion_list(request: HttpRequest, *, office: Office, now: datetime) -> HttpResponse:
    """A CSV that spreadsheets open as it is, oldest problem first."""
    rows = list(
        Recording.objects.filter(office=office, state=RecordingState.EXCEPTION, exception_kind__in=TO_DELETE)
        .select_related("resident", "district")
        .order_by("state_since", "pk")
    )
    opens = request.user.has_perm("registry.reveal_nik")
    lines = csv_lines(
        [
            [str(word) for word in HEADING],
            *(_cells(n, row, opens=opens) for n, row in enumerate(rows, start=1)),
        ]
    )
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    name = f"daftar-hapus-{localtime(now).date()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    record_access(
        request,
        residents={row.resident_id for row in rows},
        deed=Deed.EXPORTED,
        page="deletion list",
        why=str(_("daftar hapus untuk kementerian")),
    )
    return answer


def _cells(n: int, row: Recording, *, opens: bool) -> list[Cell]:
    person = row.resident
    return [
        n,
        person.nik if opens else person.masked_nik,
        person.name,
        person.birth_date,
        str(row.pk),
        row.recorded_at,
        row.district.name,
        row.central_status,
        str(EXCEPTIONS[row.exception_kind].label),
    ]
