"""Does nginx with docs/nginx.conf let in whom it should, and does the office behind it see who asks?

The authority of the devices is made by the very lines of docs/api.md.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ektp_project.embedded.ground import free_port
from ektp_project.processes import WEB_SECONDS
from registry.api.manners.problems import TITLES
from tests import factories
from tests.devices import a_device, a_recording
from tests.web import web_server

DOCS = Path(__file__).resolve().parents[3] / "docs"
CONF = (DOCS / "nginx.conf").read_text(encoding="utf-8")
NAME = "ektp.example.go.id"
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
PATIENCE = 60.0  # seconds; a busy machine is no failure
MEBIBYTE = 1 << 20
AROUND = """
daemon off; pid {folder}/nginx.pid; error_log stderr warn; {user}
events {{}}
http {{
    access_log off; include /etc/nginx/mime.types;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/office.conf;
}}
"""
SAID_ONCE = (
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def problem(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        return str(json.loads(self.body)["type"]).removeprefix("urn:ektp:problem:")


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its ports, and the folder with the certificates."""

    folder: Path
    plain: int
    secure: int
    pid: int

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        device: str = "",
        source: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request over TLS; ``device``: whose certificate, ``source``: from which address."""
        line = http.client.HTTPSConnection(
            "127.0.0.1",
            self.secure,
            context=trusting(self.folder, device),
            timeout=PATIENCE,
            source_address=(source, 0),
        )
        try:
            line.request(method, path, body, {"Host": NAME, **(headers or {})})
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def reload(self) -> None:
        os.kill(self.pid, signal.SIGHUP)


def trusting(folder: Path, device: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "server.crt"))
    context.check_hostname = False
    if device:
        context.load_cert_chain(folder / f"{device}.crt", folder / f"{device}.key")
    return context


def documented(heading: str) -> list[str]:
    """The shell lines of one chapter of docs/api.md."""
    api = (DOCS / "api.md").read_text(encoding="utf-8")
    chapter = api.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)


def run(script: str, *, folder: Path) -> None:
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The devices' authority with a kiosk, a stranger who is his own, and the server's certificate."""
    if PROGRAM is None:
        lack = "nginx missing: apt-get install nginx-light"
        pytest.fail(lack) if os.environ.get("CI") else pytest.skip(lack)
    folder = tmp_path_factory.mktemp("certificates")
    authority, device, _revocation = documented("Client certificates (mTLS)")
    run(authority + device, folder=folder)
    own = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    for name in ("server", "stranger"):
        run(f"{own} -subj /CN={name} -keyout {name}.key -out {name}.crt", folder=folder)
    return folder


@pytest.fixture
def folder(certificates: Path, tmp_path: Path) -> Path:
    """The same for one test, which may spoil it."""
    return shutil.copytree(certificates, tmp_path / "nginx")


@pytest.fixture(scope="module")
def office(
    certificates: Path, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """``host:port`` of a real office that believes in TLS and in one proxy."""
    given = {"HTTPS": "1", "DEVICE_CERTIFICATES": "1", "ALLOWED_HOSTS": f"{NAME},127.0.0.1"}
    with web_server(tmp_path_factory.mktemp("office"), **given) as address:
        yield address


@contextmanager
def nginx(folder: Path, *, office: str) -> Iterator[Proxy]:
    """nginx as documented, but for ports and places."""
    plain, secure = free_port(), free_port()
    conf = CONF
    for documented_, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("http://127.0.0.1:8000", f"http://{office}"),
        ("/etc/ektp/", f"{folder}/"),
    ):
        assert documented_ in conf
        conf = conf.replace(documented_, here)
    (folder / "office.conf").write_text(conf, encoding="utf-8")
    around = AROUND.format(folder=folder, user="user root;" if os.geteuid() == 0 else "")
    (folder / "nginx.conf").write_text(around, encoding="utf-8")
    assert PROGRAM is not None
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "-p", str(folder), "-c", str(folder / "nginx.conf")], stdout=log, stderr=log
        )
    proxy = Proxy(folder, plain, secure, process.pid)
    try:
        until(lambda: speaks(proxy))
        yield proxy
    finally:
        process.terminate()
        process.wait(PATIENCE)
        print((folder / "nginx.log").read_text())  # pytest shows it when the test failed


def speaks(proxy: Proxy) -> bool:
    try:
        proxy.ask("/metrics")
    except OSError:
        return False
    return True


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.1)


@pytest.fixture
def proxy(folder: Path, office: str) -> Iterator[Proxy]:
    """nginx before the office."""
    with nginx(folder, office=office) as proxy:
        yield proxy


def a_kiosk(*scopes: str, name: str = "Kios Moro 1", networks: tuple[str, ...] = ()) -> dict[str, str]:
    """What a device says of itself. ``name`` is that of the documented certificate."""
    speaker = a_device(factories.an_office(), *scopes, name=name, networks=networks)
    return {"Authorization": f"Device {speaker.key}"}


