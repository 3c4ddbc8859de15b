"""How does the centre behave in a test? Its book of rules, with faults that the test chooses.

The verbs of ``Book`` say what the ministry does (``see``, ``hide``, ``refuse``, ``grant``, ``revoke``,
``expire`` …); those here say what goes wrong on the way (``close``, ``break_down``, ``lose_next_answer`` …).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from registry.central import errors
from registry.central.book import Book, Policy
from registry.central.contract import (
    Attempt,
    CentreStatus,
    Command,
    CommandPage,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)

Answer = TypeVar("Answer")


class MemoryCentral(Book):
    """The centre as a dict; thread-safe. ``clock`` returns an aware datetime."""

    def __init__(
        self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), policy: Policy | None = None
    ) -> None:
        super().__init__(clock=clock, policy=policy)
        self.calls = 0
        self._faults: deque[errors.CentralError] = deque()
        self._lost = 0
        self._broken = False
        self._is_open = True
        self._opens_at: datetime | None = None

    # --- Verbs for tests ----------------------------------------------------------------------

    def set_status(self, nik: str, status: str) -> None:
        """The centre's word for this person changes."""
        self.see(nik, status)

    def close(self, opens_at: datetime | None = None) -> None:
        """Outside of opening hours until ``open``."""
        self._is_open, self._opens_at = False, opens_at

    def open(self) -> None:
        """Within opening hours, and working."""
        self._is_open, self._opens_at, self._broken = True, None, False

    def break_down(self) -> None:
        """Gone: every call times out until ``open``."""
        self._broken = True

    def lose_next_answer(self, times: int = 1) -> None:
        """The next calls take effect, but their answers never arrive."""
        with self._lock:
            self._lost += times

    def fail_next(self, error: errors.CentralError, times: int = 1) -> None:
        """The next calls end with ``error`` and take no effect."""
        self._faults.extend([error] * times)

    # --- The contract, with whatever is wrong -------------------------------------------------

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        return self._through(lambda: super(MemoryCentral, self).submit_recording(submission))

    def recording_status(self, nik: str) -> RecordStatus:
        return self._through(lambda: super(MemoryCentral, self).recording_status(nik))

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        return self._through(lambda: super(MemoryCentral, self).query_recordings(niks))

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        return self._through(
            lambda: super(MemoryCentral, self).request_command(key=key, nik=nik, office=office, reason=reason)
        )

    def command(self, command_id: UUID) -> Command:
        return self._through(lambda: super(MemoryCentral, self).command(command_id))

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        return self._through(lambda: super(MemoryCentral, self).report_attempt(command_id, attempt))

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        return self._through(lambda: super(MemoryCentral, self).list_commands(office=office, cursor=cursor))

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        return self._through(lambda: super(MemoryCentral, self).month_counts(office=office, month=month))

    def status(self) -> CentreStatus:
        """Answers outside of opening hours too."""
        if self._broken:
            raise errors.Busy("gone", timed_out=True)
        return CentreStatus(open=self._is_open, opens_at=self._opens_at, closes_at=None)

    def _through(self, call: Callable[[], Answer]) -> Answer:
        """``call``, unless something is wrong with the centre; its answer, unless that is lost."""
        with self._lock:
            self.calls += 1
            if self._broken:
                raise errors.Busy("gone", timed_out=True)
            if not self._is_open:
                raise errors.Closed(self._opens_at)
            if self._faults:
                raise self._faults.popleft()
            try:
                return call()
            finally:
                self._lose_answer()

    def _lose_answer(self) -> None:
        """A refusal is an answer too, and is lost as easily."""
        if self._lost > 0:
            self._lost -= 1
            raise errors.Busy("the answer was lost", timed_out=True) from None
