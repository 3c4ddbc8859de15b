"""How does an auditor read who held the calls to the centre back, and why?"""

from __future__ import annotations

from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin
from registry.models import ThrottleChange


@admin.register(ThrottleChange)
class ThrottleChangePage(ReadOnlyAdmin):
    """Every pause, resume and ceiling, the latest first."""

    list_display = ["at", "deed", "ceiling", "why", "actor"]
    list_filter = ["deed"]
