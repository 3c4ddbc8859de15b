"""What stands over every admin page, and what does a clerk see first?"""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ektp_project.desk import home


class OfficeAdminSite(AdminSite):
    """The clerks' desk. Its first page is the day."""

    site_header = _("Kantor cetak KTP-el")
    site_title = _("Kantor cetak KTP-el")
    index_title = _("Hari ini")
    site_url = None  # there is no other site
    enable_nav_sidebar = False  # at 1366 pixels a list needs them all; every list is one click away

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Django's own index under the day."""
        return super().index(request, {**(extra_context or {}), **home.home_context(now=timezone.now())})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Signing in is allauth's, with both factors. Who is in and still comes here may not be here."""
        if request.user.is_authenticated:
            raise PermissionDenied
        onward = request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))
        return redirect_to_login(onward, reverse("account_login"))
