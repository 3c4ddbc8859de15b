"""How does a clerk or an auditor read what happened?"""

from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin
from registry.admin.residents import ByNikOrName
from registry.models import Event


@admin.register(Event)
class EventPage(ByNikOrName, ReadOnlyAdmin):
    """Every move of every row."""

    resident_path = "resident"
    list_display = ["at", "subject", "subject_id", "source", "target", "why", "actor"]
    list_filter = ["subject", "target"]
    search_fields = ["subject_id"]
    ordering = ["-id"]
    raw_id_fields = ["resident"]
