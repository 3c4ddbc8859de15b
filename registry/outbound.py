"""How is a signed message sent to an address that somebody else chose?

HTTPS only, and never into our own network (OWASP: server-side request forgery): every address that
the name resolves to is looked at, the connection goes to the very one that was, and redirects are
not followed. Signed as Standard Webhooks describes (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import httpx2

NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address for a network without any (RFC 6052)
TIMEOUT = 10.0  # seconds; a receiver that needs longer queues on its side
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 (a prefix, not a secret)


class AddressRefused(Exception):
    """We do not send there; the sentence is a name, never an address of ours."""


class NotDelivered(Exception):
    """The receiver did not take it: say it again later."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: the address as given, and the one that was checked."""

    url: str
    host: str
    port: int
    scheme: str
    address: str


def new_secret() -> str:
    """A secret for signing, in the form receivers know."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64>`` over ``id.timestamp.body``."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def check(url: str, *, inner_networks: Sequence[str] = ()) -> Target:
    """The address, looked up and found to be somebody else's. Raises AddressRefused.

    ``inner_networks`` are those of ours that may be written to, over plain HTTP too: the demo's.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise AddressRefused("port") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.password:
        raise AddressRefused("scheme")
    port = port or (443 if parts.scheme == "https" else 80)
    found = _resolve(parts.hostname, port)
    ours = [ip_network(network) for network in inner_networks]
    allowed = all(any(ip_address(address) in network for network in ours) for address in found)
    if not allowed and parts.scheme != "https":
        raise AddressRefused("https")
    if not allowed and not all(_is_public(address) for address in found):
        raise AddressRefused("private")
    return Target(url, parts.hostname, port, parts.scheme, found[0])


def post(target: Target, *, body: bytes, message_id: str, timestamp: int, secret: str) -> None:
    """Send one message. Raises NotDelivered unless the receiver answers 2xx."""
    parts = urlsplit(target.url)
    literal = f"[{target.address}]" if ":" in target.address else target.address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "ektp-office",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id=message_id, timestamp=timestamp, body=body),
    }
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                f"{target.scheme}://{literal}:{target.port}{path}",
                content=body,
                headers=headers,
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            status = answer.status_code  # what it says beside that is never read
    except httpx2.HTTPError as error:
        raise NotDelivered(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"HTTP {status}")


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("unknown") from error
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def _is_public(address: str) -> bool:
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if found in NAT64:
        mapped = IPv4Address(int(found) & 0xFFFFFFFF)
    found = mapped or found
    return found.is_global and not found.is_multicast
