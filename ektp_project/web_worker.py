"""What is said to somebody whose request is no HTTP, so that no address and no view is reached?

gunicorn would answer with a page that repeats what was sent. A line too long, a header too many, a length
that is no number: a problem document, as everywhere.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from registry.api.manners.problems import BadRequest, problem

STATUS = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, with our manners."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        if not isinstance(exc, errors.ParseException) or isinstance(exc, OURS):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("A request that is no HTTP: %s", type(exc).__name__)
        try:
            util.write_nonblock(client, _answer(STATUS.get(type(exc), HTTPStatus.BAD_REQUEST)))
        except OSError:
            self.log.debug("Nobody heard the answer.")


def _answer(status: HTTPStatus) -> bytes:
    body = json.dumps(problem(BadRequest(), status=status)).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
