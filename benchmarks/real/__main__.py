"""What does the whole stack get out of a centre that changes and dies, in real time?

Two offices work at the same time, each with its own workers, beat, database, broker and folder printer, and
each with its own simulated centre as a process, whose capacity goes in steps 100 → 50 → 100 → 0 → 100 %. One
asks through our throttle, which begins knowing nothing; the other in the same way through Celery's
``rate_limit`` at the rate that the centre has at its best (``rate_limited``). The figures come from the
centres' own counters.

As the contract has it, more calls than the centre can take make every call slower: its queue grows until
callers give up. ``REAL_CENTRE=refuses`` makes it refuse at once instead, where a nominal rate loses nothing
by asking in vain.

Run: ``make bench ARGS=real``. ``REAL_SPEED=2`` takes the steps twice as fast.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys

from benchmarks.real.plan import CENTRE, KIND, PLAN
from benchmarks.real.watch import Figures

APPLICATIONS = {"throttle": "ektp_project", "rate_limit": "benchmarks.real.rate_limited"}
TITLES = {"throttle": "our throttle", "rate_limit": "rate_limit at nominal"}
ALONE = (sys.executable, "-m", "ektp_project.embedded.temporary")  # with services of its own


def run_all() -> dict[str, Figures]:
    """Both runs, begun at the same moment."""
    running = {
        name: subprocess.Popen(
            [*ALONE, sys.executable, "-m", "benchmarks.real.run", application],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name, application in APPLICATIONS.items()
    }  # fmt: skip
    try:
        for one in running.values():
            _hear(one)
        for one in running.values():
            _say(one, "go")
        return {name: Figures.from_json(json.loads(_hear(one))) for name, one in running.items()}
    finally:
        for one in running.values():
            one.terminate()
            one.wait()


def _hear(one: subprocess.Popen[str]) -> str:
    assert one.stdout is not None
    line: str = one.stdout.readline()
    if not line:
        sys.exit("A run ended before its time; what it said is above.")
    return line


def _say(one: subprocess.Popen[str], word: str) -> None:
    assert one.stdin is not None
    one.stdin.write(f"{word}\n")
    one.stdin.flush()


# --- The table --------------------------------------------------------------------------------


def row(name: str, found: Figures) -> None:
    """One line of the table."""
    print(
        f"{name:<22}{found.used:>6.2f}{found.served:>9,}{found.wasted:>9.1%}{found.wasted_calls:>8,}"
        f"{seconds(found.back_after_outage):>14}{seconds(found.back_after_half):>8}"
        f"{found.answer:>9.1f} s{found.dead_per_minute:>10,.1f}",
        flush=True,
    )
    print(f"{'  of each step':<22}{' '.join(f'{share:.2f}' for share in found.steps):>6}", flush=True)


def seconds(figure: float) -> str:
    """Seconds, or never."""
    return "never" if figure == math.inf else f"{figure:.0f} s"


def bench(name: str, found: Figures) -> None:
    """The lines a script compares."""
    print(f"BENCH real_{name}_used {found.used:.3f} share")
    print(f"BENCH real_{name}_wasted {found.wasted:.4f} share")
    print(f"BENCH real_{name}_wasted_calls {found.wasted_calls} calls")
    print(f"BENCH real_{name}_back_after_outage {found.back_after_outage:.1f} s")
    print(f"BENCH real_{name}_back_after_half {found.back_after_half:.1f} s")
    print(f"BENCH real_{name}_dead_calls {found.dead_per_minute:.1f} per_minute")


def main() -> None:
    """Print the table."""
    print(
        f"A centre that {KIND}; {CENTRE.rate:.0f} calls a second at its best, of {CENTRE.seconds} s; "
        f"{sum(phase.seconds for phase in PLAN):.0f} s in {len(PLAN)} steps"
    )
    print(
        f"{'':<22}{'used':>6}{'served':>9}{'wasted':>9}{'calls':>8}{'back: outage':>14}{'half':>8}"
        f"{'answer':>11}{'dead/min':>10}",
        flush=True,
    )
    found = run_all()
    for name, figures in found.items():
        row(TITLES[name], figures)
    for name, figures in found.items():
        bench(name, figures)
    ours, limited = found["throttle"], found["rate_limit"]
    print(f"BENCH real_yield_ratio {ours.served / max(1, limited.served):.3f} ratio")
    print(f"BENCH real_wasted_ratio {ours.wasted_calls / max(1, limited.wasted_calls):.4f} ratio")


if __name__ == "__main__":
    main()
