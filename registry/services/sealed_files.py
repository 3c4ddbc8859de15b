"""How does a file leave this machine so that nobody on its way reads it?

As a row of sealed pieces, each bound to the file and to its place, and an empty one at the end: a piece
that is changed, missing, doubled or out of order, and a file that is cut off, do not open. Written and read
in one pass, so nothing of it ever lies in clear on a disk.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from registry.models.resident import vault
from registry.vault import VaultError

PIECE = 1 << 20  # bytes sealed at once
LENGTH = 4  # bytes before each piece that say how long it is


class Sealing(io.RawIOBase):
    """Write in clear, keep sealed. Whole, and on the disk, only once it is closed without an error."""

    def __init__(self, file: Path, *, bound_to: str) -> None:
        super().__init__()
        self._to = file.open("xb")
        self._bond, self._place, self._waiting = bound_to, 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) >= PIECE:
            self._seal(bytes(self._waiting[:PIECE]))
            del self._waiting[:PIECE]
        return len(data)

    def finish(self) -> None:
        """The rest, the end, and a wait for the disk."""
        if self._waiting:
            self._seal(bytes(self._waiting))
        self._seal(b"")
        self._to.flush()
        os.fsync(self._to.fileno())

    def close(self) -> None:
        if not self.closed:
            self._to.close()
        super().close()

    def _seal(self, piece: bytes) -> None:
        sealed = vault().seal_bytes(piece, bound_to=f"{self._bond}:{self._place}")
        self._to.write(len(sealed).to_bytes(LENGTH, "big") + sealed)
        self._place += 1


class Opened(io.RawIOBase):
    """Read in clear what was kept sealed. Raises VaultError at a piece that does not open, or no end."""

    def __init__(self, file: Path, *, bound_to: str) -> None:
        super().__init__()
        self._of = file.open("rb")
        self._bond, self._place, self._waiting, self._ended = bound_to, 0, b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._waiting and not self._ended:
            self._waiting = self._piece()
            self._ended = not self._waiting
        taken = self._waiting[: len(buffer)]
        buffer[: len(taken)] = taken
        self._waiting = self._waiting[len(taken) :]
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self._of.close()
        super().close()

    def _piece(self) -> bytes:
        length = int.from_bytes(self._of.read(LENGTH), "big")
        sealed = self._of.read(min(length, 2 * PIECE))
        if not sealed or len(sealed) != length:
            raise VaultError("the file is cut off")
        piece = vault().open_bytes(sealed, bound_to=f"{self._bond}:{self._place}")
        self._place += 1
        return piece
