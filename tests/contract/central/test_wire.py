"""Does the client understand every way in which a line or a proxy can garble an answer?"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from registry.central import errors
from registry.central.client import HttpCentral
from registry.central.contract import Reason

NIK = "2102030101850001"
RECORD = f'{{"nik": "{NIK}", "status": "%s", "since": "2026-11-24T08:00:00+07:00"}}'


def http(status: int, body: str, *headers: str, kind: str = "application/json") -> bytes:
    """One HTTP answer."""
    head = [
        f"HTTP/1.1 {status} x",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body.encode())}",
        *headers,
    ]
    return ("\r\n".join([*head, "Connection: close", "", body])).encode()


def problem(status: int, word: str, **members: str) -> bytes:
    """A problem document."""
    more = "".join(f', "{name}": "{value}"' for name, value in members.items())
    return http(status, f'{{"type": "{word}", "title": "x"{more}}}', kind="application/problem+json")


@contextmanager
def centre(*parts: bytes, pause: float = 0.0, timeout: float = 2.0) -> Iterator[HttpCentral]:
    """A client before a server that sends ``parts``, with a pause after each, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
        except OSError:
            return  # the client has gone, or the test is over

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    client = HttpCentral(f"http://127.0.0.1:{listener.getsockname()[1]}", "secret", timeout=timeout)
    try:
        yield client
    finally:
        client.close()
        listener.close()
        server.join()


BUSY = {
    "429": http(429, "{}"),
    "503": http(503, "{}"),
    "500": http(500, '{"type": "invalid", "field": "nik"}'),
    "html": http(200, "<html>proxy</html>", kind="text/html"),
    "html 502": http(502, "<html>proxy</html>", kind="text/html"),
    "a list": http(200, "[]"),
    "missing members": http(200, '{"nik": "x"}'),
    "a naive time": http(200, f'{{"nik": "{NIK}", "status": "x", "since": "2026-11-24T08:00:00"}}'),
    "half a body": http(200, RECORD % "PROCESSING")[:-20],
    "nothing": b"",
    "not http": b"\x00\xff\x00\xff",
    "a redirect": http(302, "", "Location: http://127.0.0.1:1/"),
    "too large": http(200, " " * (5 * 1024 * 1024)),
}


class TestAnswers:
    @pytest.mark.parametrize("answer", BUSY.values(), ids=BUSY.keys())
    def test_that_cannot_be_understood_mean_busy_and_never_refused(self, answer: bytes) -> None:
        with centre(answer) as client, pytest.raises(errors.Busy):
            client.recording_status(NIK)

    def test_that_do_not_come_time_out(self) -> None:
        with centre(b"", pause=3.0, timeout=0.3) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert busy.value.timed_out

    def test_that_drip_do_not_outlive_the_deadline(self) -> None:
        whole = http(200, RECORD % "PROCESSING" + " " * 50)
        drops = [whole[:60], *(bytes([byte]) for byte in whole[60:])]
        with centre(*drops, pause=0.05, timeout=1.0) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert busy.value.timed_out

    @pytest.mark.parametrize(
        ("header", "least", "most"),
        [
            ("Retry-After: 7", 7, 7),
            ("Retry-After: Fri, 31 Dec 2199 23:59:59 GMT", 1e9, 1e10),
            ("X: y", None, None),
        ],
    )
    def test_may_say_when_to_come_back(self, header: str, least: float | None, most: float | None) -> None:
        with centre(http(503, "{}", header)) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        if least is None:
            assert busy.value.retry_after is None
        else:
            assert least <= busy.value.retry_after <= most

    @pytest.mark.parametrize(
        "form", ["%s", "urn:centre:%s", "https://centre.example/problems/%s", "about:%s"]
    )
    def test_are_judged_by_the_last_word_of_their_type(self, form: str) -> None:
        with centre(problem(404, form % "not-visible")) as client, pytest.raises(errors.NotVisible):
            client.recording_status(NIK)

    def test_closed_is_no_fault(self) -> None:
        answer = problem(503, "closed", opens_at="2026-11-25T08:00:00+07:00")
        with centre(answer) as client, pytest.raises(errors.Closed) as closed:
            client.recording_status(NIK)
        assert closed.value.opens_at is not None

    def test_keep_a_word_that_nobody_knows(self) -> None:
        with centre(http(200, RECORD % "BRAND_NEW")) as client:
            assert client.recording_status(NIK).status == "BRAND_NEW"

    def test_about_somebody_else_are_not_used(self) -> None:
        answer = (RECORD % "PRINT_READY_RECORD").replace(NIK, "2102030101850002")
        with centre(http(200, answer)) as client, pytest.raises(errors.WrongAnswer):
            client.recording_status(NIK)

    def test_to_a_wrong_credential_wait_for_a_person(self) -> None:
        with centre(http(401, "{}")) as client, pytest.raises(errors.Unauthorized):
            client.recording_status(NIK)


class TestTheLine:
    def test_to_nowhere_is_busy_and_surely_reached_nobody(self) -> None:
        client = HttpCentral("http://127.0.0.1:1", "secret", timeout=2)
        with pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        client.close()
        assert not busy.value.reached

    def test_leaves_no_nik_in_errors_and_logs(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        for answer in (*BUSY.values(), problem(404, "not-visible"), problem(422, "invalid", field="nik")):
            with centre(answer) as client, pytest.raises(errors.CentralError) as error:
                client.request_command(key=uuid4(), nik=NIK, office="21.02", reason=Reason.NEW)
            assert NIK not in repr(error.value)
        assert NIK not in caplog.text
