"""How does an administrator look at what beat rings, without ringing it?

django-celery-beat's own pages, whose actions (run now, switch on, switch off) it offers to everybody who
may look.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import PeriodicTask

admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class BellPage(PeriodicTaskAdmin):  # type: ignore[misc]
    """What rings when; actions are for those who may change it."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        return actions if self.has_change_permission(request) else {}
