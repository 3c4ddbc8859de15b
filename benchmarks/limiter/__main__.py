"""Which limiter uses a centre best without being told what it bears? ``make bench ARGS=limiter``

Every limiter plays every scene with the same seeds; the figures are medians over the seeds. Those
that call again as fast as they are refused, and those told wrong, play the first three scenes only.
``--json`` prints one object instead of tables; ``--scenes=a;b``, ``--limiters=a;b`` and ``--seeds=1``
choose less, ``--full`` leaves nothing out. ``--grid`` plays ours alone in the scenes that no rule was made
for, the worst first.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

from benchmarks.limiter.grid import GRID
from benchmarks.limiter.roster import ROSTER, Entry
from benchmarks.limiter.scenes import MAIN, SCENES, WEEKS
from benchmarks.limiter.world import Result, Scene, play

SEEDS = 5
OURS = "ours"
ALL = SCENES | GRID
ENTRIES = {entry.name: entry for entry in ROSTER}
AS_MANY_CALLS = {"ours"}  # of whom a three-week outage asks little


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the seeds; seconds, shares, calls. None: the scene has no such thing."""

    used: float
    wasted: float
    back_after_outage: float | None
    back_after_half: float | None
    p99: float
    fairness: float
    dead_per_minute: float | None
    calls: float


def main(arguments: Sequence[str]) -> int:
    """Play, print."""
    options = _options(arguments)
    began = time.perf_counter()
    games = list(_games(options))
    played = _play_all(games, seeds=options.seeds, quiet=options.json)
    figures = {game: _figures(ALL[game[0]], played[game]) for game in games}
    if options.grid and not options.json:
        _print_grid(figures)
        return 0
    if options.json:
        print(json.dumps(_as_json(figures, options.seeds), allow_nan=False))
        return 0
    for scene in options.scenes:
        if rows := {name: row for (of, name), row in figures.items() if of == scene}:
            _print_scene(scene, rows)
    _print_all(figures)
    print(f"{len(games)} games of {options.seeds} seeds in {time.perf_counter() - began:.0f} s")
    _print_bench(figures)
    return 0


# --- Playing ----------------------------------------------------------------------------------------


def _games(options: argparse.Namespace) -> Iterable[tuple[str, str]]:
    first = {scene.name for scene in MAIN}
    for scene in options.scenes:
        for name in options.limiters:
            if options.full or _worth_playing(ENTRIES[name], scene, first):
                yield scene, name


def _worth_playing(entry: Entry, scene: str, first: set[str]) -> bool:
    if scene == WEEKS.name:
        return entry.name in AS_MANY_CALLS
    return scene in first or entry.everywhere


def _play_one(game: tuple[str, str, int]) -> tuple[str, str, Result]:
    scene, name, seed = game
    limiters = ENTRIES[name].make(ALL[scene], Random(1000 + seed))
    return scene, name, play(ALL[scene], limiters, seed)


def _play_all(
    games: Sequence[tuple[str, str]], *, seeds: int, quiet: bool
) -> dict[tuple[str, str], list[Result]]:
    """The longest first, so that no core waits at the end."""
    ordered = sorted(games, key=lambda game: ENTRIES[game[1]].everywhere)
    work = [(scene, name, seed) for scene, name in ordered for seed in range(seeds)]
    played: dict[tuple[str, str], list[Result]] = defaultdict(list)
    shown = time.perf_counter()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for done, (scene, name, result) in enumerate(pool.imap_unordered(_play_one, work), 1):
            played[scene, name].append(result)
            if not quiet and time.perf_counter() - shown > 30:
                shown = time.perf_counter()
                print(f"  {done} of {len(work)} runs", file=sys.stderr, flush=True)
    return played


# --- Reckoning --------------------------------------------------------------------------------------


def _figures(scene: Scene, results: Sequence[Result]) -> Figures:
    dead = any(share == 0 for _at, share in scene.steps)
    return Figures(
        used=median(result.used for result in results),
        wasted=median(result.wasted for result in results),
        back_after_outage=_slowest(result.back_after_outage for result in results),
        back_after_half=_slowest(result.back_after_half for result in results),
        p99=median(result.p99 for result in results),
        fairness=median(result.fairness for result in results),
        dead_per_minute=median(result.dead_per_minute for result in results) if dead else None,
        calls=median(result.calls for result in results),
    )


