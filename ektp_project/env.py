"""Which values does the surrounding system give, and are they sensible?

Every setting from outside is read here, once, and refused with a sentence when it makes no
sense. Beside a running ``make run`` the addresses of its services are found in
``var/services.env``, so that ``manage.py`` needs no environment of its own.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
SERVICES_FILE = VAR_DIR / "services.env"  # written by `make run` while it runs
KEY_BYTES = 32  # AES-256 and HMAC-SHA-256 both take 256 bits

env = environ.Env()
if SERVICES_FILE.exists() and not os.environ.get("DATABASE_URL"):
    environ.Env.read_env(SERVICES_FILE)


def secret(name: str, default: str = "") -> str:
    """The secret ``name``, from the environment or from the file that ``{name}_FILE`` names."""
    path = env.str(f"{name}_FILE", default="")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror})") from error
    return env.str(name, default=default)


def required(name: str, value: str) -> str:
    """``value``, or a sentence that says what to set."""
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Start the demo with `make run`, or set it (see .env.example)."
        )
    return value


def key_ring(name: str, value: str) -> dict[int, bytes]:
    """``1:<base64>,2:<base64>`` as {version: 32 bytes}; the highest version encrypts."""
    ring: dict[int, bytes] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        version, _, encoded = item.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
            number = int(version)
        except (ValueError, binascii.Error) as error:
            raise ImproperlyConfigured(f"{name}: each key reads VERSION:BASE64") from error
        if len(key) != KEY_BYTES or not 1 <= number <= 255:
            raise ImproperlyConfigured(f"{name}: a key has {KEY_BYTES} bytes and a version from 1 to 255")
        ring[number] = key
    if not ring:
        raise ImproperlyConfigured(f"{name} holds no key")
    return ring


def index_keys(name: str, value: str) -> dict[int, bytes]:
    """``BASE64``, which is version 1, or a ring of one key or of two that follow each other."""
    ring = key_ring(name, value if ":" in value else f"1:{value}")
    if len(ring) > 1 and list(range(min(ring), min(ring) + 2)) != sorted(ring):
        raise ImproperlyConfigured(f"{name}: two keys at most, the second one version after the first")
    return ring
