"""How does ``manage.py`` beside the running system find its services?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NAME = "services.env"  # read by ektp_project/env.py


def write(*, folder: Path, values: Mapping[str, str]) -> None:
    """Write the file as a whole or not at all; it holds passwords, so it is the owner's alone."""
    draft = folder / f"{NAME}.draft"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in sorted(values.items()))
    draft.replace(folder / NAME)


def remove(*, folder: Path) -> None:
    """Nothing is running any more (or not yet)."""
    (folder / NAME).unlink(missing_ok=True)
