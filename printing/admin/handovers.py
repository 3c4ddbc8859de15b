"""How does a clerk look up who took a card?"""

from django.contrib import admin

from printing.admin.receipts import ByReceipt
from printing.models import Handover
from registry.admin.base import ReadOnlyAdmin


@admin.register(Handover)
class HandoverPage(ByReceipt, ReadOnlyAdmin):
    """Cards that reached their owners."""

    resident_path = "request__resident"
    receipt_path = "request__receipt"
    list_display = ["request", "collector", "match", "at", "actor"]
    list_filter = ["match", "at"]
    search_fields = ["request__receipt", "collector"]
    list_select_related = ["request"]
