"""Is what others wrote and we carry along exactly what they published, with its licence?"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "printing" / "static" / "kiosk" / "vendor"


def test_every_vendored_file_is_as_its_note_says() -> None:
    for package in FOLDER.iterdir():
        note = (package / "README.md").read_text(encoding="utf-8")
        promised = {
            name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", note, re.MULTILINE)
        }
        found = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in package.iterdir()
            if file.name != "README.md"
        }
        assert found == promised
        assert any(name.startswith("LICENSE") for name in found)
