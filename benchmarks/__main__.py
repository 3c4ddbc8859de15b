"""Which tables are there? ``python -m benchmarks [NAME …]`` prints those named, or all, one after the other.

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


def main(names: list[str]) -> int:
    """0 when every table was printed. Unknown names are said before anything runs."""
    known = tables()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No such table: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 1
    failed = [name for name in names or known if _run(name)]
    if failed:
        print(f"Not measured: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str) -> int:
    print(f"\n=== {name} ===", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
