"""What did residents ask for at the kiosks, with which papers, and what will they come for?"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from printing.models import Application, Confirmation
from registry.admin.base import ReadOnlyAdmin


@admin.register(Application)
class ApplicationPage(ReadOnlyAdmin):
    """Wishes from the kiosks, and why some could not become requests."""

    list_display = ["receipt", "created_at", "device", "reason", "papers_text", "state", "refusal"]
    list_filter = ["state", "refusal", "reason"]
    search_fields = ["receipt__exact"]
    search_help_text = _("Nomor resi (persis).")
    list_select_related = ["device"]
    date_hierarchy = "created_at"
    fields = readonly_fields = [
        "receipt",
        "created_at",
        "device",
        "reason",
        "papers_text",
        "state",
        "refusal",
        "judged_at",
        "request",
    ]

    @admin.display(description=_("berkas pendukung"))
    def papers_text(self, application: Application) -> str:
        return "; ".join(
            " ".join(filter(None, (paper["kind"], paper["number"], paper["issued_on"])))
            for paper in application.papers
        )


@admin.register(Confirmation)
class ConfirmationPage(ReadOnlyAdmin):
    """Who said at a kiosk that they will come, or cannot."""

    list_display = ["at", "request", "coming", "device"]
    list_filter = ["coming"]
    list_select_related = ["request", "device"]
