"""How does a clerk see that the machinery lives?"""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from printing.models import Heartbeat
from printing.selectors.status import SILENT_AFTER
from registry.admin.base import ReadOnlyAdmin


@admin.register(Heartbeat)
class HeartbeatPage(ReadOnlyAdmin):
    """The last sign of life of beat and of each worker group."""

    list_display = ["name", "at", "host", "alive"]

    @admin.display(description=_("hidup"), boolean=True)
    def alive(self, heartbeat: Heartbeat) -> bool:
        return timezone.now() - heartbeat.at < SILENT_AFTER
