"""Does a proxy that asks for certificates let in whom the office's CA knows, and nobody else?

The proxy here is a few lines of Python that do what docs/api.md tells nginx to do.
"""

from __future__ import annotations

import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import factories
from tests.devices import Speaker, a_device

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: str, folder: Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def an_authority(folder: Path, name: str) -> None:
    openssl(
        "req", "-x509", *CURVE, "-days", "1", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
        "-out", f"{name}.crt", folder=folder,
    )  # fmt: skip


def a_certificate(folder: Path, name: str, *, by: str) -> ssl.SSLContext:
    """What a device holds: its certificate, and trust in the server's."""
    openssl(
        "req", *CURVE, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr", folder=folder
    )
    openssl(
        "x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial",
        "-days", "1", "-out", f"{name}.crt", folder=folder,
    )  # fmt: skip
    context = without_certificate(folder)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


def without_certificate(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "server.crt"))
    context.check_hostname = False
    return context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The authority of the devices, a stranger's authority, and the server's certificate."""
    for name in ("devices", "strangers", "server"):
        an_authority(tmp_path, name)
    return tmp_path


@pytest.fixture
def proxy(folder: Path, live_server: Any) -> Iterator[int]:
    """The port of a proxy before the office."""
    office = urlsplit(live_server.url).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            inner = http.client.HTTPConnection(office, timeout=30)
            headers = {"Authorization": self.headers["Authorization"], "X-Forwarded-Proto": "https"}
            headers["X-Forwarded-For"] = self.client_address[0]
            inner.request("GET", self.path, headers=headers)
            answer = inner.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            inner.close()

        def log_message(self, *_words: Any) -> None:
            """Silence."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_words: Any) -> None:
            """A refused handshake is what we are here for."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "devices.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, context: ssl.SSLContext, speaker: Speaker) -> int:
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
    try:
        connection.request("GET", "/api/v1/device", headers={"Authorization": f"Device {speaker.key}"})
        return connection.getresponse().status
    finally:
        connection.close()


class TestClientCertificate:
    def test_of_the_office_is_let_in(self, proxy: int, folder: Path, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        kiosk = a_device(factories.an_office(), "status", networks=("127.0.0.0/8",))
        assert ask(proxy, a_certificate(folder, "kiosk", by="devices"), kiosk) == 200

    def test_does_not_stand_for_the_key(self, proxy: int, folder: Path) -> None:
        kiosk = a_device(factories.an_office(), "status")
        stranger = Speaker(kiosk.device, kiosk.key[:-3] + "AAA")
        assert ask(proxy, a_certificate(folder, "kiosk", by="devices"), stranger) == 401

    @pytest.mark.parametrize("by", ["", "strangers"])
    def test_of_nobody_or_of_others_is_not(self, proxy: int, folder: Path, by: str) -> None:
        kiosk = a_device(factories.an_office(), "status")
        context = a_certificate(folder, "kiosk", by=by) if by else without_certificate(folder)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(proxy, context, kiosk)
