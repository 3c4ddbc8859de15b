"""What does the centre answer? Every rule of its contract, over plain dicts.

The rules are written once, here: ``memory`` puts faults around them for tests, ``simulator`` puts
wire, capacity, faults and a file around them. The centre thinks in Jakarta's days and months.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from registry.central import errors
from registry.central.contract import (
    PAGE_SIZE,
    QUERY_MAXIMUM,
    Attempt,
    AttemptOutcome,
    CentralStatus,
    CentreStatus,
    Command,
    CommandPage,
    CommandStatus,
    ListedAttempt,
    ListedCommand,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)

ZONE = ZoneInfo("Asia/Jakarta")
# Namespace: a key always leads to the same command id, also after everything else was forgotten.
COMMANDS = UUID("7d0b6c5e-6f0e-4f0e-9d5a-6b1f0c6a2b10")
NIK_LENGTH = 16

# The last four digits of a made-up NIK decide what becomes of it, for demos and tests.
MAGIC_DUPLICATE, MAGIC_REFUSED, MAGIC_PENDING = "9001", "9002", "9003"
MAGIC_NEVER_VISIBLE, MAGIC_ADJUDICATE, MAGIC_REGIONAL_FAILURE = "9004", "9005", "9006"
MAGIC_SHORT_LIVED, MAGIC_PENDING_THEN_REVOKED, MAGIC_UNKNOWN_WORD = "9007", "9008", "9009"
MAGIC_STATUS = {
    MAGIC_DUPLICATE: str(CentralStatus.DUPLICATE_RECORD),
    MAGIC_ADJUDICATE: str(CentralStatus.ADJUDICATE_RECORD),
    MAGIC_REGIONAL_FAILURE: str(CentralStatus.ENROLL_FAILURE_AT_REGIONAL),
    MAGIC_UNKNOWN_WORD: "SENT_TO_THE_MOON",
}
SHORT_LIFE = timedelta(seconds=30)  # long enough to see the command, too short to keep it
REFUSAL = "Dokumen pendukung belum lengkap."

LIVE = frozenset({CommandStatus.ISSUED, CommandStatus.PENDING})
CARD_MADE = frozenset(
    {
        CentralStatus.SENT_FOR_CARD_PRINTING,
        CentralStatus.CARD_PRINTED,
        CentralStatus.CARD_SHIPPED,
        CentralStatus.CARD_ISSUED,
    }
)


@dataclass
class BookedCommand:
    """One print command as the centre keeps it. ``decides_at``: while pending."""

    command_id: UUID
    key: UUID
    nik: str
    office: str
    reason: str
    status: str
    made_at: datetime
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    decides_at: datetime | None = None
    attempts: dict[int, Attempt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Somebody of whom the centre was told and whom it does not see (yet)."""

    nik: str
    status: str  # the word once it does
    recorded_at: datetime | None
    told_at: datetime


@dataclass
class Policy:
    """How this centre decides; every field may be changed while it runs."""

    lifetime: timedelta = timedelta(days=7)  # of a command
    pending_for: timedelta = timedelta(seconds=60)  # before a pending command is decided
    quota: int | None = None  # commands per office and day
    sees_recordings_until: date | None = None  # later recordings are accepted and stay invisible
    first_status: str = CentralStatus.PRINT_READY_RECORD  # of a recording that it sees


