"""What would the centre answer? The whole contract as a dict, for tests and for the simulator.

The rules are written once, here. Tests turn them with verbs (``see``, ``set_status``, ``hide``,
``close``, ``break_down``, ``lose_next_answer`` …); the simulator puts wire, capacity and faults around them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import TypeVar
from uuid import UUID, uuid5

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

COMMANDS = UUID(
    "7d0b6c5e-6f0e-4f0e-9d5a-6b1f0c6a2b10"
)  # namespace: a key always leads to the same command id

# The last four digits of a made-up NIK decide what becomes of it, for demos and tests.
MAGIC_DUPLICATE, MAGIC_REFUSED, MAGIC_PENDING = "9001", "9002", "9003"
MAGIC_NEVER_VISIBLE, MAGIC_ADJUDICATE, MAGIC_REGIONAL_FAILURE = "9004", "9005", "9006"
MAGIC_STATUS = {
    MAGIC_DUPLICATE: CentralStatus.DUPLICATE_RECORD,
    MAGIC_ADJUDICATE: CentralStatus.ADJUDICATE_RECORD,
    MAGIC_REGIONAL_FAILURE: CentralStatus.ENROLL_FAILURE_AT_REGIONAL,
}
ISSUED_BEFORE = frozenset(
    {
        CentralStatus.SENT_FOR_CARD_PRINTING,
        CentralStatus.CARD_PRINTED,
        CentralStatus.CARD_SHIPPED,
        CentralStatus.CARD_ISSUED,
    }
)

Answer = TypeVar("Answer")


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


@dataclass
class Policy:
    """How this centre decides; every field may be changed while it runs."""

    lifetime: timedelta = timedelta(days=7)  # of a command
    pending_for: timedelta = timedelta(seconds=60)  # before a pending command is decided
    quota: int | None = None  # commands per office and day
    sees_recordings_until: date | None = None  # later recordings are accepted and stay invisible
    first_status: str = CentralStatus.PRINT_READY_RECORD  # of a recording that it sees


class MemoryCentral:
    """The centre as a dict; thread-safe. ``clock`` returns an aware datetime."""

    def __init__(
        self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), policy: Policy | None = None
    ) -> None:
        self.clock = clock
        self.policy = policy or Policy()
        self.records: dict[str, RecordStatus] = {}
        self.submissions: dict[UUID, RecordingSubmission] = {}
        self.commands: dict[UUID, BookedCommand] = {}
        self.blanks_sent: dict[str, int] = {}
        self.calls = 0
        self._live: dict[str, UUID] = {}
        self._issued_on: dict[tuple[str, date], int] = {}
        self._faults: deque[Callable[[], None]] = deque()
        self._lost = 0
        self._broken = False
        self._closed: tuple[datetime | None] | None = None
        self._lock = RLock()

    # --- Verbs for tests ----------------------------------------------------------------------

    def see(self, nik: str, status: str = CentralStatus.PRINT_READY_RECORD) -> None:
        """The centre knows this person now, with this word."""
        with self._lock:
            self.records[nik] = RecordStatus(nik, status, self.clock())
            self._changed("record", nik)

    set_status = see

    def hide(self, nik: str) -> None:
        """The centre does not know this person (any more)."""
        with self._lock:
            self.records.pop(nik, None)

    def close(self, opens_at: datetime | None = None) -> None:
        """Outside of opening hours until ``open``."""
        self._closed = (opens_at,)

    def open(self) -> None:
        """Within opening hours, and working."""
        self._closed, self._broken = None, False

    def break_down(self) -> None:
        """Gone: every call times out until ``open``."""
        self._broken = True

    def lose_next_answer(self, times: int = 1) -> None:
        """The next calls take effect, but their answers never arrive."""
        self._lost += times

    def fail_next(self, error: errors.CentralError, times: int = 1) -> None:
        """The next calls end with ``error`` and take no effect."""
        for _time in range(times):
            self._faults.append(lambda: _raise(error))

    def revoke(self, command_id: UUID) -> None:
        """The ministry takes a command back."""
        self._settle_command(self.commands[command_id], CommandStatus.REVOKED)

    def expire(self, command_id: UUID) -> None:
        """The command's time is up."""
        self.commands[command_id].expires_at = self.clock()

    # --- The contract -------------------------------------------------------------------------

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        """PUT /v1/recordings/{recording_id}"""
        with self._call():
            if len(submission.nik) != 16 or not submission.nik.isdigit():
                raise errors.Invalid("nik", "16 digits")
            self.submissions.setdefault(submission.recording_id, submission)
            known = self.records.get(submission.nik)
            if known is None:
                known = RecordStatus(submission.nik, self._first_word(submission), self.clock())
                if self._sees(submission):
                    self.records[submission.nik] = known
                    self._changed("record", submission.nik)
            return self._answer(known)

    def recording_status(self, nik: str) -> RecordStatus:
        """GET /v1/recordings/{nik}"""
        with self._call():
            if nik not in self.records:
                raise errors.NotVisible("not visible")
            return self._answer(self.records[nik])

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """POST /v1/recordings/query"""
        with self._call():
            if len(niks) > QUERY_MAXIMUM:
                raise errors.Invalid("niks", f"at most {QUERY_MAXIMUM}")
            return self._answer({nik: self.records[nik] for nik in niks if nik in self.records})

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        """POST /v1/print-commands"""
        with self._call():
            command_id = uuid5(COMMANDS, str(key))
            booked = self.commands.get(command_id)
            if booked is None:
                self._check(nik=nik, office=office, reason=reason)
                booked = self._book(command_id, key=key, nik=nik, office=office, reason=reason)
            return self._answer(self._as_command(booked))

    def command(self, command_id: UUID) -> Command:
        """GET /v1/print-commands/{command_id}"""
        with self._call():
            if command_id not in self.commands:
                raise errors.NotFound("no such command")
            return self._answer(self._as_command(self.commands[command_id]))

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """PUT /v1/print-commands/{command_id}/attempts/{n}"""
        with self._call():
            booked = self.commands.get(command_id)
            if booked is None:
                raise errors.NotFound("no such command")
            told = booked.attempts.get(attempt.n)
            if told is not None and (told.outcome, told.blank) != (attempt.outcome, attempt.blank):
                raise errors.AttemptConflict("another outcome was told")
            if told is None:
                if self._as_command(booked).status != CommandStatus.ISSUED:
                    raise errors.CommandExpired("not live")
                booked.attempts[attempt.n] = attempt
                if attempt.outcome == AttemptOutcome.PRINTED:
                    self.records[booked.nik] = RecordStatus(
                        booked.nik, CentralStatus.CARD_PRINTED, self.clock()
                    )
                    self._changed("record", booked.nik)
                    self._settle_command(booked, CommandStatus.USED)
                else:
                    self._changed("command", str(command_id))
            return self._answer(str(booked.status))

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        """GET /v1/print-commands?office=…&cursor=…"""
        with self._call():
            start = int(cursor or 0)
            mine = [booked for booked in self.commands.values() if booked.office == office]
            page = mine[start : start + PAGE_SIZE]
            following = str(start + PAGE_SIZE) if start + PAGE_SIZE < len(mine) else None
            return self._answer(CommandPage(tuple(map(self._as_listed, page)), following))

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        """GET /v1/offices/{office}/months/{month}"""
        with self._call():
            mine = [booked for booked in self.commands.values() if booked.office == office]
            ended = [
                attempt
                for booked in mine
                for attempt in booked.attempts.values()
                if f"{attempt.at:%Y-%m}" == month
            ]
            return self._answer(
                MonthCounts(
                    office=office,
                    month=month,
                    commands_issued=sum(bool(b.issued_at and f"{b.issued_at:%Y-%m}" == month) for b in mine),
                    printed=sum(attempt.outcome == AttemptOutcome.PRINTED for attempt in ended),
                    spoiled=sum(attempt.outcome == AttemptOutcome.SPOILED for attempt in ended),
                    waiting=sum(r.status == CentralStatus.PRINT_READY_RECORD for r in self.records.values()),
                    blanks_sent=self.blanks_sent.get(office, 0),
                )
            )

    def status(self) -> CentreStatus:
        """GET /v1/status; answers outside of opening hours too."""
        with self._lock:
            if self._broken:
                raise errors.Busy("gone", timed_out=True)
            return CentreStatus(
                open=self._closed is None,
                opens_at=self._closed[0] if self._closed else None,
                closes_at=None,
            )

    # --- The rules ----------------------------------------------------------------------------

    def _sees(self, submission: RecordingSubmission) -> bool:
        limit = self.policy.sees_recordings_until
        if submission.nik.endswith(MAGIC_NEVER_VISIBLE):
            return False
        return limit is None or submission.recorded_at.date() <= limit

    def _first_word(self, submission: RecordingSubmission) -> str:
        if not self._sees(submission):
            return CentralStatus.BIO_CAPTURED
        return MAGIC_STATUS.get(submission.nik[-4:], self.policy.first_status)

    def look_again(self) -> int:
        """After ``sees_recordings_until`` moved: what was submitted and is seen now. Returns how many."""
        with self._lock:
            fresh = [s for s in self.submissions.values() if s.nik not in self.records and self._sees(s)]
            for submission in fresh:
                self.records[submission.nik] = RecordStatus(
                    submission.nik, self._first_word(submission), self.clock()
                )
                self._changed("record", submission.nik)
            return len(fresh)

    def _check(self, *, nik: str, office: str, reason: Reason) -> None:
        record = self.records.get(nik)
        if record is None:
            raise errors.NotVisible("not visible")
        if record.status == CentralStatus.DUPLICATE_RECORD:
            raise errors.DuplicateRecord("duplicate record")
        ready = record.status == CentralStatus.PRINT_READY_RECORD
        again = record.status in ISSUED_BEFORE and reason is not Reason.NEW
        if not (ready or again):
            raise errors.NotPrintReady(str(record.status))
        if nik.endswith(MAGIC_REFUSED):
            raise errors.Refused("Dokumen pendukung belum lengkap.")
        live = self.commands.get(self._live.get(nik, UUID(int=0)))
        if live and self._as_command(live).status in (CommandStatus.ISSUED, CommandStatus.PENDING):
            raise errors.CommandExists(live.command_id)
        today = self.clock().date()
        if self.policy.quota is not None and self._issued_on.get((office, today), 0) >= self.policy.quota:
            midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC)
            raise errors.QuotaExhausted(midnight)

    def _book(self, command_id: UUID, *, key: UUID, nik: str, office: str, reason: Reason) -> BookedCommand:
        now = self.clock()
        booked = BookedCommand(command_id, key, nik, office, reason, CommandStatus.PENDING, made_at=now)
        if nik.endswith(MAGIC_PENDING):
            booked.decides_at = now + self.policy.pending_for
        else:
            self._issue(booked, now)
        self.commands[command_id] = booked
        self._live[nik] = command_id
        count = self._issued_on.get((office, now.date()), 0)
        self._issued_on[office, now.date()] = count + 1
        self._changed("command", str(command_id))
        return booked

    def _issue(self, booked: BookedCommand, now: datetime) -> None:
        booked.status, booked.issued_at = CommandStatus.ISSUED, now
        booked.expires_at, booked.decides_at = now + self.policy.lifetime, None

    def _as_command(self, booked: BookedCommand) -> Command:
        now = self.clock()
        if booked.status == CommandStatus.PENDING and booked.decides_at and booked.decides_at <= now:
            self._issue(booked, now)
            self._changed("command", str(booked.command_id))
        if booked.status == CommandStatus.ISSUED and booked.expires_at and booked.expires_at <= now:
            self._settle_command(booked, CommandStatus.EXPIRED)
        wait = (booked.decides_at - now).total_seconds() if booked.decides_at else None
        return Command(
            booked.command_id, booked.nik, booked.status, booked.issued_at, booked.expires_at, wait
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

    def _settle_command(self, booked: BookedCommand, status: CommandStatus) -> None:
        booked.status = status
        if self._live.get(booked.nik) == booked.command_id:
            del self._live[booked.nik]
        self._changed("command", str(booked.command_id))

    def _changed(self, kind: str, key: str) -> None:
        """A record or command changed; the simulator keeps it."""

    # --- Faults -------------------------------------------------------------------------------

    def _call(self) -> RLock:
        """The lock of one call, after whatever is wrong with the centre has been raised."""
        self.calls += 1
        if self._broken:
            raise errors.Busy("gone", timed_out=True)
        if self._closed is not None:
            raise errors.Closed(self._closed[0])
        if self._faults:
            self._faults.popleft()()
        return self._lock

    def _answer(self, answer: Answer) -> Answer:
        if self._lost > 0:
            self._lost -= 1
            raise errors.Busy("the answer was lost", timed_out=True)
        return answer


def _raise(error: errors.CentralError) -> None:
    raise error


def load(central: MemoryCentral, booked: Iterable[BookedCommand]) -> None:
    """Put commands back that were kept elsewhere, oldest first."""
    for one in sorted(booked, key=lambda command: command.made_at):
        central.commands[one.command_id] = one
        if one.status in (CommandStatus.ISSUED, CommandStatus.PENDING):
            central._live[one.nik] = one.command_id
        day = (one.office, one.made_at.date())
        central._issued_on[day] = central._issued_on.get(day, 0) + 1