class TestDevices:
    def test_are_let_in_by_certificate_and_key_together(self, proxy: Proxy) -> None:
        kiosk = a_kiosk("status")
        wrong = {"Authorization": kiosk["Authorization"][:-3] + "AAA"}

        assert proxy.ask("/api/v1/device", device="kiosk", headers=kiosk).status == 200
        assert proxy.ask("/api/v1/device", device="kiosk", headers=wrong).problem == "not-authenticated"
        for device in ("", "stranger"):
            refused = proxy.ask("/api/v1/device", device=device, headers=kiosk)
            assert (refused.status, refused.problem) == (403, "permission-denied")

    def test_need_the_certificate_of_their_own(self, proxy: Proxy) -> None:
        other = a_kiosk("status", name="Kios Moro 2")
        for claimed in ({}, {"X-Device-Name": "Kios Moro 2"}, {"X_Device_Name": "Kios Moro 2"}):
            refused = proxy.ask("/api/v1/device", device="kiosk", headers=other | claimed)
            assert (refused.status, refused.problem) == (403, "permission-denied")

    def test_are_struck_out_by_revocation(self, proxy: Proxy) -> None:
        kiosk = a_kiosk("status")
        _authority, _device, revocation = documented("Client certificates (mTLS)")

        run(revocation, folder=proxy.folder)
        proxy.reload()

        until(lambda: proxy.ask("/api/v1/device", device="kiosk", headers=kiosk).status == 403)

    def test_are_known_by_the_address_that_nginx_saw(self, proxy: Proxy) -> None:
        """Linux answers for all of 127.0.0.0/8."""
        kiosk = a_kiosk("status", networks=("127.0.0.2/32",))
        elsewhere = {
            "X-Forwarded-For": "127.0.0.2",
            "X_Forwarded_For": "127.0.0.2",
            "Forwarded": "for=127.0.0.2",
        }

        def ask(source: str, **claimed: str) -> int:
            return proxy.ask("/api/v1/device", device="kiosk", source=source, headers=kiosk | claimed).status

        assert ask("127.0.0.2") == 200
        assert ask("127.0.0.1") == 403
        assert ask("127.0.0.1", **elsewhere) == 403

    def test_deliver_a_recording_in_whole_pieces(self, proxy: Proxy) -> None:
        station = a_kiosk()
        photo = bytes(MEBIBYTE)
        files = a_recording(1)["files"] | {
            "photo": {"sha256": hashlib.sha256(photo).hexdigest(), "bytes": len(photo)}
        }
        recording = a_recording(1, files=files)
        told = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        taken = proxy.ask(
            "/api/v1/recordings",
            method="POST",
            body=json.dumps(recording).encode(),
            device="kiosk",
            headers=station | told,
        )
        assert taken.status == 201, taken.body
        where = f"/api/v1/recordings/{recording['recording_id']}/files/photo"
        piece = {"Content-Type": "application/octet-stream", "Upload-Offset": "0"}

        done = proxy.ask(where, method="PATCH", body=photo, device="kiosk", headers=station | piece)
        assert done.status < 300, done.body
        large = proxy.ask(
            where, method="PATCH", body=bytes(3 * MEBIBYTE), device="kiosk", headers=station | piece
        )
        assert (large.status, large.problem) == (413, "too-large")
        assert "temporary file" not in (proxy.folder / "nginx.log").read_text()  # nginx warns of each


class TestClerks:
    def test_need_no_certificate_and_get_each_header_once(self, proxy: Proxy) -> None:
        page = proxy.ask("/account/login/")

        assert page.status == 200
        said = [name.lower() for name in page.headers if name.lower() in SAID_ONCE]
        assert sorted(said) == sorted(SAID_ONCE)

    def test_get_the_static_files(self, proxy: Proxy) -> None:
        style = proxy.ask("/static/office/theme.css", headers={"Accept-Encoding": "gzip"})

        assert style.status == 200
        assert style.headers.get_content_type() == "text/css"

    def test_bring_long_lists(self, proxy: Proxy) -> None:
        answer = proxy.ask("/admin/printing/importbatch/add/", method="POST", body=bytes(4 * MEBIBYTE))

        assert answer.status in (302, 403)  # who is not signed in is told so by the office, not by nginx

    @pytest.mark.parametrize("path", ["/metrics", "/readyz"])
    def test_do_not_see_what_is_for_inside(self, proxy: Proxy, path: str) -> None:
        assert proxy.ask(path).status == 403

    def test_are_sent_to_tls(self, proxy: Proxy) -> None:
        line = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=PATIENCE)
        line.request("GET", "/admin/", headers={"Host": "evil.example"})
        answer = line.getresponse()
        line.close()

        assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/admin/")

    def test_cannot_say_that_they_came_without_tls(self, proxy: Proxy) -> None:
        """Or under another path: gunicorn believes SCRIPT_NAME of a proxy."""
        claimed = {"X-Forwarded-Proto": "http", "SCRIPT_NAME": "/elsewhere"}

        assert proxy.ask("/account/login/", headers=claimed).status == 200


class TestAnOfficeThatIsAway:
    def test_is_told_as_it_would_tell_it(self, folder: Path) -> None:
        with nginx(folder, office=f"127.0.0.1:{free_port()}") as proxy:
            answer = proxy.ask("/api/v1/device", device="kiosk")

        assert (answer.status, answer.problem, answer.headers["Retry-After"]) == (503, "unavailable", "5")


class TestTheFile:
    def test_waits_longer_than_the_office_works(self) -> None:
        (seconds,) = re.findall(r"proxy_read_timeout\s+(\d+)s;", CONF)
        assert int(seconds) > WEB_SECONDS

    def test_uses_the_offices_words(self) -> None:
        told = dict(re.findall(r'"type":"urn:ektp:problem:([a-z-]+)","title":"([^"]+)"', CONF))
        assert told == {name: str(TITLES[name]) for name in told}
        assert len(told) == 3
