"""How does an auditor read who looked at whom, and how does a resident get that list?

The page of one resident's trail belongs to the resident's address; it is here because it answers the
same question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registry.admin.base import ReadOnlyAdmin
from registry.admin.reads import record_access
from registry.models import AccessLog, Resident
from registry.models.access import Deed
from registry.selectors.access import page_name, trail, trail_csv
from registry.services import access

SHOWN = 200  # rows on the page of one resident's trail; the file holds all of them


@admin.register(AccessLog)
class AccessLogPage(ReadOnlyAdmin):
    """Every look of everybody; nobody can change it."""

    list_display = ["at", "actor", "deed", "resident", "on_page", "why"]
    list_filter = ["deed", "page"]
    search_fields = ["actor__exact"]
    search_help_text = _("Nama pengguna (persis).")
    date_hierarchy = "at"
    list_select_related = ["resident"]

    @admin.display(description=_("halaman"), ordering="page")
    def on_page(self, row: AccessLog) -> str:
        return page_name(row.page)


class ReasonForm(forms.Form):
    """For what a NIK is opened."""

    why = forms.CharField(label=_("Untuk apa NIK ini dibuka?"), max_length=access.WHY_LENGTH)


class OpensNik:
    """Put before the page of a resident: the two pages that a mask needs beside it."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        once, look, post = require_http_methods(["GET", "POST"]), require_GET, require_POST
        return [
            path("<uuid:pk>/nik/", view(once(never_cache(self.nik))), name="registry_resident_nik"),
            path("<uuid:pk>/access/", view(look(self.access)), name="registry_resident_access"),
            path("<uuid:pk>/access/csv/", view(post(self.access_csv)), name="registry_resident_access_csv"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    @admin.display(description="NIK")
    def nik_and_way(self, resident: Resident) -> str:
        """The masked NIK and the way to open it."""
        return format_html(
            '<span class="nik">{}</span> <a href="{}">{}</a>',
            resident.masked_nik,
            self._address("nik", resident),
            _("Buka NIK"),
        )

    @admin.display(description=_("jejak akses"))
    def trail(self, resident: Resident) -> str:
        """The way to the list of those who looked at this page."""
        return format_html(
            '<a href="{}">{}</a>', self._address("access", resident), _("Siapa yang melihat data ini")
        )

    def nik(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Asks for a reason; shows the NIK once it is written down."""
        if not request.user.has_perm("registry.reveal_nik"):
            raise PermissionDenied
        resident, shown = get_object_or_404(Resident, pk=pk), ""
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                shown = access.reveal_nik(
                    resident=resident,
                    why=form.cleaned_data["why"],
                    page="resident",
                    actor=request.user.get_username(),
                    now=timezone.now(),
                )
            except access.NoReason as error:
                form.add_error("why", str(error))
        context = {**self._frame(request, resident, gettext("Buka NIK")), "form": form, "nik": shown}
        return TemplateResponse(request, "admin/registry/resident/nik.html", context)

    def access(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Who looked at this resident's data."""
        if not request.user.has_perm("registry.view_accesslog"):
            raise PermissionDenied
        resident = get_object_or_404(Resident, pk=pk)
        context = {
            **self._frame(request, resident, gettext("Jejak akses")),
            "rows": [(row, page_name(row.page)) for row in trail(resident=resident)[:SHOWN]],
            "may_export": request.user.has_perm("registry.export_accesslog"),
            "csv": self._address("access_csv", resident),
        }
        return TemplateResponse(request, "admin/registry/resident/access.html", context)

    def access_csv(self, request: HttpRequest, pk: Any) -> StreamingHttpResponse:
        """The whole trail as a file for the resident."""
        if not request.user.has_perm("registry.export_accesslog"):
            raise PermissionDenied
        resident = get_object_or_404(Resident, pk=pk)
        record_access(request, residents=[resident.pk], deed=Deed.TRAIL, page="resident")
        rows: Iterator[str] = trail_csv(resident=resident)
        headers = {"Content-Disposition": 'attachment; filename="jejak-akses.csv"'}
        return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)

    def _frame(self, request: HttpRequest, resident: Resident, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(resident),
            "resident": resident,
            "opts": Resident._meta,
        }

    def _address(self, name: str, resident: Resident) -> str:
        return reverse(f"{self.admin_site.name}:registry_resident_{name}", args=[resident.pk])
