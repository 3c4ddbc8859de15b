"""Which tables are there? ``python -m benchmarks [NAME …]`` prints those named, or all, one after the other.
Words that begin with a dash go on to the tables: ``make bench ARGS="limiter --json"``.

Each is a module of its own here and a process of its own, so that none inherits another's warm caches.
``make bench`` gives them a durable PostgreSQL and Valkey.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def tables() -> list[str]:
    """Every module that can be run, by name."""
    files = (file.stem for file in HERE.glob("[a-z]*.py"))
    packages = (file.parent.name for file in HERE.glob("[a-z]*/__main__.py"))
    return sorted((*files, *packages))


def main(words: list[str]) -> int:
    """0 when every table was printed. Unknown names are said before anything runs."""
    known = tables()
    options = [word for word in words if word.startswith("-")]
    names = [word for word in words if not word.startswith("-")]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No such table: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 1
    failed = [name for name in names or known if _run(name, options)]
    if failed:
        print(f"Not measured: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, options: list[str]) -> int:
    print(f"\n=== {name} ===", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
