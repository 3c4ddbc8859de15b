"""What happens without any limit?

Every worker calls again as soon as it has its answer.
"""

from __future__ import annotations

from benchmarks.limiter.protocol import Answer


class NoLimit:
    """Always yes."""

    def ask(self, *, client: int, now: float) -> object:
        """A ticket, always."""
        return object()

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Learns nothing."""
