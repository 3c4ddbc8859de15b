"""Has this changed since you last asked; and do you change what you think you change?"""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.manners.problems import PreconditionFailed, PreconditionRequired


def representation(request: Request, data: Any, *, status: int = 200) -> Response:
    """``data`` under a strong ETag of its bytes; 304 when the asker has them."""
    tag = etag(data)
    wanted = [known.removeprefix("W/") for known in parse_etags(request.headers.get("If-None-Match", ""))]
    # If-None-Match compares weakly (RFC 9110, 13.1.2): a proxy may have weakened what we gave out.
    if request.method in ("GET", "HEAD") and (
        wanted == ["*"] or tag in {t.removeprefix("W/") for t in wanted}
    ):
        return Response(status=304, headers={"ETag": tag})
    return Response(data, status=status, headers={"ETag": tag})


def require_match(request: Request, data: Any) -> None:
    """Raise unless If-Match names the version that ``data`` is."""
    wanted = parse_etags(request.headers.get("If-Match", ""))
    if not wanted:
        raise PreconditionRequired
    if wanted != ["*"] and etag(data) not in wanted:
        raise PreconditionFailed


def etag(data: Any) -> str:
    """A strong validator: other bytes, other tag."""
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]}"'
