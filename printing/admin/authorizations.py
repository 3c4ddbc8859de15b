"""How does a clerk see what the centre commanded?"""

from __future__ import annotations

from django.contrib import admin

from printing.admin.receipts import ByReceipt
from printing.models import PrintAuthorization
from registry.admin.base import ReadOnlyAdmin


@admin.register(PrintAuthorization)
class AuthorizationPage(ByReceipt, ReadOnlyAdmin):
    """Print commands and their fate."""

    resident_path = "request__resident"
    receipt_path = "request__receipt"
    list_display = ["request", "state", "state_since", "asked", "command_id", "expires_at", "answer"]
    list_filter = ["state"]
    search_fields = ["request__receipt", "request__resident__name"]
    list_select_related = ["request"]
