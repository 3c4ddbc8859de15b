"""Which recordings did the centre object to, who owns each, and what is the next step?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ektp_project.desk.queues.desk import Deed, Desk, Fact, Kind, Text, Words
from printing.services.inspection import NotNow
from registry.models import Office, Recording, Resident
from registry.models.event import Subject
from registry.services.visibility import resend
from registry.states import EXCEPTIONS, RecordingState

TO_DELETE = ("duplicate-record", "second-recording")  # what only the ministry can take away


def send_again(row: Recording, words: Words, *, actor: str, now: datetime) -> None:
    """Deliver the recording once more. Raises NotNow."""
    if row.state != RecordingState.EXCEPTION:
        raise NotNow(_("Perekaman ini sudah tidak bermasalah."))
    if not resend(recording=row, actor=actor, why=str(_("kirim ulang")), now=now):
        raise NotNow(_("Hanya perekaman utama yang dikirim ulang, dan hanya selama masih bermasalah."))


class Exceptions(Desk):
    """Every failure that the centre names."""

    slug = "masalah"
    title = _("Perlu tindakan")
    question = _("Perekaman mana yang ditolak pusat, siapa pemiliknya, dan apa langkah berikutnya?")
    subject = Subject.RECORDING
    right = "registry.view_recording"
    columns = (_("Masalah"), _("Langkah berikutnya"), _("Tenggat"), _("Dikirim"))
    bulk_deed = "resend"
    file_label = _("Daftar hapus untuk kementerian")
    deeds = (
        Deed(
            "kirim-ulang",
            _("Kirim ulang"),
            "registry.change_recording",
            send_again,
            fits=lambda row: row.is_primary,
        ),
    )

    def rows(self, *, office: Office) -> QuerySet[Recording]:
        found = Recording.objects.filter(office=office, state=RecordingState.EXCEPTION)
        return found.select_related("resident", "district")

    def kinds(self, *, office: Office) -> list[Kind]:
        counted = (
            Recording.objects.filter(office=office, state=RecordingState.EXCEPTION)
            .order_by()
            .values_list("exception_kind")
            .annotate(count=Count("*"))
        )
        most = sorted(counted, key=lambda pair: -pair[1])
        return [Kind(code, EXCEPTIONS[code].label if code in EXCEPTIONS else code, n) for code, n in most]

    def of_kind(self, rows: QuerySet[Recording], kind: str) -> QuerySet[Recording]:
        return rows.filter(exception_kind=kind)

    def resident(self, row: Recording) -> Resident:
        return row.resident

    def due(self, row: Recording) -> datetime | None:
        """Until when the next step should be done."""
        return row.state_since + timedelta(days=row.exception.days) if row.exception else None

    def is_late(self, row: Recording, *, now: datetime) -> bool:
        due = self.due(row)
        return due is not None and due < now

    def cells(self, row: Recording, *, now: datetime) -> Sequence[Text]:
        kind, due = row.exception, self.due(row)
        if kind is None:
            return (row.exception_kind, "", "", str(row.submissions))
        return (
            kind.label,
            f"{kind.owner}: {kind.next_step}",
            date_format(localtime(due), "j M Y") if due else "—",
            f"{row.submissions}×",
        )

    def facts(self, row: Recording, *, now: datetime) -> Sequence[Fact]:
        return (
            Fact(
                _("Direkam"), f"{date_format(localtime(row.recorded_at), 'j F Y H.i')}, {row.district.name}"
            ),
            Fact(_("Nomor perekaman"), str(row.pk)),
            Fact(_("Status pusat"), row.central_status or "—"),
            Fact(_("Keterangan pusat"), row.exception_detail or "—"),
            Fact(_("Perekaman utama"), _("ya") if row.is_primary else _("bukan")),
        )
