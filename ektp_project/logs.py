"""How does a log line look, and what may never stand in it?"""

from __future__ import annotations

import logging
import re

SIXTEEN_DIGITS = re.compile(r"(?<!\d)(\d{4})\d{8}(\d{4})(?!\d)")


class Formatter(logging.Formatter):
    """One line per record; whatever looks like a NIK is masked, wherever it came from."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return SIXTEEN_DIGITS.sub(r"\1••••••••\2", super().format(record))
