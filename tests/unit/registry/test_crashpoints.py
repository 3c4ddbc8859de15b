"""Does a crash point kill once where it is armed, and nowhere else?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

WALK = "from registry import crashpoints; crashpoints.here('print.sent'); print('on')"


def walk(folder: Path, *, demo: str = "1") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CRASH_FOLDER": str(folder), "EKTP_DEMO": demo}
    return subprocess.run(
        [sys.executable, "-c", WALK], env=environment, capture_output=True, text=True, check=False
    )


class TestHere:
    def test_passes_a_point_that_nobody_armed(self, tmp_path: Path) -> None:
        (tmp_path / "print.begun").touch()

        assert walk(tmp_path).stdout == "on\n"

    def test_kills_the_first_who_comes_by_and_only_him(self, tmp_path: Path) -> None:
        (tmp_path / "print.sent").touch()

        assert walk(tmp_path).returncode == -signal.SIGKILL
        assert walk(tmp_path).stdout == "on\n"

    def test_is_deaf_outside_the_demo(self, tmp_path: Path) -> None:
        (tmp_path / "print.sent").touch()

        assert walk(tmp_path, demo="0").stdout == "on\n"
