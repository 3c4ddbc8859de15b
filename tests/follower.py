"""How does a test follow its requests? With an HTTP server of its own that hears what the office sends."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from registry import outbound


@dataclass(frozen=True)
class Message:
    """One delivery, as it came over the wire."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def news(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        expected = outbound.signature(
            secret, message_id=self.id, timestamp=int(self.headers["webhook-timestamp"]), body=self.body
        )
        return self.headers["webhook-signature"] == expected


@dataclass
class Follower:
    """A system of somebody else's. ``refuses``: how often it fails each message before it takes it."""

    url: str
    status: int = 204
    refuses: int = 0
    heard: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)

    def take(self, message: Message) -> int:
        """What is answered to this message."""
        self.heard.append(message)
        if Counter(one.id for one in self.heard)[message.id] <= self.refuses:
            return 503
        if self.status < 300:
            self.taken.append(message)
        return self.status


@contextmanager
def a_follower(**character: int) -> Iterator[Follower]:
    """One that listens until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(found.take(Message(dict(self.headers), body)))
            self.send_header("Location", found.url)
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Follower(f"http://127.0.0.1:{server.server_address[1]}/news", **character)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
