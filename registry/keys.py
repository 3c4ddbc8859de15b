"""How are keys and codes made, and compared?

A key has 256 random bits and is kept as a plain SHA-256. A code is short enough to be typed, so it
is kept under the vault's keyed index, lives briefly, and is asked for under strict limits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter looks like a digit
ALIKE = str.maketrans("OIL", "011")
PREFIX_BYTES = 6
SECRET_BYTES = 32
GROUP = 4  # symbols read out in one breath


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only moment at which its secret is known."""

    prefix: str
    secret: str

    @property
    def text(self) -> str:
        """What the device keeps and shows: ``prefix.secret``."""
        return f"{self.prefix}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """What the office keeps."""
        return digest(self.secret)

    def __repr__(self) -> str:
        return f"NewKey({self.prefix})"


def new_key() -> NewKey:
    """A fresh key."""
    return NewKey(secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES))


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def fits(secret: str, kept: bytes) -> bool:
    """Whether ``secret`` is the one whose digest was kept; the time tells nothing."""
    return hmac.compare_digest(digest(secret), kept)


def new_code(symbols: int) -> str:
    """A code to be typed, in groups of four: ``7ZK3-0M9Q``."""
    signs = "".join(secrets.choice(ALPHABET) for _symbol in range(symbols))
    return "-".join(signs[start : start + GROUP] for start in range(0, symbols, GROUP))


def plain_code(text: str) -> str:
    """A typed code without what people put between its groups, and with O, I, L read as digits."""
    return "".join(sign for sign in text.upper() if sign not in " -.").translate(ALIKE)
