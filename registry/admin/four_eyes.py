"""How does a form propose what only two people together may do?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.models import Proposal


class Proposes:
    """Put before a BookingAdmin whose form may have made a proposal instead of a row."""

    admin_site: Any

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        if not isinstance(obj, Proposal):
            return super().response_add(request, obj, post_url_continue)  # type: ignore[misc,no-any-return]
        messages.info(request, _("Diusulkan. Berlaku setelah orang kedua menyetujuinya."))
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:registry_proposal_changelist"))
