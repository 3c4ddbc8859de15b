"""What do 10,000 guesses of NIK and receipt tell a stranger who holds a kiosk's key?

Five kinds of guesses in turn, on the real web server: receipts and people nobody knows, and people who wait,
with one fact wrong. First without limits, so that the guesser may look for a difference: in what is said, and
in how long it takes (the chance that a guess about somebody who is there takes longer than one about nobody:
0.5 tells nothing; the error is what chance alone makes of so many). Then with the limits of an office: how
many guesses of four devices behind one line are looked at at all.

Run: ``make bench ARGS=guesses``; ``--count=1000`` for less.
"""

from __future__ import annotations

import os
import random
import tempfile
from argparse import ArgumentParser
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

import httpx2  # noqa: E402 (Django must be set up first)
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.line import waiting  # noqa: E402
from printing.receipt import new_receipt  # noqa: E402
from registry.models import District, Office, Resident  # noqa: E402
from registry.models.device import Scope  # noqa: E402
from tests import factories  # noqa: E402
from tests.devices import FAMILY_CARD, a_device  # noqa: E402
from tests.web import web_server  # noqa: E402

GUESSES = 10_000
PEOPLE = 2_000  # who wait
NOBODY = 10_000_000  # the first number of people who do not
DEVICES = 4
NO_LIMIT = dict.fromkeys(
    ("API_PER_DEVICE", "API_PER_ADDRESS", "API_LOOKUPS_PER_DEVICE", "API_PER_TARGET"), "1000000000"
)
OWN = frozenset({"x-request-id", "server-time", "date", "ratelimit", "request_id", "server_time"})
OTHER = frozenset({"receipt"})  # another question: whoever asks it knows that
Guess = dict[str, str]


def somebody(number: int, **wrong: str) -> Guess:
    """The three facts about a person who waits, some of them wrong."""
    born = waiting.BORN + timedelta(days=number // waiting.SERIALS)
    facts = {"nik": waiting.nik_of(number), "birth_date": born.isoformat(), "family_card_number": FAMILY_CARD}
    return facts | wrong


KINDS: dict[str, Callable[[int], Guess]] = {
    "nobody": lambda n: somebody(NOBODY + n),
    "receipt": lambda n: {"receipt": new_receipt()},
    "family card": lambda n: somebody(n % PEOPLE, family_card_number="2102031501109999"),
    "birth date": lambda n: somebody(n % PEOPLE, birth_date="1950-02-03"),
    "both": lambda n: somebody(n % PEOPLE, birth_date="1950-02-03", family_card_number="2102031501109999"),
}


def guesses(count: int) -> Iterator[tuple[str, Guess]]:
    """All kinds in turn, shuffled within each turn: whatever the machine does hits them alike."""
    chance = random.Random(20171128)
    for number in range(count // len(KINDS)):
        for kind in chance.sample(sorted(KINDS), len(KINDS)):
            yield kind, KINDS[kind](number)


def ask(address: str, key: str, guess: Guess, client: httpx2.Client) -> tuple[float, httpx2.Response]:
    """One question; the seconds until its answer, and that."""
    began = perf_counter()
    answer = client.post(
        f"http://{address}/api/v1/status-lookups", json=guess, headers={"Authorization": f"Device {key}"}
    )
    return perf_counter() - began, answer


def said(answer: httpx2.Response) -> str:
    """All that an answer says beside its own name and time."""
    body = {name: value for name, value in answer.json().items() if name not in OWN}
    head = {name: value for name, value in answer.headers.items() if name.lower() not in OWN}
    return f"{answer.status_code} {sorted(head.items())} {sorted(body.items())}"


def later(ones: list[float], others: list[float]) -> float:
    """The chance that one of ``ones`` is larger than one of ``others`` (Mann and Whitney's U over n·m)."""
    ordered = sorted(others)
    below = sum(bisect_left(ordered, one) + bisect_right(ordered, one) for one in ones)
    return below / (2 * len(ones) * len(others))


def compare(times: dict[str, list[float]]) -> float:
    """Print how each kind's times lie beside those about nobody; returns the largest distance from 0.5."""
    nobody, farthest = times["nobody"], 0.0
    count = len(nobody)
    error = ((2 * count + 1) / (12 * count * count)) ** 0.5
    for kind, took in times.items():
        chance = later(took, nobody)
        if kind not in OTHER:
            farthest = max(farthest, abs(chance - 0.5))
        middle = f"{1000 * median(took):.2f} ms"
        print(f"{kind:<14}{middle:>10} median   later than nobody: {chance:.3f} ± {2 * error:.3f}")
    return farthest


def without_limits(folder: Path, key: str, count: int) -> tuple[int, float]:
    """How many different answers there were, and how far from chance their times lie."""
    answers: Counter[str] = Counter()
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with web_server(folder, LOG_LEVEL="ERROR", **NO_LIMIT) as address, httpx2.Client(timeout=60) as client:
        assert ask(address, key, somebody(0), client)[1].status_code == 200, "the truth is told"
        for _kind, guess in guesses(len(KINDS) * 40):  # warms up
            ask(address, key, guess, client)
        for kind, guess in guesses(count):
            took, answer = ask(address, key, guess, client)
            times[kind].append(took)
            answers[said(answer)] += 1
    return len(answers), compare(times)


def with_limits(folder: Path, keys: list[str], count: int) -> tuple[Counter[int], float]:
    """How many guesses got which status, and how many minutes that took."""
    codes: Counter[int] = Counter()
    began = perf_counter()
    with web_server(folder, LOG_LEVEL="ERROR") as address, httpx2.Client(timeout=60) as client:
        for number, (_kind, guess) in enumerate(guesses(count)):
            codes[ask(address, keys[number % len(keys)], guess, client)[1].status_code] += 1
    return codes, (perf_counter() - began) / 60


def main() -> None:
    """Print both."""
    parser = ArgumentParser()
    parser.add_argument("--count", type=int, default=GUESSES)
    count = parser.parse_args().count
    call_command("migrate", verbosity=0)
    keys = fill()
    with tempfile.TemporaryDirectory() as name:
        print(f"{count:,} guesses, {PEOPLE:,} people wait; without limits:")
        answers, apart = without_limits(Path(name) / "open", keys[0], count)
        print(f"{answers} answer", flush=True)
        codes, minutes = with_limits(Path(name) / "shut", keys, count)
    print(f"with limits: {codes[404]:,} looked at, {codes[429]:,} refused, in {minutes:.1f} minutes")
    print(f"BENCH guesses_answers {answers} different")
    print(f"BENCH guesses_apart {apart:.3f} from_chance")
    print(f"BENCH guesses_looked_at {codes[404] / minutes:.0f} per_minute")


def fill() -> list[str]:
    """An office with its line; the keys of its devices."""
    office: Office = factories.an_office()
    district = District.objects.get(code="21.02.03")
    waiting.people_wait(office=office, district=district, numbers=range(PEOPLE), now=timezone.now())
    residents = list(Resident.objects.all())
    for resident in residents:
        resident.learn_family_card(FAMILY_CARD)
    Resident.objects.bulk_update(residents, ["family_card_sealed"], batch_size=1000)
    waiting.look_at_the_tables()
    return [a_device(office, Scope.STATUS, name=f"Kios {n}").key for n in range(DEVICES)]


if __name__ == "__main__":
    main()
