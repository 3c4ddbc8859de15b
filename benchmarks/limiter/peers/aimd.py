"""How many calls in flight, if each success adds and each failure divides?

Two versions. ``Aimd`` has the rules and numbers of Netflix's ``AIMDLimit``: plus one for *every* success
while at least half of the limit is used, times 0.9 for every drop and for every answer slower than it is
told (5 s if nobody tells: every fourth good answer of our centre); never below one, as first published
(later releases stop at 20, which in an office of small limits only makes it worse). ``TunedAimd`` is what
TCP Reno does and what one arrives at after tuning: plus one for each *round* of answers, times 0.8 at
most once a round, and no idea of what is slow.
Sources: https://github.com/Netflix/concurrency-limits (``AIMDLimit``); RFC 5681, sections 3.1 and 3.2.
"""

from __future__ import annotations

import math


class Aimd:
    """The library's defaults; an answer later than ``slow`` seconds counts as dropped."""

    BACKOFF = 0.9

    def __init__(self, *, limit: float = 10.0, slow: float = 5.0) -> None:
        self.limit = limit
        self.slow = slow

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """One up, or a tenth down."""
        if dropped or latency > self.slow:
            self.limit = max(1, min(self.limit - 1, int(self.limit * self.BACKOFF)))
        elif in_flight * 2 >= self.limit:
            self.limit += 1


class TunedAimd:
    """One up per round, a fifth down per round."""

    BACKOFF = 0.8

    def __init__(self, *, limit: float = 10.0) -> None:
        self.limit = limit
        self._cut_at = -math.inf

    def sample(self, *, started: float, latency: float, in_flight: int, dropped: bool) -> None:
        """Only a call that began after the last cut says anything about it."""
        if not dropped:
            if in_flight * 2 >= self.limit:
                self.limit += 1 / self.limit
        elif started >= self._cut_at:
            self.limit = max(1.0, self.limit * self.BACKOFF)
            self._cut_at = started + latency
