"""What stands over every admin page, and what does a clerk see first?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from printing.selectors.status import SILENT_AFTER, status
from registry.central.door import throttle
from registry.models import Office


class OfficeAdminSite(AdminSite):
    """The clerks' desk. Its first page says what holds the line now."""

    site_header = _("Kantor cetak KTP-el")
    site_title = _("Kantor cetak KTP-el")
    index_title = _("Meja kerja")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Django's own index under the day's numbers."""
        return super().index(request, extra_context={**(extra_context or {}), "day": _day()})


def _day() -> dict[str, Any] | None:
    """The numbers of the day; None before there is an office."""
    office = Office.objects.filter(code=settings.OFFICE_CODE).first()
    if office is None:
        return None
    now = timezone.now()
    current = status(office=office, throttle=throttle().snapshot(), now=now)
    return {
        "office": office,
        "status": current,
        "silent": [name for name, at in current.heartbeats.items() if now - at > SILENT_AFTER],
    }
