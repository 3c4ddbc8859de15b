"""The only door to the centre: first the throttle, then the call, then the lesson.

Speaks the same protocol as the client behind it, so callers cannot tell the two apart and nobody can
go around the throttle by accident.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from registry import crashpoints
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

PATIENCE = 1.0  # s; a claimed row is dearer to give back and claim again than a thread's second


class Gateway:
    """The centre behind the throttle, for one office (its code)."""

    def __init__(self, *, central: Central, throttle: Throttle, office: str) -> None:
        self._central = central
        self._throttle = throttle
        self._office = office

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        return self._through(Lane.VISIBILITY, lambda: self._central.submit_recording(submission))

    def recording_status(self, nik: str) -> RecordStatus:
        return self._through(Lane.VISIBILITY, lambda: self._central.recording_status(nik))

    def query_recordings(self, niks: Sequence[str]) -> dict[str, RecordStatus]:
        return self._through(Lane.VISIBILITY, lambda: self._central.query_recordings(niks))

    def request_command(self, *, key: UUID, nik: str, office: str, reason: Reason) -> Command:
        return self._through(
            Lane.AUTHORIZATION,
            lambda: self._central.request_command(key=key, nik=nik, office=office, reason=reason),
        )

    def command(self, command_id: UUID) -> Command:
        return self._through(Lane.AUTHORIZATION, lambda: self._central.command(command_id))

    def report_attempt(self, command_id: UUID, attempt: Attempt) -> str:
        return self._through(Lane.REPORT, lambda: self._central.report_attempt(command_id, attempt))

    def list_commands(self, *, office: str, cursor: str | None = None) -> CommandPage:
        return self._through(
            Lane.VISIBILITY, lambda: self._central.list_commands(office=office, cursor=cursor)
        )

    def month_counts(self, *, office: str, month: str) -> MonthCounts:
        return self._through(Lane.VISIBILITY, lambda: self._central.month_counts(office=office, month=month))

    def status(self) -> CentreStatus:
        return self._through(Lane.VISIBILITY, self._central.status)

    def _through(self, lane: Lane, call: Callable[[], Answer]) -> Answer:
        """One call under a permit, which is settled however the call ends. Raises NoPermit."""
        permit = self._permit(lane)
        crashpoints.here("centre.permitted")
        began = time.monotonic()
        try:
            answer = call()
            crashpoints.here("centre.called")
        except errors.CentralError as error:
            self._teach(permit, error, time.monotonic() - began)
            raise
        except BaseException:
            self._throttle.settle(permit, Outcome.IGNORED, seconds=time.monotonic() - began)
            raise
        self._throttle.settle(permit, Outcome.OK, seconds=time.monotonic() - began)
        return answer

    def _permit(self, lane: Lane) -> Permit:
        """A permit, waited for when its turn is near. Raises NoPermit."""
        patient_until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._throttle.acquire(lane=lane, office=self._office)
            except errors.NoPermit as refusal:
                if time.monotonic() + refusal.retry_after > patient_until:
                    raise
                time.sleep(refusal.retry_after)

    def _teach(self, permit: Permit, error: errors.CentralError, seconds: float) -> None:
        if isinstance(error, errors.Busy):
            self._throttle.settle(
                permit,
                Outcome.DROPPED,
                seconds=seconds,
                retry_after=error.retry_after,
                timed_out=error.timed_out,
            )
        elif isinstance(error, errors.Closed):
            self._throttle.settle(permit, Outcome.CLOSED, seconds=seconds, opens_at=error.opens_at)
        elif isinstance(error, errors.Unauthorized):
            self._throttle.settle(permit, Outcome.IGNORED, seconds=seconds)
        else:  # the centre answered and decided: a quota is the office's, not a sign of load
            self._throttle.settle(permit, Outcome.OK, seconds=seconds)
