"""How does an auditor read when the office went back to a backup, and who let it print again?"""

from __future__ import annotations

from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin
from registry.models import Restoration


@admin.register(Restoration)
class RestorationPage(ReadOnlyAdmin):
    """Every way back, the latest first."""

    list_display = ["at", "backup", "backed_up_at", "released_at", "released_by", "why"]
