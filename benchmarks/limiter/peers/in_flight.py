"""How does a limit on calls in flight become yes or no?

As in Netflix's concurrency-limits: a *limiter* counts what is in flight, an *estimate* says how much
may be. Each ended call is a sample of its answer time, of how many were in flight when it began, and of
whether it was dropped. As in its gRPC client, a call that the server turned away or that ran out of
time was dropped; any other error is ignored.
Source: https://github.com/Netflix/concurrency-limits, its README and its gRPC client.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from benchmarks.limiter.protocol import Answer, Kind
from benchmarks.limiter.world import Scene

DROPPED = frozenset({Kind.REFUSED, Kind.TIMEOUT, Kind.CLOSED})


class Estimate(Protocol):
    """How many calls may be in flight."""

    limit: float

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """Learn from one ended call. ``in_flight`` when it began, itself included."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One call in flight."""

    started: float
    in_flight: int


class Fixed:
    """A number that somebody has set."""

    def __init__(self, *, limit: float) -> None:
        self.limit = limit

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """Learns nothing."""


class InFlight:
    """As many calls at once as the estimate says, never fewer than one."""

    def __init__(self, *, estimate: Estimate) -> None:
        self.estimate = estimate
        self.in_flight = 0

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket while there is room; else wait until a call ends."""
        if self.in_flight >= max(1, int(self.estimate.limit)):
            return math.inf
        self.in_flight += 1
        return Ticket(now, self.in_flight)

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """Give the place back and learn."""
        assert isinstance(ticket, Ticket)
        self.in_flight -= 1
        if answer.kind is not Kind.ERROR:
            self.estimate.sample(
                started=ticket.started,
                latency=answer.latency,
                in_flight=ticket.in_flight,
                dropped=answer.kind in DROPPED,
            )


class Told(InFlight):
    """A semaphore that somebody sets anew in the very moment in which the capacity changes."""

    def __init__(self, *, scene: Scene) -> None:
        super().__init__(estimate=Fixed(limit=scene.capacity))
        self._scene = scene

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket while there is room."""
        self.estimate.limit = self._scene.capacity * self._scene.share(now)
        return super().ask(client=client, now=now)
