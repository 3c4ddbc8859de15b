"""What has every answer under /api/, whoever gives it: a view, a middleware or an error page?

A name and a time; the language that was asked for, for a machine's ``Accept-Language`` is its maker's choice
(a browser's is nobody's: language.py); and no place in anybody's cache unless a view says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.timezone import localtime
from django.utils.translation.trans_real import parse_accept_lang_header

ROOT = "/api/"
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"  # for a browser that takes a document for a page
WITH_KEYS = "/api/v1/"  # the rest of /api/ is for people who read the schema


class Interface:
    """Stands before all other middleware, so that their refusals have manners too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_of_interface(request):
            return self.get_response(request)
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        language = asked_for(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if not response.has_header("Server-Time"):
            response["Server-Time"] = localtime().isoformat(timespec="milliseconds")
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Cache-Control", "no-store")
        if shows_key(request):
            response["Content-Security-Policy"] = NO_PAGE
        return response


def is_of_interface(request: HttpRequest) -> bool:
    """Is a machine asking, which reads documents and no pages?"""
    return request.path_info.startswith(ROOT)


def shows_key(request: HttpRequest) -> bool:
    """Is it asked with a device's key, or none at all, and never in a session?"""
    return request.path_info.startswith(WITH_KEYS)


def asked_for(request: HttpRequest) -> str:
    """The language of ours that the header likes best. No cookie: caches tell answers apart by the header."""
    for code, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        language = settings.LANGUAGE_CODE if code == "*" else code.partition("-")[0]
        if weight and language in dict(settings.LANGUAGES):
            return language
    return settings.LANGUAGE_CODE
