"""What do a thousand faults cost? ``make chaos`` prints the table; its seed makes the same run again.

Each round is one kind of fault: people come in, the fault strikes while their cards are being made,
everything heals, and when the office is quiet every promise is checked. Then the next. The crash
points come first, one after the other, then everything else in an order that the seed decides; and
over again, first the points that nobody has died at yet, until enough faults were injected and every
kind had its turn.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ektp_project.embedded import temporary
from tests.chaos import ground

LAST_ACT = "last act: PostgreSQL restored without its journal"
POINT = "crash point"  # the group of the kinds that are one point each
QUIET_SECONDS = 300.0  # the longest pause in the line is a minute; a busy machine is no failure


@dataclass
class Line:
    """What one kind of fault has cost so far."""

    rounds: int = 0
    struck: int = 0
    people: int = 0
    by_hand: int = 0
    seconds: list[float] = field(default_factory=list)  # from the last strike until all is done
    broken: list[str] = field(default_factory=list)


def main() -> int:
    """1 when a promise was broken, or nobody died at a crash point that was to be tried."""
    wished = _arguments()
    with temporary.folder() as folder:
        database, broker = ground.a_postgres(folder), ground.a_valkey(folder)
        try:
            for server in (database, broker):
                server.start()
            os.environ.update(
                EKTP_DEMO="1",
                STATIC_MANIFEST="0",
                DATABASE_URL=database.url,
                REDIS_URL=broker.url,
                VAR_DIR=str(folder / "var"),
                DJANGO_SETTINGS_MODULE="ektp_project.settings",
                LOG_LEVEL="ERROR",
            )
            return _run(wished, folder, database, broker)
        finally:
            for server in (database, broker):
                server.stop()
            if database.disk:
                database.disk.unmount()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Faults, and what they cost.")
    parser.add_argument("--seed", type=int, default=20171128, help="the same seed, the same order of faults")
    parser.add_argument("--faults", type=int, default=1000, help="inject at least so many")
    parser.add_argument("--seconds", type=float, default=3600.0, help="begin no round after so long")
    parser.add_argument(
        "--only", nargs="+", default=[""], help="kinds whose group or name holds one of these"
    )
    parser.add_argument("--once", action="store_true", help="every kind once, however many faults")
    parser.add_argument("--keep", type=Path, help="copy the logs here")
    return parser.parse_args()


def _run(wished: argparse.Namespace, folder: Path, database: ground.Server, broker: ground.Server) -> int:
    import django  # noqa: PLC0415  (needs the servers' addresses)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tests.chaos import checks, faults  # noqa: PLC0415
    from tests.chaos.office import Office  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    chance = random.Random(wished.seed)
    kinds = [
        kind
        for kind in faults.catalogue(disk=database.disk)
        if any(word in f"{kind.group}: {kind.name}" for word in wished.only)
    ]
    for kind in kinds:
        if kind.lack:
            print(f"Left out: {kind.group}: {kind.name}: {kind.lack}")
    kinds = [kind for kind in kinds if not kind.lack]
    table = {kind: Line() for kind in kinds}
    office = Office(folder=folder, database=database, broker=broker, chance=chance)
    began = time.monotonic()
    office.open()
    try:
        print(f"seed {wished.seed}, {len(kinds)} kinds of fault", flush=True)
        for kind in _order(kinds, chance, office, once=wished.once):
            struck = sum(line.struck for line in table.values())
            everybody = all(line.rounds for line in table.values())
            late = time.monotonic() - began > wished.seconds
            if late or (everybody and struck >= wished.faults and not _missed(kinds, office)):
                break
            line = table[kind]
            said = _round(office, kind, line, checks)
            word = "BROKEN " + "; ".join(line.broken) if line.broken else "ok"
            print(f"{time.monotonic() - began:6.0f} s  {kind.group}: {kind.name}: {said}, {word}", flush=True)
            if line.broken:
                break
        going_back = _last_act(office, wished, table)
    finally:
        office.close()
        if wished.keep:
            wished.keep.mkdir(parents=True, exist_ok=True)
            for log in (*office.whole.folder.glob("*.log"), *folder.glob("*.log")):
                (wished.keep / log.name).write_bytes(log.read_bytes())
    return _tell(table, office, wished.seed, time.monotonic() - began) or (1 if going_back else 0)


def _last_act(office, wished: argparse.Namespace, table) -> list[str]:  # type: ignore[no-untyped-def]
    """A backup without its journal, once everything else is over; returns what is broken."""
    if any(line.broken for line in table.values()) or not any(word in LAST_ACT for word in wished.only):
        return []
    from tests.chaos import backwards  # noqa: PLC0415

    forgotten, wrong = backwards.go_back(office, seconds=QUIET_SECONDS)
    print(
        f"{LAST_ACT}: {forgotten} cards forgotten, {'BROKEN ' + '; '.join(wrong) if wrong else 'all found'}"
    )
    return wrong


def _order(kinds, chance: random.Random, office, *, once: bool) -> Iterator:  # type: ignore[no-untyped-def,type-arg]
    """The crash points first, then everything else; again from those that nobody has died at."""
    single = [kind for kind in kinds if kind.group == POINT]
    others = [kind for kind in kinds if kind.group != POINT]
    yield from single
    yield from chance.sample(others, len(others))
    while not once:
        yield from [kind for kind in single if kind.name in _missed(kinds, office)]
        yield from chance.sample(kinds, len(kinds))


def _missed(kinds, office) -> list[str]:  # type: ignore[no-untyped-def]
    """The crash points of this run that nobody has died at."""
    return [kind.name for kind in kinds if kind.group == POINT and kind.name not in office.died_at]


def _round(office, kind, line: Line, checks) -> str:  # type: ignore[no-untyped-def]
    """One round; returns what it was, in few words."""
    asked, began = office.by_hand, time.monotonic()
    struck = line.struck
    office.bring_in(count=kind.people)
    try:
        line.struck += kind.strike(office)
    except AssertionError as broken:
        line.broken.append(str(broken))
    healed = time.monotonic()
    quiet = office.until_quiet(seconds=QUIET_SECONDS)
    calm = time.monotonic()
    line.seconds.append(calm - healed)
    line.rounds += 1
    line.people += kind.people
    line.by_hand += office.by_hand - asked
    line.broken += checks.violations(office, quiet=quiet)
    return (
        f"{line.struck - struck} struck in {healed - began:.1f} s, all done after {calm - healed:.1f} s, "
        f"checked in {time.monotonic() - calm:.1f} s"
    )


def _tell(table, office, seed: int, seconds: float) -> int:  # type: ignore[no-untyped-def]
    print("\n| Fault | | Rounds | Struck | Cards | Asked a person | Until all was done, p50 | max | Broken |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for kind, line in table.items():
        if line.rounds:
            p50, most = statistics.median(line.seconds), max(line.seconds)
            print(
                f"| {kind.group} | {kind.name} | {line.rounds} | {line.struck} | {line.people} "
                f"| {line.by_hand} | {p50:.1f} s | {most:.1f} s | {len(line.broken)} |"
            )
    struck, broken = (
        sum(line.struck for line in table.values()),
        sum(len(line.broken) for line in table.values()),
    )
    missed = _missed(table, office)
    untried = [kind.name for kind, line in table.items() if not line.rounds]
    print(f"| | **together** | {sum(line.rounds for line in table.values())} | {struck} | | | | | {broken} |")
    print(f"\nCrash points not hit: {', '.join(missed) or 'none'}.")
    print(f"Kinds without a turn: {', '.join(untried) or 'none'}.")
    print(f"Seed {seed}; {office.restarts} restarts; {len(office.history.taken)} people; {seconds:.0f} s.")
    print(f"\nBENCH chaos_faults {struck} faults")
    print(f"BENCH chaos_broken {broken} promises")
    print(f"BENCH chaos_points_hit {len(office.died_at)} points")
    return 1 if broken or missed else 0


if __name__ == "__main__":
    sys.exit(main())
