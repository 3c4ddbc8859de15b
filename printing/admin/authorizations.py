"""How does a clerk see what the centre commanded?"""

from __future__ import annotations

from django.contrib import admin

from printing.models import PrintAuthorization
from registry.admin.base import ReadOnlyAdmin
from registry.admin.residents import ByNikOrName


@admin.register(PrintAuthorization)
class AuthorizationPage(ByNikOrName, ReadOnlyAdmin):
    """Print commands and their fate."""

    resident_path = "request__resident"
    list_display = ["request", "state", "state_since", "asked", "command_id", "expires_at", "answer"]
    list_filter = ["state"]
    search_fields = ["request__receipt", "request__resident__name"]
    list_select_related = ["request"]
