"""When does a session end by itself? After a pause, and after a working day whatever happens.

A page that refreshes itself is not a person at work: only what somebody opens or sends counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ektp_project.interface import shows_key

BEGAN, SEEN = "session_began", "session_seen"
GRAIN = 60  # seconds; a sign of life is written this often at most


class SessionLimits:
    """Signs out whoever has gone away, or has been in for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not shows_key(request) and request.user.is_authenticated:
            now = int(time.time())
            if _is_over(request, now):
                logout(request)
                messages.info(request, _("Sesi berakhir. Silakan masuk lagi."))
            else:
                _sign_of_life(request, now)
        return self.get_response(request)


def _is_over(request: HttpRequest, now: int) -> bool:
    began, seen = request.session.get(BEGAN, now), request.session.get(SEEN, now)
    idle, longest = settings.SESSION_IDLE_SECONDS, settings.SESSION_COOKIE_AGE
    return bool(now - seen > idle or now - began > longest)


def _sign_of_life(request: HttpRequest, now: int) -> None:
    request.session.setdefault(BEGAN, now)
    if _is_by_hand(request) and now - request.session.get(SEEN, 0) >= GRAIN:
        request.session[SEEN] = now


def _is_by_hand(request: HttpRequest) -> bool:
    """True unless a script of the page asked (browsers say so themselves: Fetch Metadata)."""
    return request.method != "GET" or request.headers.get("Sec-Fetch-Dest", "document") == "document"