class Book:
    """The centre's book. Thread-safe; ``clock`` returns an aware datetime."""

    def __init__(
        self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), policy: Policy | None = None
    ) -> None:
        self.clock = clock
        self.policy = policy or Policy()
        self.records: dict[str, RecordStatus] = {}
        self.unseen: dict[str, Unseen] = {}
        self.submissions: dict[UUID, RecordingSubmission] = {}
        self.commands: dict[UUID, BookedCommand] = {}
        self.refusals: dict[str, str] = {}  # NIK → text for a clerk
        self.blanks_sent: Counter[tuple[str, str]] = Counter()  # (office, month)
        self.statuses: Counter[str] = Counter()  # commands by status, as last looked at
        self._offices: dict[str, str] = {}  # NIK → the office that recorded it
        self._of_office: defaultdict[str, list[BookedCommand]] = defaultdict(list)
        self._live: dict[str, UUID] = {}
        self._booked_on: Counter[tuple[str, date]] = Counter()
        self._months: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._waiting: Counter[str] = Counter()
        self._lock = RLock()

    # --- The contract -------------------------------------------------------------------------

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        """PUT /v1/recordings/{recording_id}; the same again says where the recording stands now."""
        with self._lock:
            if not is_nik(submission.nik):
                raise errors.Invalid("nik", "16 digits")
            told = self.submissions.setdefault(submission.recording_id, submission)
            if told.nik != submission.nik:
                raise errors.Invalid("recording_id", "already used for another recording")
            if told is submission:
                self._changed("submission", str(submission.recording_id))
            self._belongs(submission.nik, submission.office)
            if submission.nik not in self.records and submission.nik not in self.unseen:
                self._take_in(submission.nik, recorded_at=submission.recorded_at)
            if submission.nik in self.records:
                return self.records[submission.nik]
            told_at = self.unseen[submission.nik].told_at
            return RecordStatus(submission.nik, CentralStatus.BIO_CAPTURED, told_at)

    def recording_status(self, nik: str) -> RecordStatus:
        """GET /v1/recordings/{nik}"""
        with self._lock:
            if nik not in self.records:
                raise errors.NotVisible("not visible")
            return self.records[nik]

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """POST /v1/recordings/query"""
        if len(niks) > QUERY_MAXIMUM:
            raise errors.Invalid("niks", f"at most {QUERY_MAXIMUM}")
        with self._lock:
            return {nik: self.records[nik] for nik in niks if nik in self.records}

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        """POST /v1/print-commands"""
        with self._lock:
            command_id = uuid5(COMMANDS, str(key))
            booked = self.commands.get(command_id)
            if booked is None:
                self._check(nik=nik, office=office, reason=reason)
                booked = self._book(command_id, key=key, nik=nik, office=office, reason=reason)
            elif (booked.nik, booked.office, booked.reason) != (nik, office, reason):
                raise errors.Invalid("Idempotency-Key", "already used for another request")
            return self._as_command(booked)

    def command(self, command_id: UUID) -> Command:
        """GET /v1/print-commands/{command_id}"""
        with self._lock:
            return self._as_command(self._found(command_id))

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """PUT /v1/print-commands/{command_id}/attempts/{n}"""
        with self._lock:
            booked = self._found(command_id)
            told = booked.attempts.get(attempt.n)
            if told is None:
                if self._as_command(booked).status != CommandStatus.ISSUED:
                    raise errors.CommandExpired("not live")
                self._note(booked, attempt)
            elif (told.outcome, told.blank) != (attempt.outcome, attempt.blank):
                raise errors.AttemptConflict("another outcome was told")
            return str(booked.status)

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        """GET /v1/print-commands?office=…&cursor=…"""
        if cursor and not (cursor.isascii() and cursor.isdigit()):
            raise errors.Invalid("cursor", "not one of ours")
        with self._lock:
            mine, start = self._of_office.get(office, []), int(cursor or 0)
            end = start + PAGE_SIZE
            page = tuple(self._as_listed(booked) for booked in mine[start:end])
            return CommandPage(page, str(end) if end < len(mine) else None)

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        """GET /v1/offices/{office}/months/{month}"""
        with self._lock:
            counted = self._months.get((office, month), Counter())
            return MonthCounts(
                office=office,
                month=month,
                commands_issued=counted["issued"],
                printed=counted[AttemptOutcome.PRINTED],
                spoiled=counted[AttemptOutcome.SPOILED],
                waiting=self._waiting[office],
                blanks_sent=self.blanks_sent[office, month],
            )

    def status(self) -> CentreStatus:
        """GET /v1/status: this book has no hours; who keeps it may have."""
        return CentreStatus(open=True, opens_at=None, closes_at=None)

    # --- What the ministry does ---------------------------------------------------------------

    def see(self, nik: str, status: str = "", *, since: datetime | None = None) -> None:
        """The centre knows this person, with this word; without one, with the word its NIK asks for."""
        with self._lock:
            self.unseen.pop(nik, None)
            self._put(RecordStatus(nik, status or self._first_word(nik), since or self.clock()))

    def load(
        self,
        nik: str,
        status: str = "",
        *,
        since: datetime | None = None,
        recorded_at: datetime | None = None,
    ) -> bool:
        """Take a person over from elsewhere; False, and nothing changes, when the centre has it already."""
        with self._lock:
            if nik in self.records or nik in self.unseen:
                return False
            self._take_in(nik, status, since=since, recorded_at=recorded_at)
            return True

    def hide(self, nik: str) -> None:
        """The centre does not know this person (any more)."""
        with self._lock:
            before = self.records.pop(nik, None)
            if before is not None and before.status == CentralStatus.PRINT_READY_RECORD:
                self._waiting[self._office_of(nik)] -= 1

    def refuse(self, nik: str, reason: str = REFUSAL) -> None:
        """No command for this person, with a text for a clerk."""
        self.refusals[nik] = reason

    def grant(self, command_id: UUID) -> None:
        """Decide a pending command now."""
        with self._lock:
            self._issue(self.commands[command_id], self.clock())

    def revoke(self, command_id: UUID) -> None:
        """The ministry takes a command back."""
        with self._lock:
            self._end(self.commands[command_id], CommandStatus.REVOKED)

    def expire(self, command_id: UUID) -> None:
        """The command's time is up."""
        with self._lock:
            self.commands[command_id].expires_at = self.clock()

    def send_blanks(self, office: str, quantity: int, *, month: str) -> None:
        """The ministry sent empty cards to an office."""
        with self._lock:
            self.blanks_sent[office, month] += quantity
            self._changed("blanks", f"{office} {month}")

    def look_again(self) -> int:
        """After ``sees_recordings_until`` moved: who is seen now. Returns how many."""
        with self._lock:
            fresh = [one for one in self.unseen.values() if self._sees(one.nik, one.recorded_at)]
            for one in fresh:
                del self.unseen[one.nik]
                self._put(RecordStatus(one.nik, one.status, self.clock()))
            return len(fresh)

    def put_back(
        self,
        *,
        records: Iterable[RecordStatus],
        unseen: Iterable[Unseen],
        submissions: Iterable[RecordingSubmission],
        commands: Iterable[BookedCommand],
    ) -> None:
        """Fill an empty book with what was kept of another one."""
        with self._lock:
            for submission in submissions:
                self.submissions[submission.recording_id] = submission
                self._offices[submission.nik] = submission.office
            for record in records:
                self._put(record)
            self.unseen = {one.nik: one for one in unseen if one.nik not in self.records}
            for booked in sorted(commands, key=lambda command: command.made_at):
                self._enter(booked)
                if booked.issued_at:
                    self._months[booked.office, month_of(booked.issued_at)]["issued"] += 1
                for attempt in booked.attempts.values():
                    self._months[booked.office, month_of(attempt.at)][attempt.outcome] += 1

    # --- Recordings ---------------------------------------------------------------------------

    def _take_in(
        self,
        nik: str,
        status: str = "",
        *,
        since: datetime | None = None,
        recorded_at: datetime | None = None,
    ) -> None:
        status, now = status or self._first_word(nik), self.clock()
        if self._sees(nik, recorded_at):
            self._put(RecordStatus(nik, status, since or now))
        else:
            self.unseen[nik] = Unseen(nik, status, recorded_at, since or now)
            self._changed("unseen", nik)

    def _put(self, record: RecordStatus) -> None:
        before = self.records.get(record.nik)
        office = self._office_of(record.nik)
        for one, change in ((before, -1), (record, +1)):
            if one is not None and one.status == CentralStatus.PRINT_READY_RECORD:
                self._waiting[office] += change
        self.records[record.nik] = record
        self._changed("record", record.nik)

    def _office_of(self, nik: str) -> str:
        """The office that recorded a person; until it said so, the regency of the first registration."""
        return self._offices.get(nik, f"{nik[:2]}.{nik[2:4]}")

    def _belongs(self, nik: str, office: str) -> None:
        record, before = self.records.get(nik), self._office_of(nik)
        if record is not None and record.status == CentralStatus.PRINT_READY_RECORD:
            self._waiting[before] -= 1
            self._waiting[office] += 1
        self._offices[nik] = office

    def _sees(self, nik: str, recorded_at: datetime | None) -> bool:
        if nik.endswith(MAGIC_NEVER_VISIBLE):
            return False
        limit = self.policy.sees_recordings_until
        return limit is None or recorded_at is None or recorded_at.astimezone(ZONE).date() <= limit

    def _first_word(self, nik: str) -> str:
        return MAGIC_STATUS.get(nik[-4:], self.policy.first_status)

    # --- Commands -----------------------------------------------------------------------------

    def _found(self, command_id: UUID) -> BookedCommand:
        booked = self.commands.get(command_id)
        if booked is None:
            raise errors.NotFound("no such command")
        return booked

    def _check(self, *, nik: str, office: str, reason: Reason) -> None:
        """May a command be booked? Raises what the contract says where it may not."""
        record = self.records.get(nik)
        if record is None:
            raise errors.NotVisible("not visible")
        if record.status == CentralStatus.DUPLICATE_RECORD:
            raise errors.DuplicateRecord("duplicate record")
        ready = record.status == CentralStatus.PRINT_READY_RECORD
        again = record.status in CARD_MADE and reason is not Reason.NEW
        if not (ready or again):
            raise errors.NotPrintReady(str(record.status))
        if nik in self.refusals or nik.endswith(MAGIC_REFUSED):
            raise errors.Refused(self.refusals.get(nik, REFUSAL))
        live = self.commands.get(self._live.get(nik, UUID(int=0)))
        if live is not None and self._as_command(live).status in LIVE:
            raise errors.CommandExists(live.command_id)
        today = self.clock().astimezone(ZONE).date()
        if self.policy.quota is not None and self._booked_on[office, today] >= self.policy.quota:
            raise errors.QuotaExhausted(
                datetime.combine(today + timedelta(days=1), datetime.min.time(), ZONE)
            )

    def _book(self, command_id: UUID, *, key: UUID, nik: str, office: str, reason: Reason) -> BookedCommand:
        now = self.clock()
        booked = BookedCommand(command_id, key, nik, office, str(reason), CommandStatus.PENDING, made_at=now)
        self._enter(booked)
        if nik.endswith((MAGIC_PENDING, MAGIC_PENDING_THEN_REVOKED)):
            booked.decides_at = now + self.policy.pending_for
        else:
            self._issue(booked, now)
        self._changed("command", str(command_id))
        return booked

    def _enter(self, booked: BookedCommand) -> None:
        self.commands[booked.command_id] = booked
        self._of_office[booked.office].append(booked)
        self._booked_on[booked.office, booked.made_at.astimezone(ZONE).date()] += 1
        self.statuses[booked.status] += 1
        if booked.status in LIVE:
            self._live[booked.nik] = booked.command_id

    def _issue(self, booked: BookedCommand, now: datetime) -> None:
        lifetime = self.policy.lifetime
        if booked.nik.endswith(MAGIC_SHORT_LIVED):
            lifetime = min(lifetime, SHORT_LIFE)
        booked.issued_at, booked.expires_at, booked.decides_at = now, now + lifetime, None
        self._months[booked.office, month_of(now)]["issued"] += 1
        self._say(booked, CommandStatus.ISSUED)

    def _note(self, booked: BookedCommand, attempt: Attempt) -> None:
        booked.attempts[attempt.n] = attempt
        self._months[booked.office, month_of(attempt.at)][attempt.outcome] += 1
        if attempt.outcome == AttemptOutcome.PRINTED:
            self._put(RecordStatus(booked.nik, CentralStatus.CARD_PRINTED, self.clock()))
            self._end(booked, CommandStatus.USED)
        self._changed("command", str(booked.command_id))

    def _end(self, booked: BookedCommand, status: CommandStatus) -> None:
        booked.decides_at = None
        if self._live.get(booked.nik) == booked.command_id:
            del self._live[booked.nik]
        self._say(booked, status)

    def _say(self, booked: BookedCommand, status: CommandStatus) -> None:
        self.statuses[booked.status] -= 1
        self.statuses[status] += 1
        booked.status = status
        self._changed("command", str(booked.command_id))

    def _as_command(self, booked: BookedCommand) -> Command:
        """The command as it stands now: what time has decided since is written down first."""
        now = self.clock()
        if booked.decides_at is not None and booked.decides_at <= now:
            if booked.nik.endswith(MAGIC_PENDING_THEN_REVOKED):
                self._end(booked, CommandStatus.REVOKED)
            else:
                self._issue(booked, now)
        if booked.status == CommandStatus.ISSUED and booked.expires_at and booked.expires_at <= now:
            self._end(booked, CommandStatus.EXPIRED)
        return Command(
            booked.command_id,
            booked.nik,
            booked.status,
            booked.issued_at,
            booked.expires_at,
            retry_after=(booked.decides_at - now).total_seconds() if booked.decides_at else None,
        )

    def _as_listed(self, booked: BookedCommand) -> ListedCommand:
        return ListedCommand(
            command_id=booked.command_id,
            nik=booked.nik,
            status=self._as_command(booked).status,
            issued_at=booked.issued_at,
            attempts=tuple(
                ListedAttempt(attempt.n, attempt.outcome, attempt.blank, attempt.at)
                for attempt in booked.attempts.values()
            ),
        )

    def _changed(self, kind: str, key: str) -> None:
        """A record, submission, command … changed; whoever keeps a file notes it."""


def is_nik(text: str) -> bool:
    """True for sixteen digits: the centre's own check, which is all that its contract promises."""
    return len(text) == NIK_LENGTH and text.isascii() and text.isdigit()


def month_of(moment: datetime) -> str:
    """The centre's month, ``YYYY-MM``."""
    return f"{moment.astimezone(ZONE):%Y-%m}"
