"""How does a clerk find a person from anywhere, and read the whole story?

The text travels by POST only: a NIK in an address would stand in every log along the way.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from printing.selectors.search import Found, Kind, search
from printing.selectors.story import story
from registry.admin.reads import record_access
from registry.models import Office, Resident
from registry.models.access import Deed

SEE = "registry.view_resident"


@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """The results; the only hit is opened at once."""
    _may_see(request)
    text = request.POST.get("text", "").strip()[:100]
    context = {**admin.site.each_context(request), "title": _("Cari"), "text": text}
    if text:
        office = get_object_or_404(Office, code=settings.OFFICE_CODE)
        found = search(text=text, office=office)
        if found.kind is Kind.NIK:
            record_access(request, residents=_of(found), deed=Deed.FOUND, page="search")
        if len(found.hits) == 1:
            return redirect("desk:story", found.hits[0].resident.pk)
        context |= {"found": found, "title": _("Hasil pencarian")}
    return TemplateResponse(request, "office/search.html", context)


@never_cache
@require_GET
def tell(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One resident's whole story."""
    _may_see(request)
    resident = get_object_or_404(Resident.objects.select_related("district"), pk=pk)
    record_access(request, residents=[pk], page="story")
    context = {
        **admin.site.each_context(request),
        "title": resident.name,
        "story": story(resident=resident),
    }
    return TemplateResponse(request, "office/story.html", context)


def _of(found: Found) -> list[UUID]:
    return [hit.resident.pk for hit in found.hits]


def _may_see(request: HttpRequest) -> None:
    if not request.user.has_perm(SEE):
        raise PermissionDenied
