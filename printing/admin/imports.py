"""How does a clerk bring a list of people in: upload, look, confirm, and get the refused rows back?

Adding a list only looks at it. The page that follows says what would happen; its one button lets the
workers begin, and the page then counts along until they are done.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from printing.imports.columns import COLUMNS, INDONESIAN
from printing.models import ImportBatch, ImportRejection
from printing.models.imports import ImportState
from printing.services import imports
from printing.tasks import run_import
from registry.admin.base import OfficeAdmin, ReadOnlyAdmin
from registry.models import Office

SECONDS_BETWEEN_LOOKS = 2  # of a page that shows how far a list is
SHOWN = 200  # refusals on the page of a list; all of them are a click away
COUNTERS = ["rows", "rows_done", "accepted", "known", "exceptions", "rejected", "warnings"]


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
        (_("Hitungan"), {"fields": COUNTERS}),
        (_("Baris yang ditolak"), {"fields": ["refused_rows"]}),
    ]

    # --- Who may, and what is seen ------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ImportBatch | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: ImportBatch | None = None) -> Any:
        return self.fieldsets if obj else [(None, {"fields": ["file"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: ImportBatch | None = None) -> Any:
        return ["refused_rows"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: ImportBatch | None) -> Any:
        return self.inlines if obj else []

    @admin.display(description=_("untuk diperbaiki dan dikirim lagi"))
    def refused_rows(self, batch: ImportBatch) -> Any:
        if not batch.rejected:
            return "—"
        return format_html('<a href="{}">{}</a>', self._address("rejects", batch), _("Unduh CSV"))

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.get_object(request, args[0] if args else kwargs["object_id"])
        awaits = (
            batch is not None and batch.state == ImportState.PREVIEWED and self.has_add_permission(request)
        )
        context = {"confirm_address": self._address("confirm", batch) if awaits else ""}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **context}
        response = super().change_view(request, *args, **kwargs)
        if batch is not None and batch.state == ImportState.RUNNING:
            response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response

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
        try:
            imports.confirm(batch=batch, now=timezone.now())
        except imports.CannotImport as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            run_import.delay_on_commit(batch.pk)
        return HttpResponseRedirect(self._page(batch))

    def rejects(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """The refused rows, in the columns of the list itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(ImportBatch, pk=pk)
        rows = imports.rejected_rows_of(batch=batch)
        headers = {"Content-Disposition": f'attachment; filename="ditolak-{batch.pk}.csv"'}
        return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)

    def _page(self, batch: ImportBatch) -> str:
        return reverse(f"{self.admin_site.name}:printing_importbatch_change", args=[batch.pk])

    def _address(self, name: str, batch: ImportBatch) -> str:
        return reverse(f"{self.admin_site.name}:printing_importbatch_{name}", args=[batch.pk])


@admin.register(ImportRejection)
class RejectionPage(ReadOnlyAdmin):
    """Every refused or odd cell of every list."""

    list_display = ["batch", "line", "column", "message", "is_warning"]
    list_filter = ["is_warning", "rule"]
    search_fields = ["batch__file_name"]
    list_select_related = ["batch"]
