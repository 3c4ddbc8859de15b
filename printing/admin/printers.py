"""How does a clerk see the printers and tell of fresh ribbon and film?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from printing.models import Printer
from printing.services.prints import replace_supplies
from registry.admin.base import OfficeAdmin


@admin.register(Printer)
class PrinterPage(OfficeAdmin):
    """Printers, what they say of themselves, and their supplies."""

    list_display = [
        "name",
        "driver",
        "enabled",
        "depth",
        "ribbon_left",
        "film_left",
        "hold_reason",
        "condition_at",
    ]
    list_filter = ["enabled", "driver", "hold_reason"]
    search_fields = ["name"]
    readonly_fields = ["ribbon_left", "film_left", "hold_reason", "condition", "condition_at"]
    actions = ["new_ribbon", "new_film"]

    @admin.action(description=_("Pita baru dipasang"), permissions=["change"])
    def new_ribbon(self, request: HttpRequest, queryset: QuerySet[Printer]) -> None:
        for printer in queryset:
            replace_supplies(printer=printer, ribbon=True, film=False)
        self.report(request, done=len(queryset), refused=[])

    @admin.action(description=_("Film baru dipasang"), permissions=["change"])
    def new_film(self, request: HttpRequest, queryset: QuerySet[Printer]) -> None:
        for printer in queryset:
            replace_supplies(printer=printer, ribbon=False, film=True)
        self.report(request, done=len(queryset), refused=[])
