"""Is the card in the tray? The one question about a job that was sent and of which nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from ektp_project.desk.queues.desk import Deed, Desk, Fact, Kind, Text, Words
from printing.models import PrintAttempt, PrintJob
from printing.services.inspection import Seen, resolve_doubt
from printing.states import JobState
from registry.models import Office, Resident
from registry.models.event import Subject

DECIDE = "printing.change_printjob"


def answer(row: PrintJob, words: Words, *, seen: Seen, actor: str, now: datetime) -> None:
    """Write down what lies in the tray. Raises NotNow."""
    resolve_doubt(job=row, seen=seen, actor=actor, why=str(seen.label), now=now)


class Doubts(Desk):
    """Jobs in doubt."""

    slug = "diragukan"
    title = _("Diragukan")
    question = _("Kartunya ada di baki printer?")
    subject = Subject.JOB
    right = "printing.view_printjob"
    columns = (_("Printer"), _("Dikirim"), _("Blanko"))
    deeds = (
        Deed("ada", _("Ada dan baik"), DECIDE, partial(answer, seen=Seen.CARD)),
        Deed("rusak", _("Ada, tetapi rusak"), DECIDE, partial(answer, seen=Seen.SPOILED)),
        Deed("utuh", _("Tidak ada, blanko utuh"), DECIDE, partial(answer, seen=Seen.BLANK), is_rare=True),
        Deed("hilang", _("Tidak ada apa-apa"), DECIDE, partial(answer, seen=Seen.NOTHING), is_rare=True),
    )

    def rows(self, *, office: Office) -> QuerySet[PrintJob]:
        found = PrintJob.objects.filter(state=JobState.IN_DOUBT, authorization__request__office=office)
        return found.select_related("printer", "authorization__request__resident").prefetch_related("tries")

    def kinds(self, *, office: Office) -> list[Kind]:
        counted = (
            PrintJob.objects.filter(state=JobState.IN_DOUBT, authorization__request__office=office)
            .order_by()
            .values_list("printer", "printer__name")
            .annotate(count=Count("*"))
        )
        return [
            Kind(str(pk), name or "—", count) for pk, name, count in sorted(counted, key=lambda row: -row[2])
        ]

    def of_kind(self, rows: QuerySet[PrintJob], kind: str) -> QuerySet[PrintJob]:
        return rows.filter(printer=int(kind)) if kind.isdecimal() else rows.none()

    def resident(self, row: PrintJob) -> Resident:
        return row.authorization.request.resident

    def cells(self, row: PrintJob, *, now: datetime) -> Sequence[Text]:
        attempt = _last(row)
        sent = date_format(localtime(attempt.sent_at), "j M H.i.s") if attempt else "—"
        return (str(row.printer or "—"), sent, attempt.blank if attempt else "—")

    def facts(self, row: PrintJob, *, now: datetime) -> Sequence[Fact]:
        attempt = _last(row)
        return (
            Fact(_("Nomor resi"), row.authorization.request.receipt),
            Fact(_("Percobaan ke"), str(row.attempts)),
            Fact(_("Nama di printer"), attempt.name if attempt else "—"),
            Fact(_("Kata printer"), (row.printer and row.printer.condition) or "—"),
        )


def _last(job: PrintJob) -> PrintAttempt | None:
    return next((one for one in job.tries.all() if one.n == job.attempts), None)
