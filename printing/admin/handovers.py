"""How does a clerk look up who took a card?"""

from django.contrib import admin

from printing.models import Handover
from registry.admin.base import ReadOnlyAdmin
from registry.admin.residents import ByNikOrName


@admin.register(Handover)
class HandoverPage(ByNikOrName, ReadOnlyAdmin):
    """Cards that reached their owners."""

    resident_path = "request__resident"
    list_display = ["request", "collector", "match", "at", "actor"]
    list_filter = ["match"]
    date_hierarchy = "at"
    search_fields = ["request__receipt", "collector"]
    list_select_related = ["request"]
