"""How is an error told to a machine? As a problem document (RFC 9457), with a stable type."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from registry.api.manners.problems import problem

PROBLEM = "application/problem+json"


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's answer, in the words of RFC 9457. Unforeseen errors stay loud."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = problem(error, status=response.status_code)
    response.content_type = PROBLEM
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
