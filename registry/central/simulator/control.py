"""How is the simulated centre watched and turned while it runs? Its page, and an API for scripts.

The ministry's server has nothing of the kind. It asks for no credential: it is for demos and tests
on one's own machine, and takes no orders from pages of other sites.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from registry.central import errors
from registry.central.simulator import wire
from registry.central.simulator.server import Handler, Simulator
from registry.central.simulator.settings import BadSetting

STATIC = Path(__file__).parent / "static"
PEOPLE_MAXIMUM = 20_000  # in one call; more would hold up everybody else for seconds
WORD_LONGEST = 60  # characters of a status word
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

NOT_FROM_THERE = {"detail": "Orders come from this page only."}

Verb = Callable[["Control", web.Request], Coroutine[Any, Any, web.Response]]


class Control:
    """The page and the control API of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def add_to(self, app: web.Application) -> None:
        """Its routes."""
        app.router.add_get("/", self._page)
        app.router.add_static("/static", STATIC)
        for method, path, verb in VERBS:
            app.router.add_route(method, path, self._guarded(verb))

    def _guarded(self, verb: Verb) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get("Origin")
            if origin is not None and origin.partition("://")[2] != request.host:
                return wire.problem("invalid", status=403, members=NOT_FROM_THERE)
            try:
                return await verb(self, request)
            except (BadSetting, errors.Invalid) as error:
                return wire.problem("invalid", members={"detail": str(error)})

        return handle

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers=SAFE)

    async def get_settings(self, request: web.Request) -> web.Response:
        """All knobs."""
        return web.json_response(self._simulator.settings.as_dict())

    async def patch_settings(self, request: web.Request) -> web.Response:
        """Turn some knobs, all or none."""
        simulator = self._simulator
        simulator.settings.change(await _object(request))
        simulator.store.keep_settings(simulator.settings)
        simulator.apply()
        await simulator.written()
        return web.json_response(simulator.settings.as_dict())

    async def get_stats(self, request: web.Request) -> web.Response:
        """What happens now, what happened in all, and second by second (``?last=SECONDS``)."""
        simulator, last = self._simulator, request.query.get("last", "120")
        book, tally = simulator.book, simulator.tally
        return web.json_response(
            {
                "centre": wire.centre_status(simulator.hours()),
                "in_flight": simulator.crowd.inside,
                "queue": len(simulator.crowd.waiting),
                "offered": tally.totals["offered"],
                "served": tally.totals["served"],
                "refused": tally.totals["refused"],
                "lost": tally.totals["lost"],
                "wasted": tally.totals["wasted"],
                "closed": tally.totals["closed"],
                "unauthorized": tally.totals["unauthorized"],
                "faults": dict(tally.faults),
                "answer_seconds": round(tally.answer_seconds(), 3),
                "people": len(book.records),
                "unseen": len(book.unseen),
                "commands": {status: count for status, count in book.statuses.items() if count},
                "seconds": tally.seconds(int(last) if last.isascii() and last.isdigit() else 120),
            }
        )

    async def post_people(self, request: web.Request) -> web.Response:
        """Bulk load of ``{nik, status, since, recorded_at}``, all or none; whom it knows stays as it is."""
        body = await _body(request)
        people = body.get("people") if isinstance(body, dict) else body
        if not isinstance(people, list) or len(people) > PEOPLE_MAXIMUM:
            raise errors.Invalid("people", f"a list of at most {PEOPLE_MAXIMUM}")
        read = [_person(number, one) for number, one in enumerate(people)]
        book = self._simulator.book
        loaded = sum(book.load(**one) for one in read)
        await self._simulator.written()
        return web.json_response({"loaded": loaded, "people": len(book.records), "unseen": len(book.unseen)})

    async def post_blanks(self, request: web.Request) -> web.Response:
        """The ministry sent ``{office, month, quantity}`` empty cards."""
        body = await _object(request)
        office, month = wire.read_text("office", body), wire.read_text("month", body)
        quantity = body.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            raise errors.Invalid("quantity", "a number")
        self._simulator.book.send_blanks(office, quantity, month=month)
        await self._simulator.written()
        return web.json_response({"blanks_sent": self._simulator.book.blanks_sent[office, month]})

    async def post_reset(self, request: web.Request) -> web.Response:
        """Forget everybody and every command; settings stay."""
        self._simulator.forget()
        return web.json_response({"people": 0})


VERBS: tuple[tuple[str, str, Verb], ...] = (
    ("GET", "/control/settings", Control.get_settings),
    ("PATCH", "/control/settings", Control.patch_settings),
    ("GET", "/control/stats", Control.get_stats),
    ("POST", "/control/people", Control.post_people),
    ("POST", "/control/blanks", Control.post_blanks),
    ("POST", "/control/reset", Control.post_reset),
)


def _person(number: int, one: Any) -> dict[str, Any]:
    """One row of a bulk load. Raises errors.Invalid, which names the row and never the person."""
    if not isinstance(one, Mapping):
        raise errors.Invalid(f"people[{number}]", "an object")
    try:
        status = one.get("status") or ""
        if not isinstance(status, str) or len(status) > WORD_LONGEST:
            raise errors.Invalid("status", "a word")
        return {
            "nik": wire.read_nik(one),
            "status": status,
            "since": _time(one, "since"),
            "recorded_at": _time(one, "recorded_at"),
        }
    except errors.Invalid as error:
        raise errors.Invalid(f"people[{number}].{error.field}") from None


def _time(one: Mapping[str, Any], name: str) -> datetime | None:
    return wire.read_time(name, one) if one.get(name) else None


async def _body(request: web.Request) -> Any:
    content = await request.read()
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise errors.Invalid("body", "JSON") from None


async def _object(request: web.Request) -> dict[str, Any]:
    body = await _body(request)
    if not isinstance(body, dict):
        raise errors.Invalid("body", "a JSON object")
    return body
