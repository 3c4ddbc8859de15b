"""How is a file replaced so that nobody ever finds half of it?

Django's storage opens the file that is there and writes into it: who reads meanwhile, and a machine that
loses its power, is left with a torn one. Here the new bytes are on the disk before they take the name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Files on this machine's disk, each replaced in one step."""

    def _save(self, name: str, content: File[Any]) -> str:
        partial = super()._save(f"{name}.{uuid4().hex}.partial", content)
        try:
            with Path(self.path(partial)).open("rb") as written:
                os.fsync(written.fileno())
            Path(self.path(partial)).replace(self.path(name))
        except BaseException:
            with suppress(OSError):
                self.delete(partial)
            raise
        return name
