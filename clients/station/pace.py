"""How long to wait before the next try, and how fast to go when all is well?"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

FIRST = 0.5  # seconds; a line that hiccups is back at once
LONGEST = 60.0  # seconds; longer, and a station sleeps through the minutes its line is up


@dataclass
class BackOff:
    """Doubles with every failure in a row; half of it is chance, so that stations do not march in step."""

    first: float = FIRST
    longest: float = LONGEST
    failures: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def succeeded(self) -> None:
        """The line is good."""
        self.failures = 0

    def failed(self, wish: float = 0.0) -> float:
        """Seconds to wait now; never less than the office's own ``wish`` (Retry-After)."""
        ceiling = min(self.longest, self.first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return max(wish, ceiling * self.chance.uniform(0.5, 1.0))


@dataclass
class Rate:
    """At most so many recordings a second; 0 is as fast as the office answers."""

    per_second: float = 0.0
    _next: float = 0.0

    def pause_for(self, count: int) -> float:
        """Seconds to wait before ``count`` more may go; keeps the beat when called late."""
        if not self.per_second:
            return 0.0
        now = time.monotonic()
        pause = max(0.0, self._next - now)
        self._next = max(self._next, now) + count / self.per_second
        return pause
