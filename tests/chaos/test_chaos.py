"""Does the fault suite still hold for the few rounds that every test run can afford?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Deaths on both sides of the wire to a printer that forgets, and the loss of everything that is not a row.
KINDS = ("doubt.asked", "forgets what it printed", "Valkey emptied")


def test_some_rounds_of_faults_break_no_promise() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--once", "--only", *KINDS],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "BENCH chaos_broken 0 promises" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, "nobody died at a crash point that was armed\n" + done.stdout
