"""In which ways does the centre not give what was asked?

Three directions tell the caller what to do: Later (come back), Never (the centre decided),
Already (it was done before; treat as success or look it up). ``kind`` is the stable word that
is kept on rows and shown in metrics; it never carries personal data.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


class CentralError(Exception):
    """Any answer that is not the one hoped for."""

    kind = "central-error"


class Later(CentralError):
    """Not now. Costs no attempt."""

    kind = "later"


class Busy(Later):
    """Too much was asked of the centre, or it is gone: 429, 503, no answer, not JSON, 5xx.

    ``retry_after`` in seconds, when it said so. ``timed_out`` when no answer came in time, so
    that the call may still have taken effect. ``reached`` is False when no connection was made.
    """

    kind = "busy"

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: float | None = None,
        timed_out: bool = False,
        reached: bool = True,
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.timed_out = timed_out
        self.reached = reached


class Closed(Later):
    """The centre is outside its opening hours. Not a fault."""

    kind = "closed"

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__("closed")
        self.opens_at = opens_at


class NoPermit(Later):
    """Our own throttle holds the call back; the centre was not asked.

    ``retry_after`` in seconds says when asking again is worth it.
    """

    kind = "no-permit"

    def __init__(self, *, retry_after: float, why: str) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        self.why = why


class QuotaExhausted(Later):
    """The office's quota is used up until ``resets_at``."""

    kind = "quota-exhausted"

    def __init__(self, resets_at: datetime | None) -> None:
        super().__init__("quota exhausted")
        self.resets_at = resets_at


class Never(CentralError):
    """The centre decided; asking again the same way gives the same answer."""

    kind = "never"


class NotVisible(Never):
    """The centre does not have the recording (yet)."""

    kind = "not-visible"


class NotPrintReady(Never):
    """The recording is there, but ``central_status`` does not allow a card."""

    kind = "not-print-ready"

    def __init__(self, central_status: str) -> None:
        super().__init__(central_status)
        self.central_status = central_status


class DuplicateRecord(Never):
    """The centre found the same person under another NIK."""

    kind = "duplicate-record"


class Refused(Never):
    """The centre refuses; ``reason`` is text for a clerk."""

    kind = "refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invalid(Never):
    """The centre finds a field of ours wrong."""

    kind = "invalid"

    def __init__(self, field: str, detail: str = "") -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field


class NotFound(Never):
    """The centre does not know the command."""

    kind = "not-found"


class CommandExpired(Never):
    """The command is not live any more."""

    kind = "command-expired"


class AttemptConflict(Never):
    """Another outcome was told for the same attempt before."""

    kind = "conflict"


class WrongAnswer(Never):
    """The answer speaks of another person or command than the one asked for; never used."""

    kind = "wrong-answer"


class Unauthorized(Later):
    """The centre does not accept our credential: a person must mend it; nothing is lost."""

    kind = "unauthorized"


class Already(CentralError):
    """It was done before."""

    kind = "already"


class CommandExists(Already):
    """A live command for this NIK exists under another key."""

    kind = "command-exists"

    def __init__(self, command_id: UUID) -> None:
        super().__init__("a live command exists")
        self.command_id = command_id
