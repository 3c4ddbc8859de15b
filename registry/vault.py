"""How is a NIK kept so that whoever steals the database cannot read it?

Encrypted with AES-256-GCM under a versioned key, bound to its row, and found again through a
keyed blind index (HMAC-SHA-256 under another key). A NIK is guessable, so an index without a
key would be worthless; both keys therefore live outside the database and its backups. What the
index gives away is equality only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12  # the size that GCM is defined for (NIST SP 800-38D)


class VaultError(Exception):
    """The value cannot be opened: wrong key, wrong row, or changed bytes."""


@dataclass(frozen=True)
class Vault:
    """Seals and opens short texts. ``keys``: version → 32 bytes; the highest version seals."""

    keys: Mapping[int, bytes]
    index_key: bytes

    @property
    def version(self) -> int:
        """The version that seals now."""
        return max(self.keys)

    def seal(self, text: str, *, bound_to: str) -> bytes:
        """``version || nonce || ciphertext``, readable only together with ``bound_to``."""
        return self.seal_bytes(text.encode(), bound_to=bound_to)

    def seal_bytes(self, plain: bytes, *, bound_to: str) -> bytes:
        """The same for a piece of a file."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.version]).encrypt(nonce, plain, bound_to.encode())
        return bytes([self.version]) + nonce + sealed

    def open(self, sealed: bytes, *, bound_to: str) -> str:
        """The text. Raises VaultError."""
        return self.open_bytes(sealed, bound_to=bound_to).decode()

    def open_bytes(self, sealed: bytes, *, bound_to: str) -> bytes:
        """The piece of a file. Raises VaultError."""
        version, nonce, body = sealed[0], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if version not in self.keys:
            raise VaultError(f"no key of version {version}")
        try:
            return AESGCM(self.keys[version]).decrypt(nonce, body, bound_to.encode())
        except InvalidTag as error:
            raise VaultError("the sealed value does not fit its row or key") from error

    def index(self, text: str) -> bytes:
        """The blind index of ``text``: 32 bytes, the same for the same text."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).digest()

    def recording_id(self, nik: str, recorded_at: datetime) -> UUID:
        """The same id for the same person and moment, for sources that give none of their own."""
        moment = recorded_at.astimezone(UTC).isoformat()
        return UUID(bytes=self.index(f"recording:{nik}:{moment}")[:16], version=5)
