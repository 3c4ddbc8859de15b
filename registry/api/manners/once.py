"""How does a write happen once, however often it is sent?

Under its Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header). The answer is stored in
the transaction of the effect. Whoever comes while the first is still at work is told to come again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.manners.problems import KeyInFlight, KeyMissing, KeyReused
from registry.models.answer import bond_of
from registry.models.resident import vault
from registry.postgresql.prepared import ask

HEADER = "Idempotency-Key"
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
KEPT_HEADERS = ("ETag",)

# One statement: the lock of this key until the end of the transaction, and the answer, if there is one.
FIRST = """
SELECT pg_try_advisory_xact_lock(%(lock)s), answer.fingerprint, answer.status, answer.sealed
FROM (SELECT 1) AS one
LEFT JOIN registry_storedanswer AS answer ON answer.device_id = %(device)s AND answer.key = %(key)s
"""
STORE = """
INSERT INTO registry_storedanswer (device_id, key, fingerprint, status, sealed, created_at)
VALUES (%(device)s, %(key)s, %(fingerprint)s, %(status)s, %(sealed)s, %(now)s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Slip:
    """One write of one device: the key it came under, and the print of what was sent."""

    device: UUID
    key: str
    fingerprint: bytes

    @property
    def bond(self) -> str:
        """What its answer is sealed to."""
        return bond_of(self.device, self.key)

    def facts(self, response: Response) -> dict[str, Any]:
        """What is stored of the answer, and the lock under which that is done."""
        headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        headers["Content-Language"] = get_language()  # the answer is given again as it was
        body = JSONRenderer().render(response.data).decode() or "null"
        kept = f'{{"data":{body},"headers":{json.dumps(headers)}}}'
        return {
            "lock": lock_of(self.bond),
            "device": self.device,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "status": response.status_code,
            "sealed": vault().seal(kept, bound_to=self.bond),
            "now": timezone.now(),
        }


Handler = Callable[..., Response]
Shortcut = Callable[[Request, Slip], Response | None]


def once(handler: Handler) -> Handler:
    """Run ``handler`` in one transaction with its stored answer; again, give that answer."""
    return _once(handler, None)


def once_by(shortcut: Shortcut) -> Callable[[Handler], Handler]:
    """The same, where ``shortcut`` is tried first.

    It does the whole in one statement: the lock, the look for a stored answer, the effect and the answer
    (the slip's facts). It answers None, and has done nothing, where anything is not as it expects.
    """
    return lambda handler: _once(handler, shortcut)


def _once(handler: Handler, shortcut: Shortcut | None) -> Handler:
    @wraps(handler)
    def safely(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not KEY.fullmatch(key):
            raise KeyMissing
        slip = Slip(request.user.pk, key, _fingerprint(request))
        response = shortcut(request, slip) if shortcut else None
        if response is not None:
            return response
        view.prove(request)
        try:
            return first_or_again(view, request, slip, *args, **kwargs)
        except IntegrityError:  # somebody was quicker, whose rows can be seen now
            return first_or_again(view, request, slip, *args, **kwargs)

    def first_or_again(view: Any, request: Request, slip: Slip, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            response = _first(slip)
            if response is None:
                response = handler(view, request, *args, **kwargs)
                ask(STORE, slip.facts(response))
        return response

    safely.is_once = True  # type: ignore[attr-defined]  # read by the schema
    return safely


def _fingerprint(request: Request) -> bytes:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(
        f"{request.method} {request.path}\n{body}".encode("utf-8", "surrogatepass")
    ).digest()


def _first(slip: Slip) -> Response | None:
    """The stored answer, or None when this is the first. Raises KeyInFlight and KeyReused."""
    found = ask(FIRST, {"lock": lock_of(slip.bond), "device": slip.device, "key": slip.key})
    free, known, status, sealed = found or (False, None, None, None)
    if not free:
        raise KeyInFlight(retry_after=1)
    if known is None:
        return None
    if bytes(known) != slip.fingerprint:
        raise KeyReused
    kept = json.loads(vault().open(bytes(sealed), bound_to=slip.bond))
    return Response(kept["data"], status=status, headers={**kept["headers"], "Idempotent-Replayed": "true"})


def lock_of(bond: str) -> int:
    """The advisory lock under which a key is worked on."""
    return int.from_bytes(hashlib.sha256(bond.encode()).digest()[:8], signed=True)
