"""Is every error under /api/ a problem document, whoever finds it: a view, a middleware or the web server?"""

from __future__ import annotations

import http.client
import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from redis import Redis

from ektp_project.logs import Formatter
from tests import factories
from tests.devices import problem
from tests.web import web_server

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
ADDRESSES = ("v1/board", "v1/status-lookups", "v1/nowhere", "v1/", "v2/board", "schema/", "docs/", "nowhere")
NIK = factories.nik_of(1)
OF_A_PERSON = f"new row for {NIK} is refused\nDETAIL:  Failing row contains (Contoh 1, Jalan Contoh)."


def check(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """It is this problem, and has all manners."""
    assert (answer.status_code, problem(answer)) == (status, kind)
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert body["title"]
    assert body["server_time"]
    assert answer.headers["Cache-Control"] == "no-store"
    return body


@pytest.fixture
def stranger(db: None) -> Client:
    """Somebody who hears of a failure instead of seeing it."""
    return Client(raise_request_exception=False)


class TestWhatNobodyForesaw:
    @pytest.fixture
    def _broken(self, office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(**_world: Any) -> None:
            raise RuntimeError(OF_A_PERSON)

        monkeypatch.setattr("printing.api.board.board", fails)

    @pytest.mark.usefixtures("_broken")
    def test_tells_nothing_of_itself(self, stranger: Client) -> None:
        answer = stranger.get("/api/v1/board")
        check(answer, 500, "internal")
        assert not re.search(r"Traceback|RuntimeError|\.py|Contoh|210203", answer.content.decode())

    @pytest.mark.usefixtures("_broken")
    def test_is_logged_once_under_the_name_that_was_told(self, stranger: Client) -> None:
        lines = io.StringIO()
        handler = logging.StreamHandler(lines)
        handler.setFormatter(Formatter())
        logging.getLogger().addHandler(handler)
        try:
            told = stranger.get("/api/v1/board").json()["request_id"]
        finally:
            logging.getLogger().removeHandler(handler)
        log = lines.getvalue()
        assert log.count("Traceback") == 1
        assert f"Internal Server Error: /api/v1/board [{told}]" in log
        assert not re.search(rf"{NIK}|Contoh", log)


class TestAServiceThatIsAway:
    def test_is_said_to_come_back(self, stranger: Client, office: Any, monkeypatch: Any) -> None:
        def away(**_world: Any) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr("printing.api.board.board", away)
        answer = stranger.get("/api/v1/board")
        check(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "5"

    def test_is_said_of_redis_too(self, stranger: Client, office: Any, monkeypatch: Any) -> None:
        gone = Redis(port=1, socket_connect_timeout=0.2)
        monkeypatch.setattr(
            "printing.api.board.cache", type("Gone", (), {"get_or_set": lambda *_asked: gone.ping()})
        )
        check(stranger.get("/api/v1/board"), 503, "unavailable")


class TestAddressesAndMethods:
    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("method", METHODS)
    def test_that_are_not_served_are_documents(self, stranger: Client, method: str, address: str) -> None:
        answer = stranger.generic(method, f"/api/{address}", b"{}", content_type="application/json")
        if answer.status_code >= 400:
            assert problem(answer) in ("not-found", "method-not-allowed", "not-authenticated", "validation")
            assert answer.json()["request_id"] == answer.headers["X-Request-Id"]

    def test_ask_for_no_token_against_forgery(self, office: Any) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies["ektp_session"] = "made up"
        for address in ADDRESSES:
            answer = strict.post(f"/api/{address}", {}, headers={"Origin": "https://elsewhere.example"})
            assert problem(answer) in ("not-found", "method-not-allowed", "not-authenticated")

    def test_of_another_host_are_refused(self, stranger: Client) -> None:
        check(stranger.get("/api/v1/board", headers={"Host": "evil.example"}), 400, "bad-request")
        assert stranger.get("/admin/", headers={"Host": "evil.example"})["Content-Type"].startswith(
            "text/html"
        )

    def test_are_pages_for_people(self, admin_client: Client) -> None:
        assert admin_client.get("/nowhere")["Content-Type"].startswith("text/html")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """gunicorn before a database where nobody listens: what it says needs none, or says so."""
    with web_server(
        tmp_path_factory.mktemp("web"), DATABASE_URL="postgres://a:b@127.0.0.1:1/none"
    ) as address:
        yield address


def ask(server: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    connection = http.client.HTTPConnection(server, timeout=60)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()


def send(server: str, request: bytes) -> tuple[int, str, dict[str, Any]]:
    """Bytes that no library would send."""
    host, _colon, port = server.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as wire:
        wire.sendall(request)
        head, _gap, body = b"".join(iter(lambda: wire.recv(65536), b"")).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), "\n".join(lines[1:]), json.loads(body)


class TestTheRealServer:
    def test_says_when_its_database_is_away(self, server: str) -> None:
        status, headers, body = ask(
            server, "GET", "/api/v1/device", Authorization=f"Device {'0' * 12}.{'A' * 43}"
        )
        assert (status, body["type"], headers["Retry-After"]) == (503, "urn:ektp:problem:unavailable", "5")
        assert body["request_id"] == headers["X-Request-Id"]

    def test_reads_no_session_where_devices_ask(self, server: str) -> None:
        """Sessions are in the database, which is away: whoever read one would say 503."""
        status, headers, _body = ask(server, "GET", "/api/v1/nowhere", Cookie="ektp_session=" + "a" * 32)
        assert (status, headers["Content-Type"]) == (404, "application/problem+json")

    def test_refuses_a_host_that_is_not_the_office(self, server: str) -> None:
        status, headers, body = ask(server, "GET", "/api/v1/board", Host="evil.example")
        assert (status, body["type"]) == (400, "urn:ektp:problem:bad-request")
        assert headers["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/recordings"])
    def test_hears_the_end_of_what_it_will_not_read(self, server: str, path: str) -> None:
        """Else who still sends finds the line cut, and never reads why."""
        for _turn in range(3):
            status, headers, _body = ask(server, "POST", path, bytes(16 * 1024 * 1024))
            assert (status, headers["Content-Type"]) in (
                (404, "application/problem+json"),
                (401, "application/problem+json"),
            )

    def test_says_that_a_body_is_too_large(self, server: str) -> None:
        for size in (300_000, 5_000_000):
            status, _headers, body = ask(
                server, "POST", "/api/v1/device-enrolments", b"x" * size, Content_Type="application/json"
            )
            assert (status, body["type"]) == (413, "urn:ektp:problem:too-large")

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"GET /api/v1/events?cursor=" + b"1" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
            (b"GET /api/v1/board HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
            (b"POST /api/v1/board HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
            (b"GET /api/v1/board HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        ],
        ids=["line", "headers", "length", "version", "no-http"],
    )
    def test_answers_what_is_no_http(self, server: str, request_: bytes, status: int) -> None:
        said, headers, body = send(server, request_)
        assert (said, body["status"], body["type"]) == (status, status, "urn:ektp:problem:bad-request")
        assert "application/problem+json" in headers
