"""How is an error told to a machine? As a problem document (RFC 9457), with a stable type."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

PROBLEM = "application/problem+json"


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's answer, in the words of RFC 9457. Unforeseen errors stay loud."""
    response = exception_handler(error, context)
    if response is None:
        return None
    code = getattr(error, "default_code", "error")
    body: dict[str, Any] = {
        "type": f"urn:ektp:problem:{code}",
        "title": str(getattr(error, "detail", "")) or HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
    }
    if isinstance(error, ValidationError):
        body["title"] = _("Isian tidak sah.")
        body["errors"] = _wrong_fields(response.data)
    response.data = body
    response.content_type = PROBLEM
    return response


def _wrong_fields(data: Any) -> list[dict[str, str]]:
    """One entry for each wrong field."""
    if not isinstance(data, dict):
        return [{"field": "", "detail": str(entry)} for entry in data]
    return [
        {"field": field, "detail": str(entry)}
        for field, entries in data.items()
        for entry in (entries if isinstance(entries, list) else [entries])
    ]
