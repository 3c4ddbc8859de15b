"""Does the fault suite still hold for the few rounds that every test run can afford?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = "20"  # no round begins after so long; with start and end less than a minute


def test_some_rounds_of_faults_break_no_promise() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", SECONDS, "--faults", "1"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "BENCH chaos_broken 0 promises" in done.stdout, done.stdout + done.stderr
