"""How is a NIK kept so that whoever steals the database cannot read it?

Encrypted with AES-256-GCM under a versioned key, bound to its row, and found again through a
keyed blind index (HMAC-SHA-256 under another key). A NIK is guessable, so an index without a
key would be worthless; both keys therefore live outside the database and its backups. What the
index gives away is equality only. While its key is being replaced two index keys are live
(registry/services/index_keys.py).
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
INDEX_BYTES = 32  # HMAC-SHA-256


class VaultError(Exception):
    """The value cannot be opened: wrong key, wrong row, or changed bytes."""


@dataclass(frozen=True)
class Vault:
    """Seals and opens short texts. Both rings: version → 32 bytes; of each the highest version writes."""

    keys: Mapping[int, bytes]
    index_keys: Mapping[int, bytes]

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

    @property
    def index_version(self) -> int:
        """The version under which what is new is found."""
        return max(self.index_keys)

    def index(self, text: str, *, version: int | None = None) -> bytes:
        """The blind index of ``text``, the same for the same text and key.

        An index of the first key is bare; that of a later one begins with the version of its key.
        """
        version = version or self.index_version
        digest = hmac.new(self.index_keys[version], text.encode(), hashlib.sha256).digest()
        return digest if version == 1 else bytes([version]) + digest

    def indexes(self, text: str) -> list[bytes]:
        """The blind index of ``text`` under every live key."""
        return [self.index(text, version=version) for version in self.index_keys]

    def recording_id(self, nik: str, recorded_at: datetime) -> UUID:
        """An id for a source that gives none of its own: the same for the same person and moment, as long
        as the index key lasts. Whether a recording is known is asked by person and moment, never by this."""
        moment = recorded_at.astimezone(UTC).isoformat()
        return UUID(bytes=self.index(f"recording:{nik}:{moment}")[-INDEX_BYTES:][:16], version=5)
