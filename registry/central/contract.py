"""Which words do the office and the centre exchange?

The types of the centre's API, version 1 (``docs/central-api.md``). Nothing here touches the
network: the HTTP client, the in-memory twin and the simulator all speak in these types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

QUERY_MAXIMUM = 500  # most NIKs in one visibility query (the contract's own limit)
PAGE_SIZE = 500  # commands on one page of the centre's list (the contract's own limit)


class CentralStatus(StrEnum):
    """What the centre may say about a recording; any other word is kept as it came."""

    BIO_CAPTURED = "BIO_CAPTURED"
    PROCESSING = "PROCESSING"
    SENT_FOR_ENROLLMENT = "SENT_FOR_ENROLLMENT"
    RECEIVED_AT_CENTRAL = "RECEIVED_AT_CENTRAL"
    ENROLL_FAILURE_AT_REGIONAL = "ENROLL_FAILURE_AT_REGIONAL"
    ENROLL_FAILURE_AT_CENTRAL = "ENROLL_FAILURE_AT_CENTRAL"
    SEARCH_FAILURE_AT_CENTRAL = "SEARCH_FAILURE_AT_CENTRAL"
    ADJUDICATE_RECORD = "ADJUDICATE_RECORD"
    REQUEST_VALIDATION = "REQUEST_VALIDATION"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"
    PRINT_READY_RECORD = "PRINT_READY_RECORD"
    SENT_FOR_CARD_PRINTING = "SENT_FOR_CARD_PRINTING"
    CARD_PRINTED = "CARD_PRINTED"
    CARD_SHIPPED = "CARD_SHIPPED"
    CARD_ISSUED = "CARD_ISSUED"


class Reason(StrEnum):
    """Why a card is asked for."""

    NEW = "new"
    LOST = "lost"
    DAMAGED = "damaged"
    DATA_CHANGE = "data_change"
    MOVED = "moved"


class CommandStatus(StrEnum):
    """What the centre says of a print command."""

    PENDING = "pending"
    ISSUED = "issued"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


class AttemptOutcome(StrEnum):
    """How one attempt at making a card ended."""

    PRINTED = "printed"
    SPOILED = "spoiled"


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256 of the biometric files of one recording, 64 hexadecimal digits each."""

    photo: str
    fingerprints: str
    iris: str
    signature: str


@dataclass(frozen=True, slots=True)
class RecordingSubmission:
    """What the office tells the centre about one recording."""

    recording_id: UUID
    nik: str
    office: str
    district: str
    recorded_at: datetime
    digests: Digests


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """What the centre knows of a resident: ``status`` is a CentralStatus or an unknown word."""

    nik: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Command:
    """A print command; a pending one has no dates yet but may say when to ask again."""

    command_id: UUID
    nik: str
    status: str  # CommandStatus, or an unknown word, which is never printable
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    retry_after: float | None = None  # seconds

    @property
    def is_live(self) -> bool:
        """True when a card may be printed on it."""
        return self.status == CommandStatus.ISSUED


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a card, as it is reported to the centre; ``n`` counts from 1."""

    n: int
    outcome: AttemptOutcome
    blank: str
    printer: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListedAttempt:
    """An attempt in the centre's own list."""

    n: int
    outcome: str
    blank: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """A command in the centre's own list, with the attempts it was told of."""

    command_id: UUID
    nik: str
    status: str
    issued_at: datetime | None
    attempts: tuple[ListedAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandPage:
    """At most PAGE_SIZE commands, oldest first; ``next`` is None on the last page."""

    commands: tuple[ListedCommand, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class MonthCounts:
    """What the centre counted for one office in one month (``YYYY-MM``)."""

    office: str
    month: str
    commands_issued: int
    printed: int
    spoiled: int
    waiting: int
    blanks_sent: int


@dataclass(frozen=True, slots=True)
class CentreStatus:
    """Whether the centre is open, and its hours."""

    open: bool
    opens_at: datetime | None
    closes_at: datetime | None
    message: str = ""


class Central(Protocol):
    """The centre, as every caller in this project sees it.

    Every method may raise the errors of ``registry.central.errors``: Later (Busy, Closed,
    QuotaExhausted: come back), Never (the centre decided), Already (it was done before).
    Each method checks that the answer speaks of what was asked (``errors.WrongAnswer``).
    """

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus: ...

    def recording_status(self, nik: str) -> RecordStatus: ...

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """At most QUERY_MAXIMUM; what is not visible is not in the answer."""
        ...

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command: ...

    def command(self, command_id: UUID) -> Command: ...

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """The command's status after the report."""
        ...

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage: ...

    def month_counts(self, *, office: str, month: str) -> MonthCounts: ...

    def status(self) -> CentreStatus: ...


def every_command(central: Central, *, office: str) -> Iterator[ListedCommand]:
    """Walk all pages of the centre's list of commands."""
    cursor: str | None = None
    while True:
        page = central.list_commands(office=office, cursor=cursor)
        yield from page.commands
        if page.next is None:
            return
        cursor = page.next
