"""Which recordings shall the ministry delete, as the list that is sent to it?

The NIK stands in clear only for whoever may open it; either way each person's trail says that the data
went out.
"""

from __future__ import annotations

import csv
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ektp_project.desk.queues.exceptions import TO_DELETE
from registry.admin.reads import record_access
from registry.models import Office, Recording
from registry.models.access import Deed
from registry.states import EXCEPTIONS, RecordingState

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


def deletion_list(request: HttpRequest, *, office: Office, now: datetime) -> HttpResponse:
    """A CSV that spreadsheets open as it is, oldest problem first."""
    rows = list(
        Recording.objects.filter(office=office, state=RecordingState.EXCEPTION, exception_kind__in=TO_DELETE)
        .select_related("resident", "district")
        .order_by("state_since", "pk")
    )
    day = localtime(now).date()
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="daftar-hapus-{day}.csv"'
    answer.write("\ufeff")
    writer = csv.writer(answer, delimiter=";")
    writer.writerow(
        [
            _("No."),
            "NIK",
            _("Nama"),
            _("Tanggal lahir"),
            _("Nomor perekaman"),
            _("Direkam"),
            _("Kecamatan"),
            _("Status pusat"),
            _("Masalah"),
        ]
    )
    opens = request.user.has_perm("registry.reveal_nik")
    for n, row in enumerate(rows, start=1):
        person = row.resident
        cells = [
            n,
            person.nik if opens else person.masked_nik,
            person.name,
            f"{person.birth_date:%d-%m-%Y}",
            row.pk,
            f"{localtime(row.recorded_at):%d-%m-%Y}",
            row.district.name,
            row.central_status,
            EXCEPTIONS[row.exception_kind].label,
        ]
        writer.writerow([_harmless(str(cell)) for cell in cells])
    record_access(
        request,
        residents={row.resident_id for row in rows},
        deed=Deed.EXPORTED,
        page="deletion list",
        why=_("daftar hapus untuk kementerian"),
    )
    return answer


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell
