"""How many calls does a client drop by itself, if it looks at how many were accepted?

Google's client-side throttling: a call is refused locally with probability
``max(0, (requests − K × accepts) ÷ (requests + 1))`` over the last two minutes, K = 2; requests include
those refused locally. A worker whose call was refused locally comes back after a second: the book leaves
that to the caller.
Source: "Site Reliability Engineering", chapter 21, "Handling Overload".
"""

from __future__ import annotations

from collections import deque
from random import Random

from benchmarks.limiter.protocol import Answer, Kind

K = 2.0
MEMORY = 120.0  # s
COME_BACK = 1.0  # s


class SreThrottling:
    """One client's throttling."""

    def __init__(self, *, random: Random) -> None:
        self._random = random
        self._requests: deque[float] = deque()
        self._accepts: deque[float] = deque()

    def ask(self, *, client: int, now: float) -> object | float:
        """A ticket, unless the dice refuse."""
        _forget(self._requests, before=now - MEMORY)
        _forget(self._accepts, before=now - MEMORY)
        refused = self._random.random() < refusal(requests=len(self._requests), accepts=len(self._accepts))
        self._requests.append(now)
        return now + COME_BACK if refused else object()

    def settle(self, *, ticket: object, answer: Answer, now: float) -> None:
        """An answer of any content was accepted."""
        if answer.kind in (Kind.OK, Kind.ERROR):
            self._accepts.append(now)


def refusal(*, requests: int, accepts: int) -> float:
    """The probability of a local refusal."""
    return max(0.0, (requests - K * accepts) / (requests + 1))


def _forget(moments: deque[float], *, before: float) -> None:
    while moments and moments[0] < before:
        moments.popleft()
