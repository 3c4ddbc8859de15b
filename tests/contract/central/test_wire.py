"""Does the client bear every way in which a line, a proxy or a centre can garble an answer?"""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from registry.central import errors
from registry.central.client import BODY_MAXIMUM, HttpCentral
from registry.central.contract import Reason

NIK = "2102030101850001"
SOMEBODY_ELSE = "2102030101850002"
RECORD = f'{{"nik": "{NIK}", "status": "%s", "since": "2026-11-24T08:00:00+07:00"}}'
GENEROUS = 30.0  # seconds: what a call with a short timeout may take on a machine that is busy otherwise


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
def centre(*parts: bytes, pause: float = 0.0, timeout: float = 5.0) -> Iterator[HttpCentral]:
    """A client before a server that sends ``parts``, with a pause after each, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        try:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                    over.wait(pause)
        except OSError:
            return  # the client has gone, or the test is over

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    client = HttpCentral(f"http://127.0.0.1:{listener.getsockname()[1]}", "secret", timeout=timeout)
    try:
        yield client
    finally:
        over.set()
        client.close()
        listener.close()
        server.join()


# Not the centre's own voice: a proxy, a broken line, or a centre that has too much to do.
BUSY = {
    "429": http(429, "{}"),
    "429 with a type": problem(429, "too-many-requests"),
    "429 with a type of a refusal": problem(429, "refused", reason="x"),
    "503": http(503, "{}"),
    "500 with a type of a refusal": http(500, '{"type": "invalid", "field": "nik"}'),
    "HTML with 200": http(200, "<html>proxy</html>", kind="text/html"),
    "HTML with 404": http(404, "<html>proxy</html>", kind="text/html"),
    "HTML with 502": http(502, "<html>proxy</html>", kind="text/html"),
    "a gateway's JSON": http(404, '{"message": "no route matched"}'),
    "a blank type": problem(409, "about:blank"),
    "a list": http(200, "[]"),
    "nested without end": http(200, "[" * 100_000),
    "half a body": http(200, RECORD % "PROCESSING")[:-20],
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Type: applic",
    "nothing": b"",
    "nothing with 204": http(204, ""),
    "not HTTP": b"\x00\xff\x00\xff",
    "a redirect": http(302, "", "Location: http://127.0.0.1:1/"),
    "too large": http(200, " " * (BODY_MAXIMUM + 1)),
}

# The centre's voice, but not what the contract says.
WRONG = {
    "missing members": http(200, f'{{"nik": "{NIK}"}}'),
    "a NIK that is a number": http(200, (RECORD % "PROCESSING").replace(f'"{NIK}"', NIK)),
    "a status that is nothing": http(200, (RECORD % "PROCESSING").replace('"PROCESSING"', "null")),
    "a status without end": http(200, RECORD % ("X" * 10_000)),
    "a status with a NUL": http(200, RECORD % "PROC\\u0000"),
    "a naive time": http(200, f'{{"nik": "{NIK}", "status": "x", "since": "2026-11-24T08:00:00"}}'),
    "a day that is none": http(200, (RECORD % "x").replace("11-24", "11-31")),
    "somebody else": http(200, (RECORD % "PRINT_READY_RECORD").replace(NIK, SOMEBODY_ELSE)),
    "a refusal that nobody knows": problem(409, "urn:centre:on-strike"),
    "a refusal without its member": problem(409, "command-exists"),
    "a refusal with a wrong member": problem(409, "command-exists", command_id="seven"),
}


class TestAnswers:
    @pytest.mark.parametrize("answer", BUSY.values(), ids=BUSY.keys())
    def test_that_are_not_the_centres_voice_mean_busy_and_never_refused(self, answer: bytes) -> None:
        with centre(answer) as client, pytest.raises(errors.Busy):
            client.recording_status(NIK)

    @pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
    def test_that_break_the_contract_are_never_used(self, answer: bytes) -> None:
        with centre(answer) as client, pytest.raises(errors.WrongAnswer):
            client.recording_status(NIK)

    @pytest.mark.parametrize("answer", [*BUSY.values(), *WRONG.values()], ids=[*BUSY, *WRONG])
    def test_that_are_garbled_never_make_a_command(self, answer: bytes) -> None:
        with centre(answer) as client, pytest.raises((errors.Later, errors.WrongAnswer)):
            client.request_command(key=uuid4(), nik=NIK, office="21.02", reason=Reason.NEW)

    def test_about_strangers_make_a_whole_list_unusable(self) -> None:
        records = f'{{"records": [{RECORD % "x"}, {(RECORD % "x").replace(NIK, SOMEBODY_ELSE)}]}}'
        with centre(http(200, records)) as client, pytest.raises(errors.WrongAnswer):
            client.query_recordings([NIK])

    def test_about_another_command_are_not_used(self) -> None:
        answer = f'{{"command_id": "{uuid4()}", "nik": "{NIK}", "status": "pending"}}'
        with centre(http(200, answer)) as client, pytest.raises(errors.WrongAnswer):
            client.command(uuid4())

    def test_that_issue_a_command_without_its_end_are_not_used(self) -> None:
        answer = (
            f'{{"command_id": "{uuid4()}", "nik": "{NIK}", "status": "issued", '
            '"issued_at": "2026-11-24T08:00:00Z", "expires_at": null}'
        )
        with centre(http(201, answer)) as client, pytest.raises(errors.WrongAnswer):
            client.request_command(key=uuid4(), nik=NIK, office="21.02", reason=Reason.NEW)

    def test_that_lead_from_a_page_to_itself_are_not_followed(self) -> None:
        with centre(http(200, '{"commands": [], "next": "7"}')) as client, pytest.raises(errors.WrongAnswer):
            client.list_commands(office="21.02", cursor="7")

    @pytest.mark.parametrize("word", ["not-found", "no-such-command", "about:blank"])
    def test_of_404_to_a_question_about_a_command_mean_that_there_is_none(self, word: str) -> None:
        with centre(problem(404, word)) as client, pytest.raises(errors.NotFound):
            client.command(uuid4())

    @pytest.mark.parametrize(
        "form",
        ["%s", "urn:centre:%s", "https://centre.example/problems/%s", "about:%s", "/problems#%s", "%s/"],
    )
    def test_are_judged_by_the_last_word_of_their_type(self, form: str) -> None:
        with centre(problem(404, form % "not-visible")) as client, pytest.raises(errors.NotVisible):
            client.recording_status(NIK)

    def test_keep_a_status_that_nobody_knows_as_it_came(self) -> None:
        with centre(http(200, RECORD % "BRAND_NEW")) as client:
            assert client.recording_status(NIK).status == "BRAND_NEW"

    @pytest.mark.parametrize(
        "since", ["2026-11-24T01:00:00Z", "2026-11-24t01:00:00z", "2026-11-24T08:00:00.000000001+07:00"]
    )
    def test_may_write_one_moment_in_every_way_of_the_standard(self, since: str) -> None:
        answer = f'{{"nik": "{NIK}", "status": "x", "since": "{since}"}}'
        with centre(http(200, answer)) as client:
            assert client.recording_status(NIK).since.timestamp() == 1795482000


class TestTime:
    @pytest.mark.parametrize("parts", [[b""], [b"HTTP/1.1 200 OK\r\n"]], ids=["no head", "half a head"])
    def test_runs_out_for_an_answer_that_does_not_come(self, parts: list[bytes]) -> None:
        with centre(*parts, pause=60, timeout=0.3) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert busy.value.timed_out
        assert busy.value.reached

    @pytest.mark.parametrize("whole_first", [17, 80], ids=["in its head", "in its body"])
    def test_runs_out_for_an_answer_that_drips(self, whole_first: int) -> None:
        whole = http(200, RECORD % "PROCESSING" + " " * 2000)
        drops = [whole[:whole_first], *(bytes([byte]) for byte in whole[whole_first:])]
        began = time.monotonic()
        with centre(*drops, pause=0.1, timeout=1.0) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert busy.value.timed_out
        assert time.monotonic() - began < GENEROUS  # the drops alone take more than three minutes

    def test_does_not_run_out_for_the_next_call(self) -> None:
        with centre(b"", pause=60, timeout=0.3) as late, pytest.raises(errors.Busy):
            late.recording_status(NIK)
        with centre(http(200, RECORD % "PROCESSING"), timeout=GENEROUS) as client:
            assert client.recording_status(NIK).nik == NIK


class TestEffect:
    @pytest.mark.parametrize("name", ["nothing", "half a body", "half a head", "HTML with 200", "too large"])
    def test_is_possible_when_nothing_readable_comes_back(self, name: str) -> None:
        with centre(BUSY[name]) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert busy.value.timed_out

    @pytest.mark.parametrize("name", ["429", "503", "HTML with 502"])
    def test_is_ruled_out_when_the_centre_says_so(self, name: str) -> None:
        with centre(BUSY[name]) as client, pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        assert not busy.value.timed_out

    def test_is_impossible_where_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = HttpCentral(nowhere, "secret", timeout=5)
        with pytest.raises(errors.Busy) as busy:
            client.recording_status(NIK)
        client.close()
        assert not busy.value.reached


class TestHints:
    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            (["Retry-After: 7"], 7),
            (["Retry-After: 999999999999"], 86400),
            (["Date: Tue, 24 Nov 2026 01:00:00 GMT", "Retry-After: Tue, 24 Nov 2026 01:02:00 GMT"], 120),
            (["Retry-After: Fri, 31 Dec 2199 23:59:59 GMT"], 86400),
            (["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], 0),
            (["Retry-After: nan"], None),
            (["Retry-After: -5"], None),
            (["Retry-After: soon"], None),
            (["X: y"], None),
        ],
    )
    def test_say_when_to_come_back(self, headers: list[str], seconds: float | None) -> None:
        for status in (429, 503):
            with centre(http(status, "{}", *headers)) as client, pytest.raises(errors.Busy) as busy:
                client.recording_status(NIK)
            assert busy.value.retry_after == seconds

    @pytest.mark.parametrize("wait", ["1e400", "-1", '"soon"', "null", "true"])
    def test_that_make_no_sense_do_not_spoil_a_pending_command(self, wait: str) -> None:
        answer = f'{{"command_id": "{uuid4()}", "nik": "{NIK}", "status": "pending", "retry_after": {wait}}}'
        with centre(http(202, answer)) as client:
            command = client.request_command(key=uuid4(), nik=NIK, office="21.02", reason=Reason.NEW)
        assert command.retry_after is None

    @pytest.mark.parametrize(
        ("opens_at", "known"), [("2026-11-25T08:00:00+07:00", True), ("", False), ("besok", False)]
    )
    def test_of_a_closed_centre_may_be_missing(self, opens_at: str, known: bool) -> None:
        answer = problem(503, "urn:centre:closed", opens_at=opens_at)
        with centre(answer) as client, pytest.raises(errors.Closed) as closed:
            client.recording_status(NIK)
        assert (closed.value.opens_at is not None) is known


class TestCredential:
    @pytest.mark.parametrize(
        "answer", [http(401, "{}"), problem(403, "forbidden"), http(403, "<html>", kind="text/html")]
    )
    def test_that_is_not_accepted_waits_for_a_person(self, answer: bytes) -> None:
        with centre(answer) as client, pytest.raises(errors.Unauthorized):
            client.recording_status(NIK)

    def test_is_not_to_blame_for_a_quota(self) -> None:
        answer = problem(403, "quota-exhausted", resets_at="2026-11-25T00:00:00+07:00")
        with centre(answer) as client, pytest.raises(errors.QuotaExhausted) as quota:
            client.recording_status(NIK)
        assert quota.value.resets_at is not None


class TestPrivacy:
    ANSWERS = (
        *BUSY.values(),
        *WRONG.values(),
        http(200, RECORD % NIK),
        http(200, f'{{"nik": "{NIK}", "status": "x", "since": "{NIK}"}}'),
        problem(422, "refused", reason=f"NIK {NIK} tidak sesuai"),
        problem(422, "invalid", field=NIK, detail=NIK),
        problem(409, "not-print-ready", central_status=NIK),
        problem(409, NIK),
        f"HTTP/1.1 {NIK} x\r\n\r\n".encode(),
    )

    def test_leaves_no_nik_in_errors_tracebacks_and_logs(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        for answer in self.ANSWERS:
            with centre(answer) as client, pytest.raises(errors.CentralError) as raised:
                client.recording_status(NIK)
            error = raised.value
            shown = "".join(traceback.format_exception(error)) + repr(vars(error))
            # The line of this test that makes the call is in every traceback, by its name alone.
            assert NIK not in shown
        with centre(http(200, RECORD % "PROCESSING")) as client:
            client.recording_status(NIK)
        assert NIK not in caplog.text

    def test_masks_a_nik_in_the_centres_words_for_a_clerk(self) -> None:
        answer = problem(422, "refused", reason=f"NIK {NIK} tidak sesuai")
        with centre(answer) as client, pytest.raises(errors.Refused) as refused:
            client.recording_status(NIK)
        assert refused.value.reason == "NIK 2102••••••••0001 tidak sesuai"
