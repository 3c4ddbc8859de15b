"""How does a write happen once, however often it is sent?

Under its Idempotency-Key (IETF draft-ietf-httpapi-idempotency-key-header). The answer is stored in
the transaction of the effect. Whoever comes while the first is still at work is told to come again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import IntegrityError, connection, transaction
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
SELECT pg_try_advisory_xact_lock(%s), answer.fingerprint, answer.status, answer.sealed
FROM (SELECT 1) AS one
LEFT JOIN registry_storedanswer AS answer ON answer.device_id = %s AND answer.key = %s
"""


STORE = """
INSERT INTO registry_storedanswer (device_id, key, fingerprint, status, sealed, created_at)
VALUES (%s, %s, %s, %s, %s, %s)
"""


def once(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Run ``handler`` in one transaction with its stored answer; again, give that answer."""

    @wraps(handler)
    def safely(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not KEY.fullmatch(key):
            raise KeyMissing
        device = request.user.pk
        fingerprint = _fingerprint(request)
        try:
            with transaction.atomic():
                stored = _first(device, key, fingerprint)
                if stored is not None:
                    return stored
                response = handler(view, request, *args, **kwargs)
                _store(device, key, fingerprint, response)
        except IntegrityError as error:
            if "storedanswer_once" in str(error):
                raise KeyInFlight(retry_after=1) from error
            raise
        return response

    safely.is_once = True  # type: ignore[attr-defined]  # read by the schema
    return safely


def _fingerprint(request: Request) -> bytes:
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(
        f"{request.method} {request.path}\n{body}".encode("utf-8", "surrogatepass")
    ).digest()


def _first(device: Any, key: str, fingerprint: bytes) -> Response | None:
    """The stored answer, or None when this is the first. Raises KeyInFlight and KeyReused."""
    bond = bond_of(device, key)
    free, known, status, sealed = ask(FIRST, [lock_of(bond), device, key]) or (False, None, 0, b"")
    if not free:
        raise KeyInFlight(retry_after=1)
    if known is None:
        return None
    if bytes(known) != fingerprint:
        raise KeyReused
    kept = json.loads(vault().open(bytes(sealed), bound_to=bond))
    return Response(kept["data"], status=status, headers={**kept["headers"], "Idempotent-Replayed": "true"})


def lock_of(bond: str) -> int:
    """The advisory lock under which a key is worked on."""
    return int.from_bytes(hashlib.sha256(bond.encode()).digest()[:8], signed=True)


def _store(device: Any, key: str, fingerprint: bytes, response: Response) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    headers["Content-Language"] = get_language()  # the answer is given again as it was
    body = JSONRenderer().render(response.data).decode() or "null"
    sealed = vault().seal(
        f'{{"data":{body},"headers":{json.dumps(headers)}}}',
        bound_to=bond_of(device, key),
    )
    with connection.cursor() as cursor:
        cursor.execute(STORE, [device, key, fingerprint, response.status_code, sealed, timezone.now()])
