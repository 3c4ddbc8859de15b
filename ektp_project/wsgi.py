"""How does the web server reach the office? (WSGI)"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO, Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")

LET_PASS = 64 * 1024 * 1024  # bytes; the longest list of people has 50 MB (docs/nginx.conf)
CHUNK = 64 * 1024

office = get_wsgi_application()


def application(request: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The office's answer, once the whole request has come in, also what nobody wanted to read of it.

    Whoever is refused while they still send hears a lost connection, and a proxy says 502 in our place.
    """
    answer = office(request, start_response)
    if request.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in request:
        try:
            _let_pass(request["wsgi.input"])
        except BaseException:
            answer.close()
            raise
    return answer


def _let_pass(rest: IO[bytes]) -> None:
    for _chunk in range(LET_PASS // CHUNK):
        if not rest.read(CHUNK):
            return
