"""How is an error told? To a machine as a problem document (RFC 9457), to people as a page.

``problem_handler`` is asked by Django REST framework, the others by Django (urls.py): for whatever no view
foresaw, or no view was reached for. Django has logged it by then, once, under the request's name.
"""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.timezone import localtime
from django.views import defaults
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from ektp_project.interface import is_of_interface
from registry.api.manners.problems import BadRequest, Internal, NoSuchAddress, Unavailable, problem

PROBLEM = "application/problem+json"
AWAY = (OperationalError, InterfaceError, RedisError)  # PostgreSQL or Redis is not there, or lets nobody in
BACK_SOON = 5  # seconds; a database that restarts takes about so long


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's answer, in the words of RFC 9457. Unforeseen errors stay loud."""
    response = exception_handler(error, context)
    if response is None:
        return None
    context["request"].accepted_renderer = JSONRenderer()  # also where YAML was asked for
    response.data = _named(context["request"], problem(error, status=response.status_code))
    response.content_type = PROBLEM
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Not read any further: an unknown host, a header that was tampered with."""
    if is_of_interface(request):
        return _document(request, BadRequest())
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Refused before a view of the interface could."""
    if is_of_interface(request):
        return _document(request, PermissionDenied())
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """An address that leads nowhere."""
    if is_of_interface(request):
        return _document(request, NoSuchAddress())
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """What nobody foresaw; or a database that is away, which passes."""
    if not is_of_interface(request):
        return defaults.server_error(request)
    away = isinstance(sys.exception(), AWAY)
    return _document(request, Unavailable(retry_after=BACK_SOON) if away else Internal())


def _named(request: HttpRequest | Request, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"server_time": localtime(), "request_id": request.request_id}  # type: ignore[union-attr]


def _document(request: HttpRequest, error: APIException) -> HttpResponse:
    retry_after = getattr(error, "retry_after", None)
    return HttpResponse(
        JSONRenderer().render(_named(request, problem(error, status=error.status_code))),
        status=error.status_code,
        content_type=PROBLEM,
        headers={} if retry_after is None else {"Retry-After": str(retry_after)},
    )
