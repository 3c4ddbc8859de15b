"""How does somebody take a list along, as it is filtered and searched, to a spreadsheet?

The NIK stays masked. Who may open it, and says what for, gets it in a column of its own; each resident's
access trail says who took the row, in either case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django import forms
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Manager, Model
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from registry.models.access import Deed
from registry.services import access
from registry.spreadsheet import Cell, csv_lines, workbook

CHUNK = 1000  # rows read at once, and looks written down at once
# A workbook is built before its first byte is sent: some ten seconds for so many rows. CSV streams.
WORKBOOK_ROWS = 50_000
REVEAL = "registry.reveal_nik"
CSV, XLSX = "csv", "xlsx"


class ExportForm(forms.Form):
    """As what, and with or without the NIK."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(XLSX, "XLSX"), (CSV, "CSV")],
        widget=forms.RadioSelect,
        initial=XLSX,
    )
    with_nik = forms.BooleanField(label=_("Sertakan NIK lengkap"), required=False)
    why = forms.CharField(label=_("Untuk apa?"), max_length=access.WHY_LENGTH, required=False)

    def __init__(self, *args: Any, rows: int, may_reveal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        if not may_reveal:
            del self.fields["with_nik"], self.fields["why"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("format") == XLSX and self.rows > WORKBOOK_ROWS:
            self.add_error("format", _("Daftar sepanjang ini hanya tersedia sebagai CSV."))
        if cleaned.get("with_nik") and len(cleaned.get("why", "").strip()) < access.SHORTEST_REASON:
            self.add_error("why", _("Sebutkan untuk apa NIK diekspor."))
        return cleaned


class Exports:
    """Put before ModelAdmin: its list can be taken along by whoever may see it."""

    admin_site: Any
    opts: Any
    resident_path = ""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(never_cache(self.export))
        return [path("export/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_export"
        address = f"{reverse(name)}?{request.GET.urlencode()}"
        return super().changelist_view(request, {**(extra_context or {}), "export_address": address})  # type: ignore[misc,no-any-return]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for the format; then send the list as the filters and the search of the address have it."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        changes: ChangeList = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        form = ExportForm(
            request.POST or None,
            rows=changes.result_count,
            may_reveal=self._of_residents and request.user.has_perm(REVEAL),
        )
        if form.is_valid():
            return self._file(request, changes, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ekspor"),
            "opts": self.opts,
            "form": form,
            "rows": changes.result_count,
        }
        return TemplateResponse(request, "admin/export.html", context)

    @property
    def _of_residents(self) -> bool:
        return hasattr(self, "resident_of")

    def _file(self, request: HttpRequest, changes: ChangeList, form: ExportForm) -> HttpResponseBase:
        table = self._table(request, changes, form)
        name = f"{self.opts.model_name}-{timezone.localdate():%Y%m%d}"
        if form.cleaned_data["format"] == XLSX:
            book = workbook(table, title=str(self.opts.verbose_name_plural))
            return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingHttpResponse(
            csv_lines(table), content_type="text/csv; charset=utf-8", headers=headers
        )

    def _table(self, request: HttpRequest, changes: ChangeList, form: ExportForm) -> Iterator[Sequence[Cell]]:
        """The heading and every row; what a chunk shows of residents is written down before it is sent."""
        columns = [name for name in changes.list_display if name != "action_checkbox"]
        with_nik = bool(form.cleaned_data.get("with_nik"))
        heading = [str(label_for_field(name, self.opts.model, self)) for name in columns]  # type: ignore[arg-type]
        yield [*heading, "NIK"] if with_nik else heading
        queryset = changes.queryset
        if self._of_residents and self.resident_path:
            queryset = queryset.select_related(self.resident_path)
        rows = queryset.iterator(chunk_size=CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            self._record(request, chunk, why=form.cleaned_data.get("why", "") if with_nik else "")
            for row in chunk:
                cells = [self._cell(row, name) for name in columns]
                yield [*cells, self.resident_of(row).nik] if with_nik else cells  # type: ignore[attr-defined]

    def _record(self, request: HttpRequest, rows: Sequence[Model], *, why: str) -> None:
        if not self._of_residents:
            return
        access.record_access(
            residents={self.resident_of(row).pk for row in rows},  # type: ignore[attr-defined]
            deed=Deed.EXPORTED,
            page=str(self.opts.model_name),
            actor=request.user.get_username(),
            now=timezone.now(),
            why=why.strip(),
        )

    def _cell(self, row: Model, name: Any) -> Cell:
        """What the list shows there: the label of a choice, the words of a cell that has markup."""
        try:
            field, _attr, value = lookup_field(name, row, self)  # type: ignore[arg-type]
        except ObjectDoesNotExist:
            return None
        if field is not None and getattr(field, "flatchoices", None):
            return str(dict(field.flatchoices).get(value, value))
        return plain(value)


def plain(value: Any) -> Cell:
    """The value as a cell: numbers and times as they are, all else as the words that are read."""
    if isinstance(value, bool):
        return str(_("ya") if value else _("tidak"))
    if value is None or isinstance(value, Cell):  # type: ignore[arg-type, misc]
        return strip_tags(value) if isinstance(value, str) else value
    if isinstance(value, Manager):
        return ", ".join(str(one) for one in value.all())
    return strip_tags(str(value))
