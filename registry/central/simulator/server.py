"""How does the simulated centre answer, and how does it fail?"""

from __future__ import annotations

import asyncio
import hmac
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from registry.central import errors
from registry.central.contract import CentralStatus, CentreStatus, RecordStatus
from registry.central.simulator import wire
from registry.central.simulator.crowd import Crowd, Refused, Tally
from registry.central.simulator.settings import BadSetting, Settings
from registry.central.simulator.store import KeptCentral, Store

STATIC = Path(__file__).parent / "static"
BODY_MAXIMUM = 32 * 1024 * 1024  # bytes; a bulk load of some thousand people
COMMIT_SECONDS = 0.005  # changes of so long are written together
SPREAD = (0.7, 1.3)  # service times vary by so much around the setting
HTML_ERROR = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"

Answer = Callable[[], Any]


class Simulator:
    """The centre with a wire, a crowd at its door, and faults that can be turned on."""

    def __init__(self, *, store: Store, token: str, settings: Settings) -> None:
        self.settings = settings
        self.central = KeptCentral()
        self.store = store
        self.store.restore(self.central, settings)
        self.crowd = Crowd(settings)
        self.tally = Tally()
        self._token = f"Bearer {token}".encode()
        self._commit: asyncio.Task[None] | None = None
        self._apply()

    def application(self) -> web.Application:
        """The routes of the contract and of the control page."""
        app = web.Application(client_max_size=BODY_MAXIMUM, middlewares=[self._guard])
        app.add_routes(
            [
                web.put("/v1/recordings/{id}", self.put_recording),
                web.post("/v1/recordings/query", self.query),
                web.get("/v1/recordings/{nik}", self.get_recording),
                web.post("/v1/print-commands", self.post_command),
                web.get("/v1/print-commands", self.list_commands),
                web.get("/v1/print-commands/{id}", self.get_command),
                web.put("/v1/print-commands/{id}/attempts/{n}", self.put_attempt),
                web.get("/v1/offices/{office}/months/{month}", self.get_month),
                web.get("/v1/status", self.get_status),
                web.get("/", self.page),
                web.get("/control/settings", self.get_settings),
                web.patch("/control/settings", self.patch_settings),
                web.get("/control/stats", self.get_stats),
                web.post("/control/people", self.post_people),
                web.post("/control/reset", self.post_reset),
                web.static("/static", STATIC),
            ]
        )
        return app

    # --- The contract -------------------------------------------------------------------------

    async def put_recording(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        fresh = True

        def answer() -> Any:
            nonlocal fresh
            submission = wire.read_submission(request.match_info["id"], body)
            fresh = submission.recording_id not in self.central.submissions
            return wire.record(self.central.submit_recording(submission))

        return await self._serve(request, answer, lambda _body: 201 if fresh else 200)

    async def get_recording(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(
            request, lambda: wire.record(self.central.recording_status(request.match_info["nik"]))
        )

    async def query(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)

        def answer() -> Any:
            niks = body.get("niks")
            if not isinstance(niks, list) or not all(isinstance(nik, str) for nik in niks):
                raise errors.Invalid("niks")
            return {"records": [wire.record(one) for one in self.central.query_recordings(niks).values()]}

        return await self._serve(request, answer)

    async def post_command(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        before = len(self.central.commands)

        def answer() -> Any:
            nonlocal before
            key = wire.read_key(request.headers.get("Idempotency-Key"))
            before = len(self.central.commands)
            return wire.command(self.central.request_command(key=key, **wire.read_request(body)))

        def status(answered: Any) -> int:
            if answered["status"] == "pending":
                return 202
            return 201 if len(self.central.commands) > before else 200

        return await self._serve(request, answer, status)

    async def get_command(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(
            request,
            lambda: wire.command(self.central.command(wire.read_command_id(request.match_info["id"]))),
        )

    async def put_attempt(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)

        def answer() -> Any:
            command_id = wire.read_command_id(request.match_info["id"])
            attempt = wire.read_attempt(request.match_info["n"], body)
            return {
                "command_id": str(command_id),
                "status": self.central.report_attempt(command_id, attempt),
            }

        return await self._serve(request, answer)

    async def list_commands(self, request: web.Request) -> web.StreamResponse:
        office, cursor = request.query.get("office", ""), request.query.get("cursor")

        def answer() -> Any:
            if cursor and not cursor.isdigit():
                raise errors.Invalid("cursor")
            return wire.page(self.central.list_commands(office=office, cursor=cursor))

        return await self._serve(request, answer)

    async def get_month(self, request: web.Request) -> web.StreamResponse:
        asked = {"office": request.match_info["office"], "month": request.match_info["month"]}
        return await self._serve(request, lambda: wire.counts(self.central.month_counts(**asked)))

    async def get_status(self, request: web.Request) -> web.StreamResponse:
        def answer() -> Any:
            now = self._hours()
            return {
                "open": now.open,
                "opens_at": now.opens_at.isoformat() if now.opens_at else None,
                "closes_at": now.closes_at.isoformat() if now.closes_at else None,
                "message": now.message,
            }

        return await self._serve(request, answer, always_open=True)

    # --- One call, with all that may go wrong -------------------------------------------------

    async def _serve(
        self,
        request: web.Request,
        answer: Answer,
        status: Callable[[Any], int] = lambda _body: 200,
        *,
        always_open: bool = False,
    ) -> web.StreamResponse:
        self.tally.count("offered")
        knobs = self.settings
        if knobs.dead or random.random() < knobs.resets:
            self.tally.count("lost")
            return _cut(request)
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._token):
            return wire.problem(401, "unauthorized")
        if random.random() < knobs.html_errors:
            self.tally.count("refused")
            return web.Response(text=HTML_ERROR, content_type="text/html", status=502)
        hours = self._hours()
        if not hours.open and not always_open:
            return wire.refusal(errors.Closed(hours.opens_at))
        try:
            await self.crowd.enter()
        except Refused:
            self.tally.count("refused")
            return wire.problem(503, "busy", self._retry_after())
        try:
            await asyncio.sleep(knobs.service_seconds * random.uniform(*SPREAD))
            response = await self._answered(answer, status)
        finally:
            self.crowd.leave()
        if random.random() < knobs.lost_answers:
            self.tally.count("lost")
            return _cut(request)
        if random.random() < knobs.half_bodies:
            self.tally.count("lost")
            return await _half(request, response)
        self.tally.count("served")
        return response

    async def _answered(self, answer: Answer, status: Callable[[Any], int]) -> web.Response:
        try:
            body = answer()
        except errors.CentralError as error:
            await self._written()
            return wire.refusal(error)
        await self._written()
        code = status(body)
        if random.random() < self.settings.wrong_person and "nik" in body:
            body = body | {"nik": "9999990101900001"}
        return web.json_response(body, status=code)

    async def _written(self) -> None:
        """Wait until every change so far is on disk; those of some milliseconds share one commit."""
        if not self.central.changed:
            return
        if self._commit is None or self._commit.done():
            self._commit = asyncio.ensure_future(self._write_soon())
        await asyncio.shield(self._commit)

    async def _write_soon(self) -> None:
        await asyncio.sleep(COMMIT_SECONDS)
        self.store.keep(self.central)

    def _retry_after(self) -> dict[str, str]:
        seconds = self.settings.retry_after
        if not seconds:
            return {}
        if self.settings.retry_after_as_date:
            moment = datetime.now(UTC) + timedelta(seconds=seconds)
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        return {"Retry-After": str(round(seconds))}

    def _hours(self) -> CentreStatus:
        """Whether the centre is open now, and when that changes."""
        if not (self.settings.opens and self.settings.closes):
            return CentreStatus(open=True, opens_at=None, closes_at=None)
        now = datetime.now(UTC)
        opens = datetime.combine(now.date(), time.fromisoformat(self.settings.opens), UTC)
        closes = datetime.combine(now.date(), time.fromisoformat(self.settings.closes), UTC)
        if opens <= now < closes:
            return CentreStatus(open=True, opens_at=None, closes_at=closes)
        return CentreStatus(
            open=False, opens_at=opens if now < opens else opens + timedelta(days=1), closes_at=None
        )

    # --- Control ------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": CSP})

    async def get_settings(self, request: web.Request) -> web.Response:
        return web.json_response(self.settings.as_dict())

    async def patch_settings(self, request: web.Request) -> web.Response:
        try:
            self.settings.change(await _json(request))
        except BadSetting as error:
            return wire.problem(422, "invalid", detail=str(error))
        self.store.keep_settings(self.settings)
        self._apply()
        await self._written()
        return web.json_response(self.settings.as_dict())

    async def get_stats(self, request: web.Request) -> web.Response:
        statuses: dict[str, int] = {}
        for command in self.central.commands.values():
            statuses[str(command.status)] = statuses.get(str(command.status), 0) + 1
        return web.json_response(
            {
                "in_flight": self.crowd.inside,
                "queue": len(self.crowd.waiting),
                "offered": self.tally.offered,
                "served": self.tally.served,
                "refused": self.tally.refused,
                "lost": self.tally.lost,
                "people": len(self.central.records),
                "commands": statuses,
                "seconds": list(self.tally.seconds)[-120:],
            }
        )

    async def post_people(self, request: web.Request) -> web.Response:
        """Bulk load; the same again changes nothing that has moved on since."""
        body = await _json(request)
        known = set(CentralStatus)
        loaded = 0
        for one in body.get("people", []):
            nik, status = str(one.get("nik", "")), str(one.get("status", CentralStatus.PRINT_READY_RECORD))
            if len(nik) != 16 or status not in known:
                return wire.problem(422, "invalid", field="people", detail="nik or status")
            if nik not in self.central.records:
                since = datetime.fromisoformat(one["since"]) if one.get("since") else datetime.now(UTC)
                self.central.records[nik] = RecordStatus(nik, status, since)
                self.central._changed("record", nik)
                loaded += 1
        await self._written()
        return web.json_response({"loaded": loaded, "people": len(self.central.records)})

    async def post_reset(self, request: web.Request) -> web.Response:
        """Forget everybody and every command; settings stay."""
        self.central = KeptCentral()
        self.store.clear()
        self.store.keep_settings(self.settings)
        self._apply()
        return web.json_response({"people": 0})

    def _apply(self) -> None:
        """Let the rules follow the knobs."""
        policy, knobs = self.central.policy, self.settings
        policy.lifetime = timedelta(days=knobs.command_days)
        policy.pending_for = timedelta(seconds=knobs.pending_seconds)
        policy.quota = knobs.daily_quota or None
        limit = knobs.sees_recordings_until
        policy.sees_recordings_until = date.fromisoformat(limit) if limit else None
        self.central.look_again()
        self.crowd.let_in()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.Invalid as error:
            return wire.refusal(error)
        except errors.NotFound as error:
            return wire.refusal(error)


async def _json(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body. Raises errors.Invalid."""
    try:
        body = await request.json()
    except ValueError:
        raise errors.Invalid("body") from None
    if not isinstance(body, dict):
        raise errors.Invalid("body")
    return body


def _cut(request: web.Request) -> web.Response:
    """Reset the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


async def _half(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Send half of the body and reset."""
    body = whole.body if isinstance(whole.body, bytes) else b"{}"
    response = web.StreamResponse(status=whole.status, headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
