"""Which call of the contract asks what of the book?

Each takes the book, the request and its JSON body, and returns the HTTP status and the JSON of the
answer. Refusals are raised as ``registry.central.errors``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from registry.central.book import Book
from registry.central.contract import CommandStatus
from registry.central.simulator import wire

Json = dict[str, Any]
Call = Callable[[Book, web.Request, Json], tuple[int, Json]]

OK, CREATED, ACCEPTED = 200, 201, 202


def put_recording(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """201 the first time, 200 again."""
    submission = wire.read_submission(request.match_info["id"], body)
    code = OK if submission.recording_id in book.submissions else CREATED
    return code, wire.record(book.submit_recording(submission))


def get_recording(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """What the centre knows of one person."""
    return OK, wire.record(book.recording_status(request.match_info["nik"]))


def query(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """What the centre knows of many; who is not visible is not in the list."""
    known = book.query_recordings(wire.read_niks(body))
    return OK, {"records": [wire.record(one) for one in known.values()]}


def post_command(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """201 the first time, 200 again, 202 while it is pending."""
    key = wire.read_uuid("Idempotency-Key", request.headers.get("Idempotency-Key", ""))
    before = len(book.commands)
    command = book.request_command(key=key, **wire.read_request(body))
    if command.status == CommandStatus.PENDING:
        return ACCEPTED, wire.command(command)
    return CREATED if len(book.commands) > before else OK, wire.command(command)


def get_command(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """One command as it stands."""
    return OK, wire.command(book.command(wire.read_command_id(request.match_info["id"])))


def put_attempt(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """What became of one blank."""
    command_id = wire.read_command_id(request.match_info["id"])
    status = book.report_attempt(command_id, wire.read_attempt(request.match_info["n"], body))
    return OK, {"command_id": str(command_id), "status": status}


def list_commands(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """One page of an office's commands, oldest first."""
    office = wire.read_text("office", dict(request.query))
    return OK, wire.page(book.list_commands(office=office, cursor=request.query.get("cursor")))


def get_month(book: Book, request: web.Request, body: Json) -> tuple[int, Json]:
    """What the centre counted."""
    counts = book.month_counts(office=request.match_info["office"], month=request.match_info["month"])
    return OK, wire.counts(counts)


CALLS: tuple[tuple[str, str, Call], ...] = (
    ("PUT", "/v1/recordings/{id}", put_recording),
    ("POST", "/v1/recordings/query", query),
    ("GET", "/v1/recordings/{nik}", get_recording),
    ("POST", "/v1/print-commands", post_command),
    ("GET", "/v1/print-commands", list_commands),
    ("GET", "/v1/print-commands/{id}", get_command),
    ("PUT", "/v1/print-commands/{id}/attempts/{n}", put_attempt),
    ("GET", "/v1/offices/{office}/months/{month}", get_month),
)
