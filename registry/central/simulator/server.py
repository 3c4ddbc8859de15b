"""What happens to one call to the simulated centre, from its arrival to its answer?

In this order: the outage and the cut line, the credential, a proxy's page, the opening hours, the
crowd at the door, the book of rules, the file, and whatever may still happen to an answer on its way.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from registry.central import errors
from registry.central.contract import CentreStatus
from registry.central.simulator import wire
from registry.central.simulator.calls import CALLS, OK, Call, Json
from registry.central.simulator.crowd import Crowd, Refused
from registry.central.simulator.hours import hours
from registry.central.simulator.settings import Settings
from registry.central.simulator.store import KeptBook, Store
from registry.central.simulator.tally import Tally

BODY_MAXIMUM = 32 * 1024 * 1024  # bytes; a bulk load of some ten thousand people
COMMIT_SECONDS = 0.002  # changes of so long are written together: a commit costs about a tenth of that
SPREAD = (0.7, 1.3)  # service times vary by so much around the setting
SILENCE_SECONDS = 300.0  # how long a silent outage holds a call: longer than any caller waits
LOOK_SECONDS = 0.5  # how often a held call looks whether its caller is still there
STRANGER = "9999990101900001"
HTML_ERROR = "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Simulator:
    """The book of rules with a wire, a crowd at its door, and faults that can be turned on."""

    def __init__(self, *, store: Store, token: str, settings: Settings) -> None:
        self.settings = settings
        self.store = store
        self.book = KeptBook()
        self.store.restore(self.book, settings)
        self.crowd = Crowd(settings)
        self.tally = Tally()
        self._credential = f"Bearer {token}".encode()
        self._commit: asyncio.Task[None] | None = None
        self.apply()

    def application(self) -> web.Application:
        """The calls of the contract; others may add theirs."""
        app = web.Application(client_max_size=BODY_MAXIMUM, middlewares=[_problems])
        app.router.add_get("/v1/status", self._status)
        for method, path, call in CALLS:
            app.router.add_route(method, path, self._served(call))
        return app

    def apply(self) -> None:
        """Let the rules follow the knobs."""
        policy, knobs = self.book.policy, self.settings
        policy.lifetime = timedelta(days=knobs.command_days)
        policy.pending_for = timedelta(seconds=knobs.pending_seconds)
        policy.quota = knobs.daily_quota or None
        limit = knobs.sees_recordings_until
        policy.sees_recordings_until = datetime.fromisoformat(limit).date() if limit else None
        self.book.look_again()
        self.crowd.let_in()

    def forget(self) -> None:
        """Forget everybody and every command; the knobs stay."""
        self.book = KeptBook()
        self.store.clear()
        self.tally = Tally()
        self.apply()

    def hours(self) -> CentreStatus:
        """Whether the centre is open now, and when that changes."""
        return hours(self.settings, datetime.now(UTC))

    async def written(self) -> None:
        """Wait until every change so far is in the file; those of some milliseconds share a commit."""
        if not self.book.changed:
            return
        if self._commit is None or self._commit.done():
            self._commit = asyncio.create_task(self._write_soon())
        await asyncio.shield(self._commit)

    async def _write_soon(self) -> None:
        await asyncio.sleep(COMMIT_SECONDS)
        self.store.keep(self.book)

    # --- One call -----------------------------------------------------------------------------

    def _served(self, call: Call) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            content = await request.read()
            return await self._serve(request, lambda: call(self.book, request, _json(content)))

        return handle

    async def _status(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/status: answers outside of the opening hours too."""
        answer = OK, wire.centre_status(self.hours())
        return await self._serve(request, lambda: answer, always_open=True)

    async def _serve(
        self, request: web.Request, answer: Callable[[], tuple[int, Json]], *, always_open: bool = False
    ) -> web.StreamResponse:
        began = time.monotonic()
        self.tally.offer()
        try:
            turned_away = await self._turned_away(request, always_open=always_open)
            if turned_away is not None:
                return turned_away
            async with self.crowd.place():
                self._note_crowd()
                await asyncio.sleep(self.settings.service_seconds * random.uniform(*SPREAD))
                response = await self._answered(answer)
        except Refused as refused:
            self._note_crowd()
            self.tally.end("refused")
            return wire.problem("busy", status=refused.status, headers=self._retry_after())
        return await self._sent(request, response, began=began)

    async def _turned_away(self, request: web.Request, *, always_open: bool) -> web.StreamResponse | None:
        """What happens to a call that does not even come to the door."""
        knobs = self.settings
        if knobs.dead:
            self.tally.fault("dead")
        if knobs.dead and knobs.silent:
            await _until_the_caller_gives_up(request)
        if knobs.dead or self._strikes("resets"):
            self.tally.end("lost")
            return _cut(request)
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._credential):
            self.tally.end("unauthorized")
            return wire.problem("unauthorized")
        if self._strikes("html_errors"):
            self.tally.end("refused")
            return web.Response(text=HTML_ERROR, content_type="text/html", status=502)
        now = self.hours()
        if not now.open and not always_open:
            self.tally.end("closed")
            return wire.refusal(errors.Closed(now.opens_at))
        return None

    async def _answered(self, answer: Callable[[], tuple[int, Json]]) -> web.Response:
        """The answer of the book, given once its effect is in the file."""
        try:
            status, body = answer()
        except errors.CentralError as error:
            await self.written()
            return wire.refusal(error)
        await self.written()
        if self._strikes("wrong_person"):
            body = _about_somebody_else(body)
        return web.json_response(body, status=status)

    async def _sent(
        self, request: web.Request, response: web.Response, *, began: float
    ) -> web.StreamResponse:
        """What may still happen to an answer on its way."""
        if self._strikes("slow_answers"):
            await asyncio.sleep(self.settings.slow_seconds)
        if request.transport is None:
            self.tally.end("wasted")
            return response
        if self._strikes("lost_answers"):
            self.tally.end("lost")
            return _cut(request)
        if self._strikes("half_bodies"):
            self.tally.end("lost")
            return await _half(request, response)
        self.tally.end("served", seconds=time.monotonic() - began)
        return response

    def _strikes(self, knob: str) -> bool:
        """Whether the fault of this knob befalls the call at hand; each is counted."""
        share = getattr(self.settings, knob)
        struck: bool = share > 0 and random.random() < share
        if struck:
            self.tally.fault(knob)
        return struck

    def _note_crowd(self) -> None:
        self.tally.crowd(inside=self.crowd.inside, waiting=len(self.crowd.waiting))

    def _retry_after(self) -> dict[str, str]:
        seconds = self.settings.retry_after
        if not seconds:
            return {}
        if self.settings.retry_after_as_date:
            moment = datetime.now(UTC) + timedelta(seconds=seconds)
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        return {"Retry-After": str(max(1, round(seconds)))}


