"""How does a printer on the network print a card? (IPP over HTTP: RFC 8010 and RFC 8011)

IPP has no key that would make a request safe to repeat. So a card is sent once, under a name that is
its own; before that the printer is asked how it is and whether it would take the job, because until
then every failure surely printed nothing. Afterwards only the printer knows, and is asked by number
or, when its answer was lost, by name.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import count
from typing import Any

import httpx2
from django.utils.translation import gettext as _

from printing.printers.base import (
    PATIENCE,
    Condition,
    PrintDoubt,
    PrinterUnavailable,
    PrintResult,
    PrintState,
    Sheet,
)
from printing.printers.ipp_message import (
    Attributes,
    Group,
    Malformed,
    Message,
    Operation,
    Range,
    Tag,
    Value,
    decode,
    encode,
    keyword,
)

CONNECT_SECONDS = 3.0  # a printer in the same building answers in milliseconds or is off
ANSWER_SECONDS = 10.0  # for a whole answer; small card printers think for a second or two
WRITE_SECONDS = 10.0  # for each piece of a document of 50 kB
SILENCE_SECONDS = 15.0  # a printer that took a job and then says nothing this long is asked again later
CANCEL_SECONDS = 5.0  # for a cancelled job to come to rest
FIRST_LOOK, LONGEST_LOOK = 0.02, 1.0  # seconds between two looks at a job; a card takes up to a minute
SLOWER = 1.5  # each pause is so much longer than the one before
LARGEST_ANSWER = 8 * 1024 * 1024  # bytes: the history of 50,000 jobs; more is not a printer
CONNECTIONS = 16  # to one printer; a worker has no more threads

CARD_SIZE = {"x-dimension": 8560, "y-dimension": 5398}  # hundredths of a millimetre: CR80
SIDES = 2  # impressions of a whole card
DETAIL = 200  # letters of what a printer says that a clerk wants to read
PDF = "application/pdf"
USER = "ektp"
# Scheme of an address → the one that carries it, the one the printer calls itself by, the usual port.
SCHEMES = {
    "ipp": ("http", "ipp", 631),
    "ipps": ("https", "ipps", 631),
    "http": ("http", "ipp", 80),
    "https": ("https", "ipps", 443),
}

ABOUT_PRINTER = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "document-format-supported",
    "media-col-supported",
    "media-size-supported",
    "print-scaling-supported",
    "sides-supported",
)
ABOUT_JOB = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "time-at-processing",
)


class JobState(IntEnum):
    """RFC 8011 §5.3.7; everything below CANCELED is still on its way."""

    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


SAYING_NOTHING = frozenset({"none", "job-completed-successfully"})
STOPPED = 5  # printer-state (RFC 8011 §5.4.11)
NOT_FOUND = 0x0406
# Refusals after which a card may be on its way all the same: document-format-error, internal-error,
# device-error, job-canceled. All others are given before a job exists (RFC 8011 §B.1).
UNCLEAR = frozenset({0x0411, 0x0500, 0x0504, 0x0508})
# HTTP answers after which it may be: 408 came in the middle of the document, 5xx perhaps from a go-between.
UNCLEAR_HTTP = frozenset({408, *range(500, 600)})


class _Failed(Exception):
    """A request brought no good answer. ``surely_not``: the printer surely did not act on it."""

    def __init__(self, detail: str, *, surely_not: bool = False, status: int = 0) -> None:
        super().__init__(detail[:DETAIL])
        self.surely_not = surely_not
        self.status = status


class IppPrinter:
    """A printer at ``ipp://host[:port]/path`` or ``ipps://…``, whose certificate the system must trust."""

    def __init__(
        self, *, address: str, patience: float = PATIENCE, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._url, self._uri = _addresses(address)
        self._patience = patience
        self._numbers = count(1)
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(
                ANSWER_SECONDS, connect=CONNECT_SECONDS, write=WRITE_SECONDS, pool=CONNECT_SECONDS
            ),
            limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            headers={
                "Content-Type": "application/ipp",
                "Accept": "application/ipp",
                "Accept-Encoding": "identity",
            },
            trust_env=False,  # a printer is in the house; no proxy stands between
            transport=transport,
        )

    def close(self) -> None:
        """Give up the connections; printers that ``open_printer`` opened keep theirs."""
        self._client.close()

    # --- A printer ----------------------------------------------------------------------------

    def condition(self) -> Condition:
        """What the printer says of itself. Raises PrinterUnavailable."""
        return _condition(self._describe())

    def send(self, sheet: Sheet) -> PrintResult:
        """Print one card and wait until the printer says how it ended."""
        job = self._ready_for(sheet)
        try:
            answer = self._ask(Operation.PRINT_JOB, *job, document=sheet.document)
            accepted = answer.first(Group.JOB)
            number = _needed(accepted, "job-id")
        except _Failed as failed:
            if failed.surely_not:
                raise PrinterUnavailable(str(failed)) from failed
            raise PrintDoubt(str(failed)) from failed
        return self._wait(number, accepted, seconds=self._patience)

    def find(self, name: str) -> PrintResult:
        """How the job of this name stands. Raises PrinterUnavailable."""
        job = self._named(name)
        return _result(job) if job else PrintResult(PrintState.UNKNOWN)

    def withdraw(self, name: str) -> bool:
        """Cancel the job. True only if the printer still knows it and says that it never began.

        A job it does not know may have been forgotten after the card came out: no promise. Neither
        does a count of no sides promise anything: printers that do not count say so too.
        """
        job = self._named(name)
        if job is None:
            return False
        if not _ended(job):
            job = self._cancel(job)
        over = _number(job, "job-state") in (JobState.CANCELED, JobState.ABORTED)
        return over and job.get("time-at-processing") == [None]

    # --- Steps --------------------------------------------------------------------------------

    def _describe(self) -> Attributes:
        try:
            answer = self._ask(
                Operation.GET_PRINTER_ATTRIBUTES, {"requested-attributes": keyword(*ABOUT_PRINTER)}
            )
        except _Failed as failed:
            raise PrinterUnavailable(str(failed)) from failed
        return answer.first(Group.PRINTER)

    def _ready_for(self, sheet: Sheet) -> Sequence[Mapping[str, Any]]:
        """The attributes of the job, to which the printer has said yes. Raises PrinterUnavailable."""
        about = self._describe()
        hold = _condition(about).hold_reason
        if hold:
            raise PrinterUnavailable(hold)
        formats = about.get("document-format-supported", [])
        if formats and PDF not in formats:
            raise PrinterUnavailable(_("Printer tidak menerima PDF."))
        job = (
            {"job-name": Value(Tag.NAME, sheet.name), "document-format": Value(Tag.MIME_TYPE, PDF)},
            _job_template(about),
        )
        try:
            self._ask(Operation.VALIDATE_JOB, *job)
        except _Failed as failed:
            raise PrinterUnavailable(str(failed)) from failed
        return job

    def _wait(self, number: int, job: Attributes, *, seconds: float) -> PrintResult:
        """Look at a job until it has ended; PENDING if that takes too long or the printer falls silent."""
        started = heard = time.monotonic()
        pause = FIRST_LOOK
        while not _ended(job):
            now = time.monotonic()
            if now - started > seconds or now - heard > SILENCE_SECONDS:
                return PrintResult(PrintState.PENDING, reference=str(number), detail=_reasons(job))
            time.sleep(pause)
            pause = min(pause * SLOWER, LONGEST_LOOK)
            try:
                job = self._job(number)
                heard = time.monotonic()
            except _Failed as failed:
                if failed.status == NOT_FOUND:
                    return PrintResult(PrintState.UNKNOWN, reference=str(number), detail=str(failed))
        return _result(job)

    def _job(self, number: int) -> Attributes:
        answer = self._ask(
            Operation.GET_JOB_ATTRIBUTES,
            {"job-id": Value(Tag.INTEGER, number), "requested-attributes": keyword(*ABOUT_JOB)},
        )
        return _whole(answer.first(Group.JOB))

    def _named(self, name: str) -> Attributes | None:
        """The job of this name. First those on their way: one that ends meanwhile is among the ended."""
        try:
            for which in ("not-completed", "completed"):
                answer = self._ask(
                    Operation.GET_JOBS,
                    {
                        "which-jobs": keyword(which),
                        "my-jobs": Value(Tag.BOOLEAN, False),
                        "requested-attributes": keyword(*ABOUT_JOB),
                    },
                )
                for job in answer.all(Group.JOB):
                    if job.get("job-name") == [name]:
                        return _whole(job)
        except _Failed as failed:
            raise PrinterUnavailable(str(failed)) from failed
        return None

    def _cancel(self, job: Attributes) -> Attributes:
        number = _needed(job, "job-id")
        deadline = time.monotonic() + CANCEL_SECONDS
        try:
            self._ask(Operation.CANCEL_JOB, {"job-id": Value(Tag.INTEGER, number)})
            while not _ended(job) and time.monotonic() < deadline:
                time.sleep(FIRST_LOOK)
                job = self._job(number)
        except _Failed as failed:
            if failed.surely_not:
                return job
            raise PrinterUnavailable(str(failed)) from failed
        return job

    # --- One request --------------------------------------------------------------------------

    def _ask(
        self,
        operation: Operation,
        attributes: Mapping[str, Any],
        template: Mapping[str, Any] | None = None,
        *,
        document: bytes = b"",
    ) -> Message:
        """One request and its successful answer. Raises _Failed."""
        number = next(self._numbers) & 0x7FFFFFFF  # a request-id is a positive 32-bit number
        groups = [(Group.OPERATION, {**self._preamble(), **attributes})]
        if template:
            groups.append((Group.JOB, dict(template)))
        body = self._exchange(encode(operation, request_id=number, groups=groups) + document)
        try:
            answer = decode(body)
        except Malformed as error:
            raise _Failed(_("Jawaban printer tidak dapat dibaca.")) from error
        if answer.request_id != number:
            raise _Failed(_("Jawaban printer bukan untuk pertanyaan ini."))
        if answer.status > 0xFF:
            raise _refused(answer)
        return answer

    def _preamble(self) -> dict[str, Value]:
        """What must stand first in every request, in this order (RFC 8011 §4.1.4)."""
        return {
            "attributes-charset": Value(Tag.CHARSET, "utf-8"),
            "attributes-natural-language": Value(Tag.LANGUAGE, "id"),
            "printer-uri": Value(Tag.URI, self._uri),
            "requesting-user-name": Value(Tag.NAME, USER),
        }

    def _exchange(self, body: bytes) -> bytes:
        deadline = time.monotonic() + ANSWER_SECONDS + WRITE_SECONDS
        try:
            with self._client.stream("POST", self._url, content=body) as response:
                if response.status_code != httpx2.codes.OK:
                    raise _Failed(
                        f"HTTP {response.status_code}", surely_not=response.status_code not in UNCLEAR_HTTP
                    )
                return _read(response, deadline=deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise _Failed(_("Printer tidak terjangkau."), surely_not=True) from error
        except httpx2.HTTPError as error:
            raise _Failed(_("Printer tidak menjawab (%s).") % type(error).__name__) from error


def _read(response: httpx2.Response, *, deadline: float) -> bytes:
    """The whole answer, unless it has no end or takes forever."""
    parts, size = [], 0
    for part in response.iter_raw():
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER or time.monotonic() > deadline:
            raise _Failed(_("Jawaban printer terlalu panjang."))
    return b"".join(parts)


# --- What printers say ------------------------------------------------------------------------


def _addresses(address: str) -> tuple[str, str]:
    """Where to send a request, and what the printer calls itself. Raises PrinterUnavailable."""
    try:
        url = httpx2.URL(address)
        carrier, scheme, usual = SCHEMES[url.scheme]
    except (httpx2.InvalidURL, KeyError, TypeError):
        raise PrinterUnavailable(_("Alamat printer bukan ipp://… atau ipps://…")) from None
    if not url.host:
        raise PrinterUnavailable(_("Alamat printer tanpa nama komputer."))
    port = url.port or usual
    return str(url.copy_with(scheme=carrier, port=port)), str(url.copy_with(scheme=scheme, port=port))


def _refused(answer: Message) -> _Failed:
    message = answer.first(Group.OPERATION).get("status-message", [])
    words = " ".join(str(word) for word in message) or f"IPP 0x{answer.status:04x}"
    return _Failed(words, surely_not=answer.status not in UNCLEAR, status=answer.status)


def _condition(about: Attributes) -> Condition:
    """A printer that says nothing of a kind is taken to be fine in it."""
    accepting = about.get("printer-is-accepting-jobs", [True]) != [False]
    stopped = about.get("printer-state") == [STOPPED]
    return Condition(accepting=accepting and not stopped, reasons=_keywords(about, "printer-state-reasons"))


def _job_template(about: Attributes) -> dict[str, Any]:
    """What a card needs, as far as this printer knows the words."""
    template: dict[str, Any] = {}
    if "two-sided-long-edge" in about.get("sides-supported", []):
        template["sides"] = keyword("two-sided-long-edge")
    if "none" in about.get("print-scaling-supported", []):
        template["print-scaling"] = keyword("none")
    if "media-size" in about.get("media-col-supported", []) and any(
        _takes_cards(size) for size in about.get("media-size-supported", [])
    ):
        size = {name: Value(Tag.INTEGER, length) for name, length in CARD_SIZE.items()}
        media = {"media-size": Value(Tag.BEGIN_COLLECTION, size)}
        template["media-col"] = Value(Tag.BEGIN_COLLECTION, media)
    return template


def _takes_cards(size: object) -> bool:
    """True when this media-size is a card's, or a range that has it in it."""
    if not isinstance(size, dict):
        return False
    return all(
        any(length == given or (isinstance(given, Range) and length in given) for given in size.get(name, []))
        for name, length in CARD_SIZE.items()
    )


def _number(attributes: Attributes, name: str) -> int | None:
    """One number, if there is one."""
    match attributes.get(name):
        case [int(number)]:
            return number
    return None


def _needed(attributes: Attributes, name: str) -> int:
    """One number that must be there. Raises _Failed."""
    number = _number(attributes, name)
    if number is None:
        raise _Failed(_("Jawaban printer tidak lengkap."))
    return number


def _whole(job: Attributes) -> Attributes:
    """The job, if it says which it is and how it stands. Raises _Failed."""
    _needed(job, "job-id")
    _needed(job, "job-state")
    return job


def _ended(job: Attributes) -> bool:
    return (_number(job, "job-state") or 0) >= JobState.CANCELED


def _result(job: Attributes) -> PrintResult:
    """Our word for a job's state.

    A job that ended badly after both sides were printed has left a card somewhere: nobody knows
    whether a good one. A card completed "with errors" came out; whether it is good shows the check.
    """
    if not _ended(job):
        state = PrintState.PENDING
    elif _number(job, "job-state") == JobState.COMPLETED:
        state = PrintState.DONE
    elif (_number(job, "job-impressions-completed") or 0) >= SIDES:
        state = PrintState.UNKNOWN
    else:
        state = PrintState.FAILED
    return PrintResult(state, reference=str(_number(job, "job-id") or ""), detail=_reasons(job))


def _reasons(job: Attributes) -> str:
    return ", ".join(_keywords(job, "job-state-reasons"))[:DETAIL]


def _keywords(attributes: Attributes, name: str) -> tuple[str, ...]:
    words = attributes.get(name, [])
    return tuple(word for word in words if isinstance(word, str) and word not in SAYING_NOTHING)
