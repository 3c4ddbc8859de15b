"""How does a clerk watch one deed being done to thousands of rows, stop it, and see what was skipped?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from printing.models import BulkJob
from printing.models.bulk import BulkState, RowOutcome
from printing.services import bulk
from printing.tasks import run_bulk
from registry.admin.base import ReadOnlyAdmin
from registry.models import Office
from registry.spreadsheet import csv_lines

AT_ONCE = 100  # rows that a clerk waits for; more go to a worker
LOOK_SECONDS = 2  # between two looks of an open page
SHOWN = 200  # skipped rows on the page; the file holds all of them


def begin(
    request: HttpRequest, *, deed: str, rows: QuerySet[Any], words: dict[str, str]
) -> HttpResponseRedirect:
    """Write the rows down, ring for a worker, and show how far it is. Raises PermissionDenied."""
    if not request.user.has_perm(bulk.DEEDS[deed].right):
        raise PermissionDenied
    job = bulk.begin(
        office=get_object_or_404(Office, code=settings.OFFICE_CODE),
        deed=deed,
        rows=rows,
        words=words,
        actor=request.user.get_username(),
        now=timezone.now(),
    )
    run_bulk.delay_on_commit(job.pk)
    return HttpResponseRedirect(reverse("admin:printing_bulkjob_change", args=[job.pk]))


def is_many(rows: QuerySet[Any]) -> bool:
    """Whether this is work for a worker; counts no further than it must."""
    return rows.order_by()[: AT_ONCE + 1].count() > AT_ONCE


@admin.register(BulkJob)
class BulkPage(ReadOnlyAdmin):
    """Bulk jobs, the latest first."""

    list_display = ["deed_word", "state", "total", "done", "skipped", "actor", "created_at", "finished_at"]
    list_filter = ["state", "deed"]

    @admin.display(description=gettext_lazy("tindakan"), ordering="deed")
    def deed_word(self, job: BulkJob) -> str:
        return _word(job)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/berjalan/", view(require_GET(self.progress)), name="printing_bulkjob_progress"),
            path("<int:pk>/henti/", view(require_POST(self.stop)), name="printing_bulkjob_stop"),
            path("<int:pk>/dilewati/", view(require_GET(self.skipped)), name="printing_bulkjob_skipped"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one job, instead of a form that nobody may fill in."""
        if request.method != "GET":
            raise PermissionDenied
        job = self._job(request, int(object_id) if object_id.isdecimal() else 0)
        context = {
            **self.admin_site.each_context(request),
            **_context(job),
            "title": f"{_('Pekerjaan massal')} {job.pk}: {_word(job)}",
            "refresh_seconds": LOOK_SECONDS,
            "may_stop": request.user.has_perm(bulk.DEEDS[job.deed].right),
            "rows": list(job.rows.filter(outcome=RowOutcome.SKIPPED)[:SHOWN]),
            "most": SHOWN,
        }
        return TemplateResponse(request, "admin/printing/bulkjob/page.html", context)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The bar again, for the open page."""
        job = self._job(request, pk)
        answer = render(request, "admin/printing/bulkjob/progress.html", _context(job))
        if job.state != BulkState.RUNNING:
            answer["X-Fresh"] = "done"
        answer["Cache-Control"] = "no-store"
        return answer

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave the rows alone whose turn has not come."""
        job = self._job(request, pk)
        if not request.user.has_perm(bulk.DEEDS[job.deed].right):
            raise PermissionDenied
        if not bulk.stop(job=job, actor=request.user.get_username(), now=timezone.now()):
            self.message_user(request, _("Pekerjaan ini sudah berakhir."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:printing_bulkjob_change", args=[pk]))

    def skipped(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Every skipped row and why, as a file."""
        job = self._job(request, pk)
        headers = {"Content-Disposition": f'attachment; filename="dilewati-{pk}.csv"'}
        return StreamingHttpResponse(_lines(job), content_type="text/csv; charset=utf-8", headers=headers)

    def _job(self, request: HttpRequest, pk: int) -> BulkJob:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(BulkJob, pk=pk)


def _word(job: BulkJob) -> str:
    return str(bulk.DEEDS[job.deed].label) if job.deed in bulk.DEEDS else job.deed


def _context(job: BulkJob) -> dict[str, Any]:
    dealt = job.done + job.skipped
    return {
        "job": job,
        "deed": _word(job),
        "dealt": dealt,
        "share": round(100 * dealt / job.total) if job.total else 100,
        "is_running": job.state == BulkState.RUNNING,
    }


def _lines(job: BulkJob) -> Iterator[str]:
    skipped = job.rows.filter(outcome=RowOutcome.SKIPPED).values_list("label", "why")
    return csv_lines(chain([(_("Baris"), _("Alasan"))], skipped.iterator()))
