"""Which middleware is for people alone? What keeps sessions, names and pages: a machine has none of them.

Under /api/v1/ a device shows its key with every request. A cookie there is nobody's, and is not even read.
"""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ektp_project.interface import shows_key


class ForPeople:
    """Steps aside where a machine asks."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if shows_key(request):
            return self.get_response(request)
        answer: HttpResponseBase = super().__call__(request)  # type: ignore[misc]
        return answer


class ContentPolicy(ForPeople, CSPMiddleware):
    """django-csp's own, for people; what machines get is in interface.py."""


class Sessions(ForPeople, SessionMiddleware):
    """Django's own, for people."""


class Users(ForPeople, AuthenticationMiddleware):
    """Django's own, for people."""


class Messages(ForPeople, MessageMiddleware):
    """Django's own, for people."""
