"""How does a clerk bring a list of people in: upload, look, confirm, and get the refused rows back?

Adding a list only looks at it. The page that follows says what would happen; its one button lets the
workers begin, and the page then counts along until they are done.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from printing.imports.columns import COLUMNS, INDONESIAN
from printing.models import ImportBatch, ImportRejection
from printing.models.imports import ImportState, OnSecond
from printing.selectors.preview import preview
from printing.services import imports
from printing.tasks import run_import
from registry.admin.base import OfficeAdmin, ReadOnlyAdmin
from registry.models import Office

SECONDS_BETWEEN_LOOKS = 2  # of a page that shows how far a list is
SHOWN = 200  # refusals on the page of a list; all of them are a click away
COUNTERS = ["rows", "rows_done", "accepted", "known", "exceptions", "skipped", "rejected", "warnings"]
STEPS = (
    ({ImportState.PREVIEWED}, _("Periksa")),
    ({ImportState.RUNNING}, _("Berjalan")),
    ({ImportState.DONE, ImportState.FAILED}, _("Hasil")),
)


class ConfirmForm(forms.ModelForm):  # type: ignore[type-arg]
    """What becomes of those whom the office has already."""

    class Meta:
        model = ImportBatch
        fields = ["on_second"]
        labels = {"on_second": _("Perekaman lain dari penduduk yang sudah ada")}
        widgets = {"on_second": forms.RadioSelect}


class ListUpload(forms.ModelForm):  # type: ignore[type-arg]
    """One file. What it holds is looked at here, and stored by the page's own save."""

    file = forms.FileField(
        label=_("Berkas CSV atau XLSX"),
        help_text=_("Judul kolom: %(names)s. Kolom alasan boleh tidak ada (kartu baru).")
        % {"names": ", ".join(INDONESIAN[column][0] for column in COLUMNS)},
    )

    class Meta:
        model = ImportBatch
        fields = ["file"]

    def clean_file(self) -> UploadedFile:
        """Look at the whole list. What cannot be read is said in one sentence."""
        file: UploadedFile = self.cleaned_data["file"]
        self.office = Office.objects.filter(code=settings.OFFICE_CODE).first()
        if self.office is None:
            raise forms.ValidationError(_("Kantor ini belum terdaftar."))
        try:
            self.found = imports.look(file=file.file, office=self.office, now=timezone.now())
        except imports.Unreadable as error:
            raise forms.ValidationError(str(error), code=error.rule) from error
        return file


class RejectionInline(admin.TabularInline):  # type: ignore[type-arg]
    """The first refusals and warnings of a list."""

    model = ImportRejection
    fields = readonly_fields = ["line", "column", "message", "is_warning"]
    extra = max_num = 0
    can_delete = False
    verbose_name_plural = _("sel yang ditolak atau janggal (yang pertama)")

    def has_view_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return request.user.has_perm("printing.view_importbatch")

    def get_formset(self, request: HttpRequest, obj: ImportBatch | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)

        class First(formset):  # type: ignore[misc, valid-type]
            def get_queryset(self) -> Any:
                return super().get_queryset()[:SHOWN]

        return First


