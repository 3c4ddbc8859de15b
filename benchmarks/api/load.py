"""How fast does a server answer, and how late at half of that?"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Question:
    """One request, ready to be sent."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """Answers a second, and how long each took, in seconds, from when it was due."""

    rate: float
    latencies: list[float]

    def percentile(self, share: float) -> float:
        """The time within which ``share`` of the answers came, in seconds."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


Ask = Callable[[int], Question]


def flat_out(address: str, ask: Ask, *, numbers: Iterator[int], seconds: float, threads: int) -> Heard:
    """As many as the server takes from so many connections."""
    return _run(address, ask, numbers=numbers, seconds=seconds, threads=threads, pause=0.0)


def paced(
    address: str, ask: Ask, *, numbers: Iterator[int], seconds: float, threads: int, rate: float
) -> Heard:
    """So many a second; one that is late because others were counts from when it was due."""
    return _run(address, ask, numbers=numbers, seconds=seconds, threads=threads, pause=threads / rate)


def _run(
    address: str, ask: Ask, *, numbers: Iterator[int], seconds: float, threads: int, pause: float
) -> Heard:
    latencies: list[float] = []
    wrong: list[str] = []
    lock = threading.Lock()
    began = time.perf_counter()

    def work(place: int) -> None:
        connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
        for turn in count():
            due = began + (turn + place / threads) * pause if pause else time.perf_counter()
            if due - began > seconds or wrong:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            with lock:
                question = ask(next(numbers))
            connection.request(question.method, question.path, question.body, question.headers)
            answer = connection.getresponse()
            said = answer.read()
            latencies.append(time.perf_counter() - due)
            if answer.status >= 400:
                wrong.append(f"{answer.status} {said[:300]!r}")
        connection.close()

    crowd = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    if wrong:
        raise RuntimeError(wrong[0])
    return Heard(len(latencies) / (time.perf_counter() - began), latencies)