def _slowest(backs: Iterable[Sequence[float]]) -> float | None:
    """The median over the runs of each run's slowest return."""
    slowest = [max(back) for back in backs if back]
    return median(slowest) if slowest else None


# --- Printing ---------------------------------------------------------------------------------------

HEAD = f"{'':<20}{'used':>6}{'wasted':>9}{'back: outage':>14}{'half':>8}{'p99':>8}{'fair':>7}{'dead/min':>10}"


def _print_scene(scene: str, rows: dict[str, Figures]) -> None:
    print(f"\n{scene}\n{HEAD}")
    for name, row in rows.items():
        print(
            f"{name:<20}{row.used:>6.2f}{row.wasted:>9.1%}{_seconds(row.back_after_outage):>14}"
            f"{_seconds(row.back_after_half):>8}{_seconds(row.p99):>8}{row.fairness:>7.3f}"
            f"{'' if row.dead_per_minute is None else f'{row.dead_per_minute:,.1f}':>10}"
        )


def _print_grid(figures: dict[tuple[str, str], Figures]) -> None:
    """The least used first."""
    rows = sorted(figures.items(), key=lambda item: item[1].used)
    for (scene, _name), row in rows:
        fair = f"{row.fairness:.3f}"
        print(f"{scene:<42}{row.used:>6.2f}{row.wasted:>9.1%}{fair:>8}")
    for bound in (0.93, 0.8):
        print(f"{sum(row.used < bound for _, row in rows)} of {len(rows)} scenes below {bound}")


def _seconds(figure: float | None) -> str:
    if figure is None:
        return ""
    return "never" if figure == math.inf else f"{figure:.0f} s"


def _print_all(figures: dict[tuple[str, str], Figures]) -> None:
    """One line a limiter: used and wasted in the first three scenes, and the worst of all it played."""
    first = [scene.name for scene in MAIN]
    head = "".join(f"{scene:>15}" for scene in first)
    print(f"\n{'used / wasted':<20}{'knows':<13}{head}   worst use, and where")
    for name in dict.fromkeys(name for _scene, name in figures):
        own = {scene: row for (scene, of), row in figures.items() if of == name}
        pairs = "".join(f"{_pair(own.get(scene)):>15}" for scene in first)
        least = min(own, key=lambda scene: own[scene].used)
        print(f"{name:<20}{ENTRIES[name].knows:<13}{pairs}   {own[least].used:.2f} {least}")


def _pair(row: Figures | None) -> str:
    return f"{row.used:.2f} / {row.wasted:.1%}" if row else ""


def _print_bench(figures: dict[tuple[str, str], Figures]) -> None:
    first = {scene.name for scene in MAIN}
    for (scene, name), row in figures.items():
        if name != OURS and scene not in first:
            continue
        stem = f"limiter_{_word(scene)}_{_word(name)}"
        print(f"BENCH {stem}_used {row.used:.3f} share")
        print(f"BENCH {stem}_wasted {row.wasted:.4f} share")
        for what, figure in (("outage", row.back_after_outage), ("half", row.back_after_half)):
            if figure is not None:
                print(f"BENCH {stem}_back_after_{what} {figure:.1f} s")
        if name == OURS:
            print(f"BENCH {stem}_fairness {row.fairness:.4f} index")
            if row.dead_per_minute is not None:
                print(f"BENCH {stem}_dead_calls {row.dead_per_minute:.2f} per_minute")


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", text.replace("×", "times").replace("÷", "by")).strip("_").lower()


def _as_json(figures: dict[tuple[str, str], Figures], seeds: int) -> dict[str, object]:
    rows = []
    for (scene, name), row in figures.items():
        measured = {key: getattr(row, key) for key in Figures.__slots__}
        never = {key: None if value == math.inf else value for key, value in measured.items()}
        rows.append({"scene": scene, "limiter": name, "knows_capacity": ENTRIES[name].knows, **never})
    return {"seeds": seeds, "rows": rows}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="limiter", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--grid", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--scenes", type=_names(ALL))
    parser.add_argument("--limiters", type=_names(ENTRIES))
    options = parser.parse_args(arguments)
    options.scenes = options.scenes or list(GRID if options.grid else SCENES)
    options.limiters = options.limiters or ([OURS] if options.grid else list(ENTRIES))
    return options


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Names with ``;`` between them, for some have commas."""

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(";")]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {unknown}; there are: {list(known)}")
        return names

    return read


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
