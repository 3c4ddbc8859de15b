"""May somebody work whose account has a password and nothing else? No: they enrol first."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ektp_project.interface import shows_key

OPEN = ("account/", "static/", "healthz", "readyz", "metrics")  # where enrolling itself happens, and no data


class SecondFactor:
    """Sends staff without a second factor to the page where they get one (allauth has no such setting)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR_REQUIRED and not _is_open(request) and _lacks_factor(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        return self.get_response(request)


def _is_open(request: HttpRequest) -> bool:
    return shows_key(request) or request.path_info.lstrip("/").startswith(OPEN)


def _lacks_factor(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and not is_mfa_enabled(user)
