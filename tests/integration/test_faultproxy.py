"""Is the bad line bad in the way it says, and good otherwise?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from tests.faultproxy import Fault, FaultProxy, Faults, fault_proxy

BODY = b"a recording" * 200


class Server(ThreadingHTTPServer):
    """Remembers what it was asked, in the order of arrival."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == BODY:
            self.server.asked.append(self.path)  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(line: FaultProxy, path: str = "/", *, timeout: float = 2.0) -> bool:
    """Whether an answer came."""
    try:
        return httpx2.post(line.url + path, content=BODY, timeout=timeout).status_code == 200
    except httpx2.TransportError:
        return False


class TestAGoodLine:
    def test_changes_nothing(self, server: Server) -> None:
        with fault_proxy(port=server.server_port) as line, httpx2.Client(base_url=line.url) as client:
            for number in range(5):
                assert client.post(f"/{number}", content=BODY).text == "ok"
        assert server.asked == [f"/{number}" for number in range(5)]
        assert line.counts == {Fault.NONE: 5}

    def test_is_slow_when_told_to(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(delay=0.5)) as line:
            began = time.monotonic()
            assert all(ask(line) for _ in range(4))
        assert time.monotonic() - began > 0.5

    def test_goes_down_and_comes_back(self, server: Server) -> None:
        with fault_proxy(port=server.server_port) as line:
            line.down()
            assert not ask(line)
            line.up()
            assert ask(line)


class TestABadLine:
    def test_breaks_in_the_question(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(cut_asking=1.0)) as line:
            answers = [ask(line) for _ in range(8)]
        assert not all(answers)
        assert len(server.asked) < 8

    def test_breaks_in_the_answer(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(cut_answering=1.0)) as line:
            answers = [ask(line) for _ in range(8)]
        assert not all(answers)
        assert len(server.asked) == 8

    def test_is_silent(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(black_hole=1.0)) as line:
            assert not any(ask(line, timeout=0.3) for _ in range(6))
        assert 0 < len(server.asked) < 6

    def test_says_everything_twice(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(double=1.0, late=0.1)) as line:
            assert all(ask(line, f"/{number}") for number in range(4))
        assert sorted(server.asked) == sorted(2 * [f"/{number}" for number in range(4)])

    def test_delivers_after_later_questions_what_it_said_was_lost(self, server: Server) -> None:
        with fault_proxy(port=server.server_port, faults=Faults(reorder=1.0, late=1.0)) as line:
            assert not ask(line, "/first")
            line.faults = Faults()
            assert ask(line, "/second")
        assert server.asked == ["/second", "/first"]
