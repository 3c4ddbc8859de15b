"""How does a clerk or an auditor read what happened?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.admin.base import ReadOnlyAdmin
from registry.admin.residents import ByNikOrName
from registry.models import Event
from registry.models.event import Subject


@admin.register(Event)
class EventPage(ByNikOrName, ReadOnlyAdmin):
    """Every move of every row."""

    resident_path = "resident"
    list_display = ["at", "subject", "subject_id", "source", "target", "why", "actor"]
    list_filter = ["subject"]
    search_fields = ["resident__name"]
    search_help_text = _("NIK 16 angka (persis), nomor objek (persis), atau bagian nama.")
    ordering = ["-id"]
    raw_id_fields = ["resident"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """The number of a row belongs to whichever subject has it; the index begins with the subject."""
        text = search_term.strip()
        rows = queryset.filter(subject__in=Subject.values, subject_id=text)
        if text and rows.exists():
            return rows, False
        return super().get_search_results(request, queryset, search_term)
