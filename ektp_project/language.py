"""In which language does the desk speak to this person?

Indonesian, unless the person chose otherwise. The browser is not asked: an English browser on an office's
computer says nothing about who sits there. The choice is kept with the person, and read once a session.
What machines ask for is in interface.py.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ektp_project.interface import is_of_interface
from registry.models import Preference

KEY = "language"  # of the session


class ChosenLanguage:
    """Answers each request in the language that its person chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_of_interface(request):
            return self.get_response(request)
        with translation.override(_chosen(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
            return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the choice, and go back to where it was made."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    language, back = request.POST.get("language", ""), request.POST.get("next", "")
    if language not in dict(settings.LANGUAGES):
        raise BadRequest
    Preference.objects.update_or_create(user_id=request.user.pk, defaults={"language": language})
    request.session[KEY] = language
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if safe else reverse("admin:index"))


def _chosen(request: HttpRequest) -> str:
    """The choice in the session; the first time, the one that the person made in an earlier one."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return settings.LANGUAGE_CODE  # a device, or nobody yet
    chosen: str | None = request.session.get(KEY)
    if chosen is None and request.user.is_authenticated:
        kept = Preference.objects.filter(user_id=request.user.pk).values_list("language", flat=True).first()
        chosen = request.session[KEY] = kept or settings.LANGUAGE_CODE
    return chosen or settings.LANGUAGE_CODE
