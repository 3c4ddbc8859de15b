"""How does any call reach the centre? Only through this door: permit, call, settle."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from registry.central import errors
from registry.central.contract import (
    Attempt,
    Central,
    CentreStatus,
    Command,
    CommandPage,
    MonthCounts,
    Reason,
    RecordingSubmission,
    RecordStatus,
)
from registry.central.throttle import Lane, Outcome, Permit, Throttle

Answer = TypeVar("Answer")

PATIENCE = 2.0  # seconds that a caller stands at the door when a place will be free by then: shorter
# than handing its row back and claiming it again, and far shorter than a call


class Gateway:
    """The centre behind its throttle; one per office."""

    def __init__(
        self, *, central: Central, throttle: Throttle, office: str, patience: float = PATIENCE
    ) -> None:
        self._central = central
        self._throttle = throttle
        self._office = office
        self._patience = patience

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        """See Central."""
        return self._call(Lane.VISIBILITY, lambda: self._central.submit_recording(submission))

    def recording_status(self, nik: str) -> RecordStatus:
        """See Central."""
        return self._call(Lane.VISIBILITY, lambda: self._central.recording_status(nik))

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        """See Central."""
        return self._call(Lane.VISIBILITY, lambda: self._central.query_recordings(niks))

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        """See Central."""
        return self._call(
            Lane.AUTHORIZATION,
            lambda: self._central.request_command(key=key, nik=nik, office=office, reason=reason),
        )

    def command(self, command_id: UUID) -> Command:
        """See Central."""
        return self._call(Lane.AUTHORIZATION, lambda: self._central.command(command_id))

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        """See Central."""
        return self._call(Lane.REPORT, lambda: self._central.report_attempt(command_id, attempt))

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        """See Central."""
        return self._call(Lane.REPORT, lambda: self._central.list_commands(office=office, cursor=cursor))

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        """See Central."""
        return self._call(Lane.REPORT, lambda: self._central.month_counts(office=office, month=month))

    def status(self) -> CentreStatus:
        """See Central."""
        return self._call(Lane.REPORT, self._central.status)

    def _call(self, lane: Lane, ask: Callable[[], Answer]) -> Answer:
        permit = self._permit(lane)
        settled = _Settled(self._throttle, permit)
        with settled:
            return ask()

    def _permit(self, lane: Lane) -> Permit:
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._throttle.acquire(lane=lane, office=self._office)
            except errors.NoPermit as refusal:
                if time.monotonic() + refusal.retry_after > until:
                    raise
                time.sleep(refusal.retry_after)


class _Settled:
    """Gives the permit back however the call ends, with the word for how it ended."""

    def __init__(self, throttle: Throttle, permit: Permit) -> None:
        self._throttle = throttle
        self._permit = permit
        self._began = time.monotonic()

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        seconds = time.monotonic() - self._began
        match error:
            case errors.Busy():
                self._throttle.settle(
                    self._permit,
                    Outcome.DROPPED,
                    seconds=seconds,
                    retry_after=error.retry_after,
                    timed_out=error.timed_out,
                )
            case errors.Closed():
                self._throttle.settle(self._permit, Outcome.CLOSED, seconds=seconds, opens_at=error.opens_at)
            case None | errors.Never() | errors.Already() | errors.QuotaExhausted():
                self._throttle.settle(self._permit, Outcome.OK, seconds=seconds)
            case _:
                self._throttle.settle(self._permit, Outcome.IGNORED, seconds=seconds)
