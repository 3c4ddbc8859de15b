"""Does every answer of an IPP printer, good, bad or nonsense, lead in the right direction?

A scripted printer answers by operation; what a real one does stands in the integration tests.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from typing import Any

import httpx2
import pytest

from printing.printers import ipp
from printing.printers.base import PrintDoubt, PrinterUnavailable, PrintState, Sheet
from printing.printers.ipp import IppPrinter
from printing.printers.ipp_message import Group, Operation, Tag, Value, decode, encode, keyword

SHEET = Sheet("ektp-7-1-abc", b"%PDF-1.4 both sides")
PENDING, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = 3, 5, 6, 7, 8, 9
Answer = Callable[[int], httpx2.Response]


def said(status: int = 0, *groups: tuple[Group, Mapping[str, Any]]) -> Answer:
    """An IPP answer of this status."""

    def answer(number: int) -> httpx2.Response:
        body = encode(status, request_id=number, groups=groups)  # type: ignore[arg-type]
        return replies(200, body)(number)

    return answer


def about_printer(**more: Any) -> Answer:
    return said(
        0,
        (
            Group.PRINTER,
            {
                "printer-state": Value(Tag.ENUM, 3),
                "printer-state-reasons": keyword("none"),
                "printer-is-accepting-jobs": Value(Tag.BOOLEAN, True),
                **{name.replace("_", "-"): value for name, value in more.items()},
            },
        ),
    )


def job(state: int, *, name: str = SHEET.name, **more: Any) -> tuple[Group, Mapping[str, Any]]:
    attributes = {
        "job-id": Value(Tag.INTEGER, 7),
        "job-name": Value(Tag.NAME, name),
        "job-state": Value(Tag.ENUM, state),
        **{key.replace("_", "-"): value for key, value in more.items()},
    }
    return Group.JOB, attributes


def fails(error: Exception) -> Answer:
    def answer(_number: int) -> httpx2.Response:
        raise error

    return answer


def replies(status: int, content: bytes = b"") -> Answer:
    return lambda _number: httpx2.Response(status, stream=httpx2.ByteStream(content))


class Script:
    """What the printer answers to each operation; several answers are given one after the other."""

    def __init__(self) -> None:
        self.asked: list[Operation] = []
        self.bodies: list[bytes] = []
        self.plan: dict[Operation, Iterator[Answer]] = {}
        self.will(Operation.GET_PRINTER_ATTRIBUTES, about_printer())
        self.will(Operation.VALIDATE_JOB, said())
        self.will(Operation.PRINT_JOB, said(0, job(PROCESSING)))
        self.will(Operation.GET_JOB_ATTRIBUTES, said(0, job(COMPLETED)))
        self.will(Operation.GET_JOBS, said())
        self.will(Operation.CANCEL_JOB, said())

    def will(self, operation: Operation, *answers: Answer) -> None:
        """Answer like this; the last answer stays."""

        def one_by_one() -> Iterator[Answer]:
            yield from answers
            yield from repeat(answers[-1])

        self.plan[operation] = one_by_one()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        _version, operation, number = struct.unpack(">2shi", body[:8])
        self.asked.append(Operation(operation))
        self.bodies.append(body)
        return next(self.plan[Operation(operation)])(number)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def printer(script: Script) -> IppPrinter:
    return IppPrinter(address="ipp://printer/ipp/print", transport=httpx2.MockTransport(script))


class TestSend:
    def test_asks_before_it_sends_and_then_waits(self, script: Script, printer: IppPrinter) -> None:
        result = printer.send(SHEET)
        assert (result.state, result.reference) == (PrintState.DONE, "7")
        assert script.asked == [
            Operation.GET_PRINTER_ATTRIBUTES,
            Operation.VALIDATE_JOB,
            Operation.PRINT_JOB,
            Operation.GET_JOB_ATTRIBUTES,
        ]

    def test_names_the_job_and_adds_the_document(self, script: Script, printer: IppPrinter) -> None:
        printer.send(SHEET)
        sent = script.bodies[2]
        assert sent.endswith(b"\x03" + SHEET.document)
        assert decode(sent).first(Group.OPERATION)["job-name"] == [SHEET.name]

    def test_validates_the_very_attributes_that_it_sends(self, script: Script, printer: IppPrinter) -> None:
        printer.send(SHEET)
        validated, sent = (decode(script.bodies[n]).groups for n in (1, 2))
        assert validated == sent

    def test_looks_until_the_job_has_ended(self, script: Script, printer: IppPrinter) -> None:
        script.will(
            Operation.GET_JOB_ATTRIBUTES,
            said(0, job(PENDING)),
            said(0, job(STOPPED)),
            said(0, job(COMPLETED)),
        )
        assert printer.send(SHEET).state is PrintState.DONE

    def test_looks_on_when_one_answer_is_nonsense(self, script: Script, printer: IppPrinter) -> None:
        script.will(Operation.GET_JOB_ATTRIBUTES, replies(200, b"<html>"), said(), said(0, job(COMPLETED)))
        assert printer.send(SHEET).state is PrintState.DONE


class TestSendWhenNothingWasSent:
    @pytest.mark.parametrize(
        "about",
        [
            about_printer(printer_state_reasons=keyword("media-empty-report")),
            about_printer(printer_state=Value(Tag.ENUM, 5)),
            about_printer(printer_is_accepting_jobs=Value(Tag.BOOLEAN, False)),
            about_printer(document_format_supported=[Value(Tag.MIME_TYPE, "image/urf")]),
        ],
    )
    def test_a_printer_that_cannot_is_not_even_asked(
        self, script: Script, printer: IppPrinter, about: Answer
    ) -> None:
        script.will(Operation.GET_PRINTER_ATTRIBUTES, about)
        with pytest.raises(PrinterUnavailable):
            printer.send(SHEET)
        assert Operation.VALIDATE_JOB not in script.asked

    @pytest.mark.parametrize(
        "trouble",
        [
            said(0x040B),
            said(0x0500),
            replies(500),
            replies(200, b"<html>"),
            fails(httpx2.ReadTimeout("slow")),
        ],
    )
    def test_a_validation_that_brings_no_yes_sends_nothing(
        self, script: Script, printer: IppPrinter, trouble: Answer
    ) -> None:
        script.will(Operation.VALIDATE_JOB, trouble)
        with pytest.raises(PrinterUnavailable):
            printer.send(SHEET)
        assert Operation.PRINT_JOB not in script.asked

    @pytest.mark.parametrize(
        "refusal",
        [
            said(0x0400),
            said(0x0403),
            said(0x0506),
            said(0x0507),
            replies(401),
            replies(404),
            replies(413),
            replies(302),
            fails(httpx2.ConnectError("refused")),
            fails(httpx2.ConnectTimeout("silent")),
            fails(httpx2.PoolTimeout("all in use")),
        ],
    )
    def test_a_clear_refusal_printed_nothing(
        self, script: Script, printer: IppPrinter, refusal: Answer
    ) -> None:
        script.will(Operation.PRINT_JOB, refusal)
        with pytest.raises(PrinterUnavailable):
            printer.send(SHEET)

    def test_says_the_printer_s_own_words(self, script: Script, printer: IppPrinter) -> None:
        words = {"status-message": Value(Tag.TEXT, "Currently printing another job.")}
        script.will(Operation.PRINT_JOB, said(0x0507, (Group.OPERATION, words)))
        with pytest.raises(PrinterUnavailable, match="another job"):
            printer.send(SHEET)


class TestSendWhenNobodyKnows:
    @pytest.mark.parametrize(
        "trouble",
        [
            said(0x0500),
            said(0x0504),
            said(0x0508),
            said(0x0411),
            said(0),
            said(0, (Group.JOB, {"job-state": Value(Tag.ENUM, 3)})),
            lambda number: said(0, job(PROCESSING))(number + 1),
            replies(500),
            replies(504),
            replies(408),
            replies(200, b"<html>busy</html>"),
            replies(200),
            fails(httpx2.ReadTimeout("no answer")),
            fails(httpx2.WriteTimeout("stuck")),
            fails(httpx2.WriteError("broken pipe")),
            fails(httpx2.ReadError("reset")),
            fails(httpx2.RemoteProtocolError("closed")),
        ],
    )
    def test_is_a_doubt(self, script: Script, printer: IppPrinter, trouble: Answer) -> None:
        script.will(Operation.PRINT_JOB, trouble)
        with pytest.raises(PrintDoubt):
            printer.send(SHEET)

    def test_an_answer_without_an_end_is_a_doubt(
        self, script: Script, printer: IppPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ipp, "LARGEST_ANSWER", 1000)
        script.will(Operation.PRINT_JOB, replies(200, b"x" * 1001))
        with pytest.raises(PrintDoubt):
            printer.send(SHEET)

    def test_is_never_said_with_the_name_of_the_job(self, script: Script, printer: IppPrinter) -> None:
        script.will(Operation.PRINT_JOB, fails(httpx2.ReadError(SHEET.name)))
        with pytest.raises(PrintDoubt) as doubt:
            printer.send(SHEET)
        assert SHEET.name not in str(doubt.value)


class TestHowAJobEnds:
    @pytest.mark.parametrize(
        ("ended", "state"),
        [
            (job(COMPLETED), PrintState.DONE),
            (job(COMPLETED, job_state_reasons=keyword("job-completed-with-errors")), PrintState.DONE),
            (job(ABORTED), PrintState.FAILED),
            (job(CANCELED), PrintState.FAILED),
            (job(ABORTED, job_impressions_completed=Value(Tag.INTEGER, 1)), PrintState.FAILED),
            (job(CANCELED, job_impressions_completed=Value(Tag.INTEGER, 2)), PrintState.UNKNOWN),
        ],
    )
    def test_is_told_in_our_words(
        self, script: Script, printer: IppPrinter, ended: tuple[Group, Mapping[str, Any]], state: PrintState
    ) -> None:
        script.will(Operation.GET_JOB_ATTRIBUTES, said(0, ended))
        assert printer.send(SHEET).state is state

    def test_carries_the_printer_s_reasons(self, script: Script, printer: IppPrinter) -> None:
        script.will(
            Operation.GET_JOB_ATTRIBUTES,
            said(0, job(ABORTED, job_state_reasons=keyword("aborted-by-system"))),
        )
        assert printer.send(SHEET).detail == "aborted-by-system"

    def test_is_pending_when_it_takes_too_long(self, script: Script) -> None:
        script.will(Operation.GET_JOB_ATTRIBUTES, said(0, job(PROCESSING)))
        hasty = IppPrinter(address="ipp://printer/", patience=0.0, transport=httpx2.MockTransport(script))
        assert hasty.send(SHEET).state is PrintState.PENDING

    def test_is_pending_when_the_printer_falls_silent(
        self, script: Script, printer: IppPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ipp, "SILENCE_SECONDS", 0.0)
        script.will(Operation.GET_JOB_ATTRIBUTES, fails(httpx2.ConnectError("gone")))
        assert printer.send(SHEET).state is PrintState.PENDING

    def test_is_unknown_when_the_printer_forgot_it(self, script: Script, printer: IppPrinter) -> None:
        script.will(Operation.GET_JOB_ATTRIBUTES, said(0x0406))
        assert printer.send(SHEET).state is PrintState.UNKNOWN


class TestFind:
    def test_looks_among_all_users_jobs_on_their_way_and_ended(
        self, script: Script, printer: IppPrinter
    ) -> None:
        script.will(Operation.GET_JOBS, said(0, job(PENDING, name="another")), said(0, job(COMPLETED)))
        assert printer.find(SHEET.name).state is PrintState.DONE
        asked = [decode(body).first(Group.OPERATION) for body in script.bodies]
        assert [question["which-jobs"] for question in asked] == [["not-completed"], ["completed"]]
        assert all(question["my-jobs"] == [False] for question in asked)

    def test_takes_no_name_that_is_only_similar(self, script: Script, printer: IppPrinter) -> None:
        script.will(Operation.GET_JOBS, said(0, job(COMPLETED, name=SHEET.name + "0")))
        assert printer.find(SHEET.name).state is PrintState.UNKNOWN

    @pytest.mark.parametrize(
        "trouble",
        [
            replies(200, b"nonsense"),
            replies(503),
            said(0x0500),
            fails(httpx2.ReadTimeout("slow")),
            said(0, (Group.JOB, {"job-name": Value(Tag.NAME, SHEET.name)})),
            said(0, (Group.JOB, {"job-name": Value(Tag.NAME, SHEET.name), "job-id": Value(Tag.INTEGER, 1)})),
        ],
    )
    def test_without_a_good_answer_says_so(
        self, script: Script, printer: IppPrinter, trouble: Answer
    ) -> None:
        script.will(Operation.GET_JOBS, trouble)
        with pytest.raises(PrinterUnavailable):
            printer.find(SHEET.name)


class TestWithdraw:
    NEVER = Value(Tag.OUT_OF_BAND, "")

    def test_promises_for_a_job_that_never_began(self, script: Script, printer: IppPrinter) -> None:
        script.will(Operation.GET_JOBS, said(0, job(PENDING)))
        script.will(
            Operation.GET_JOB_ATTRIBUTES,
            said(0, job(PENDING)),
            said(0, job(CANCELED, time_at_processing=self.NEVER)),
        )
        assert printer.withdraw(SHEET.name)
        assert Operation.CANCEL_JOB in script.asked

    @pytest.mark.parametrize(
        "ended",
        [
            job(CANCELED, time_at_processing=Value(Tag.INTEGER, 4)),
            job(CANCELED, job_impressions_completed=Value(Tag.INTEGER, 0)),
            job(COMPLETED, time_at_processing=Value(Tag.OUT_OF_BAND, "")),
        ],
    )
    def test_promises_nothing_for_a_job_that_may_have_begun(
        self, script: Script, printer: IppPrinter, ended: tuple[Group, Mapping[str, Any]]
    ) -> None:
        script.will(Operation.GET_JOBS, said(0, job(PROCESSING)))
        script.will(Operation.GET_JOB_ATTRIBUTES, said(0, ended))
        assert not printer.withdraw(SHEET.name)

    def test_promises_nothing_for_a_job_that_the_printer_does_not_know(self, printer: IppPrinter) -> None:
        assert not printer.withdraw(SHEET.name)

    def test_promises_nothing_when_the_printer_refuses_to_cancel(
        self, script: Script, printer: IppPrinter
    ) -> None:
        script.will(Operation.GET_JOBS, said(0, job(PROCESSING)))
        script.will(Operation.CANCEL_JOB, said(0x0404))
        assert not printer.withdraw(SHEET.name)


class TestJobTemplate:
    SIZE = (("x-dimension", 8560), ("y-dimension", 5398))

    @staticmethod
    def sent(script: Script) -> dict[str, Any]:
        return decode(script.bodies[-2]).first(Group.JOB)

    def test_asks_for_cards_both_sides_and_true_size_where_the_printer_knows_the_words(
        self, script: Script, printer: IppPrinter
    ) -> None:
        size = Value(Tag.BEGIN_COLLECTION, {name: Value(Tag.INTEGER, length) for name, length in self.SIZE})
        script.will(
            Operation.GET_PRINTER_ATTRIBUTES,
            about_printer(
                media_size_supported=size,
                media_col_supported=keyword("media-size"),
                sides_supported=keyword("one-sided", "two-sided-long-edge"),
                print_scaling_supported=keyword("auto", "none"),
            ),
        )
        printer.send(SHEET)
        assert self.sent(script) == {
            "sides": ["two-sided-long-edge"],
            "print-scaling": ["none"],
            "media-col": [{"media-size": [{name: [length] for name, length in self.SIZE}]}],
        }

    def test_asks_for_nothing_that_the_printer_does_not_know(
        self, script: Script, printer: IppPrinter
    ) -> None:
        letter = {"x-dimension": Value(Tag.INTEGER, 21590), "y-dimension": Value(Tag.INTEGER, 27940)}
        script.will(
            Operation.GET_PRINTER_ATTRIBUTES,
            about_printer(
                media_size_supported=Value(Tag.BEGIN_COLLECTION, letter),
                media_col_supported=keyword("media-size"),
            ),
        )
        printer.send(SHEET)
        assert self.sent(script) == {}


class TestAddress:
    @pytest.mark.parametrize(
        ("address", "asked", "named"),
        [
            ("ipp://printer/ipp/print", "http://printer:631/ipp/print", b"ipp://printer:631/ipp/print"),
            ("ipp://10.0.0.9:8631/", "http://10.0.0.9:8631/", b"ipp://10.0.0.9:8631/"),
            ("ipps://printer/p", "https://printer:631/p", b"ipps://printer:631/p"),
            ("http://printer/p", "http://printer/p", b"ipp://printer:80/p"),
        ],
    )
    def test_is_carried_by_http(self, address: str, asked: str, named: bytes) -> None:
        seen: list[httpx2.Request] = []

        def note(request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return httpx2.Response(404)

        with pytest.raises(PrinterUnavailable):
            IppPrinter(address=address, transport=httpx2.MockTransport(note)).condition()
        assert str(seen[0].url) == asked
        assert named in seen[0].read()

    @pytest.mark.parametrize(
        "address", ["", "printer", "socket://printer:9100", "ipp://", "ipp://a:b/", "/dev/usb/lp0"]
    )
    def test_that_is_none_is_said_clearly(self, address: str) -> None:
        with pytest.raises(PrinterUnavailable, match="Alamat"):
            IppPrinter(address=address)