# --- Faults on the wire -------------------------------------------------------------------------


async def _until_the_caller_gives_up(request: web.Request) -> None:
    """A silent outage: the call is swallowed."""
    end = time.monotonic() + SILENCE_SECONDS
    while request.transport is not None and time.monotonic() < end:
        await asyncio.sleep(LOOK_SECONDS)


def _cut(request: web.Request) -> web.Response:
    """Reset the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


async def _half(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send half of the body, and cut."""
    body = whole.body if isinstance(whole.body, bytes) else b"{}"
    response = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _about_somebody_else(body: Json) -> Json:
    """The same answer, given to the wrong caller."""
    if "nik" in body:
        return body | {"nik": STRANGER}
    for name in ("records", "commands"):
        if body.get(name):
            return body | {name: [body[name][0] | {"nik": STRANGER}, *body[name][1:]]}
    return body


# --- Bodies and problems ------------------------------------------------------------------------


def _json(content: bytes) -> dict[str, Any]:
    """The JSON object in a body; empty without one. Raises errors.Invalid."""
    if not content:
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise errors.Invalid("body", "JSON") from None
    if not isinstance(body, dict):
        raise errors.Invalid("body", "a JSON object")
    return body


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is told as a problem document, and never a traceback."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return wire.problem("not-found")
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        return wire.problem("invalid", status=error.status, members={"detail": error.reason})
    except sqlite3.Error as error:
        sys.stderr.write(f"The state cannot be written: {error}.\n")
        return wire.problem("unwritten", status=500)
