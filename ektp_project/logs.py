"""How does a log line look, and what may never stand in it?"""

from __future__ import annotations

import logging
import re

# What PostgreSQL adds to an error: the values of the row that it refused.
ROW = re.compile(r"^DETAIL:.*$", re.MULTILINE)
# Sixteen digits in one run, or with the separators that people and addresses put between them.
SIXTEEN_DIGITS = re.compile(r"(?<!\d)(\d{4})(?:(?:[ .\-+]|%20)?\d){8}(?:[ .\-+]|%20)?(\d{4})(?!\d)")


def masked(text: str) -> str:
    """``text`` with whatever looks like a NIK hidden, wherever it came from."""
    return SIXTEEN_DIGITS.sub(r"\1••••••••\2", text)


class Formatter(logging.Formatter):
    """One line per record, masked, its traceback too; with the name of the request that it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(ROW.sub("DETAIL: (left out)", super().format(record)))

    def formatMessage(self, record: logging.LogRecord) -> str:
        name = getattr(getattr(record, "request", None), "request_id", None)
        return super().formatMessage(record) + (f" [{name}]" if name else "")