@admin.register(ImportBatch)
class ImportPage(OfficeAdmin):
    """Lists that were brought in, and the way to bring in another."""

    form = ListUpload
    change_form_template = "admin/printing/importbatch/change_form.html"
    list_display = ["file_name", "state", "created_at", "actor", *COUNTERS]
    list_filter = ["state"]
    search_fields = ["file_name"]
    inlines = [RejectionInline]
    fieldsets = [
        (None, {"fields": ["file_name", "state", "failure", "created_at", "finished_at", "actor"]}),
    ]

    # --- Who may, and what is seen ------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: ImportBatch | None = None) -> Any:
        return self.fieldsets if obj else [(None, {"fields": ["file"]})]

    def get_inlines(self, request: HttpRequest, obj: ImportBatch | None) -> Any:
        return self.inlines if obj else []

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        steps = _steps(None)
        return super().add_view(request, form_url, {**(extra_context or {}), "steps": steps})

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Where the list stands: what it holds, how far it is, what came of it."""
        batch = self.get_object(request, args[0] if args else kwargs["object_id"])
        kwargs["extra_context"] = {
            **(kwargs.get("extra_context") or {}),
            **(self._wizard(request, batch) if batch else {}),
        }
        response = super().change_view(request, *args, **kwargs)
        if batch is not None and batch.state == ImportState.RUNNING:
            response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response

    def _wizard(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        may_import = self.has_add_permission(request)
        previewed = may_import and batch.state == ImportState.PREVIEWED
        return {
            "steps": _steps(batch),
            "batch": batch,
            "preview": preview(batch=batch) if previewed else None,
            "confirm_form": ConfirmForm(instance=batch) if previewed else None,
            "confirm_address": self._address("confirm", batch) if previewed else "",
            "rejects_address": self._address("rejects", batch)
            if may_import and batch.rejected and batch.file
            else "",
        }

    # --- What is done -------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: ImportBatch, form: ListUpload, change: bool) -> None:
        file: UploadedFile = form.cleaned_data["file"]
        kept = imports.keep(
            file=file.file,
            file_name=file.name or "",
            found=form.found,
            office=form.office,
            actor=request.user.get_username(),
            now=timezone.now(),
        )
        obj.__dict__.update(kept.__dict__)

    def response_add(
        self, request: HttpRequest, obj: ImportBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        self.message_user(
            request,
            _("Daftar sudah dibaca dan belum diimpor. Periksa hitungannya, lalu tekan Impor."),
            messages.INFO,
        )
        return HttpResponseRedirect(self._page(obj))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/confirm/", view(require_POST(self.confirm)), name="printing_importbatch_confirm"),
            path("<int:pk>/rejects/", view(require_GET(self.rejects)), name="printing_importbatch_rejects"),
            *super().get_urls(),
        ]

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the workers begin."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(ImportBatch, pk=pk)
        chosen = ConfirmForm(request.POST or {"on_second": batch.on_second})
        if not chosen.is_valid():
            raise BadRequest
        try:
            imports.confirm(
                batch=batch, now=timezone.now(), on_second=OnSecond(chosen.cleaned_data["on_second"])
            )
        except imports.CannotImport as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            run_import.delay_on_commit(batch.pk)
        return HttpResponseRedirect(self._page(batch))

    def rejects(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The refused rows, in the columns of the list itself. They hold NIKs: for those who may import."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(ImportBatch.objects.exclude(file=""), pk=pk)
        if request.GET.get("format") == "xlsx":
            book = imports.rejected_workbook_of(batch=batch)
            return FileResponse(book, as_attachment=True, filename=f"ditolak-{batch.pk}.xlsx")
        rows = imports.rejected_rows_of(batch=batch)
        headers = {"Content-Disposition": f'attachment; filename="ditolak-{batch.pk}.csv"'}
        return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)

    def _page(self, batch: ImportBatch) -> str:
        return reverse(f"{self.admin_site.name}:printing_importbatch_change", args=[batch.pk])

    def _address(self, name: str, batch: ImportBatch) -> str:
        return reverse(f"{self.admin_site.name}:printing_importbatch_{name}", args=[batch.pk])


def _steps(batch: ImportBatch | None) -> list[tuple[str, str]]:
    """The wizard's steps, each with whether it is done, current or to come."""
    stages = [(set(), _("Unggah")), *STEPS]
    now = 0 if batch is None else next(n for n, (states, _n) in enumerate(stages) if batch.state in states)
    return [
        (str(name), "done" if n < now else "current" if n == now else "")
        for n, (_s, name) in enumerate(stages)
    ]


@admin.register(ImportRejection)
class RejectionPage(ReadOnlyAdmin):
    """Every refused or odd cell of every list."""

    list_display = ["batch", "line", "column", "message", "is_warning"]
    list_filter = ["is_warning", "rule"]
    search_fields = ["batch__file_name"]
    list_select_related = ["batch"]
