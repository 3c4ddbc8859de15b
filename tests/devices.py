"""How does a test speak as a kiosk or a station? With a real key, over the real views."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from registry.models import Device, Office
from registry.models.device import Scope
from registry.services import devices
from tests import factories

FAMILY_CARD = "2102031501100007"  # of everybody in the tests
KINDS = ("photo", "fingerprints", "iris", "signature")


@dataclass
class Speaker:
    """A device with its key."""

    device: Device
    key: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **headers: str) -> Any:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        """``key``: the Idempotency-Key; a new one unless given, none when empty."""
        wanted = str(uuid.uuid4()) if key is None else key
        return self._ask("POST", path, body, headers | ({"Idempotency-Key": wanted} if wanted else {}))

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._ask("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self._ask("DELETE", path, None, headers)

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        plain = isinstance(body, bytes)
        return self.client.generic(  # type: ignore[return-value]
            method,
            f"/api/v1/{path}",
            body if plain else ("" if body is None else json.dumps(body)),
            content_type=named.pop(
                "Content-Type", "application/octet-stream" if plain else "application/json"
            ),
            headers={"Authorization": f"Device {self.key}", **named},
        )


def a_device(office: Office, *scopes: str, name: str = "Kios 1", networks: tuple[str, ...] = ()) -> Speaker:
    """An enrolled device; without scopes, one that may do everything."""
    now = timezone.now()
    device = devices.register(
        name=name, office=office, scopes=scopes or Scope.values, networks=networks, now=now
    )
    return Speaker(device, devices.grant_key(device=device, now=now).key.text)


def a_recording(number: int, **changes: Any) -> dict[str, Any]:
    """What a station sends about a made-up person."""
    return {
        "recording_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"recording {number}")),
        "nik": factories.nik_of(number),
        "family_card_number": FAMILY_CARD,
        "name": f"Contoh {number}",
        "birth_place": "Tanjung Balai Karimun",
        "birth_date": "1985-01-01",
        "sex": "L",
        "address": "Jalan Contoh",
        "rt": "1",
        "rw": "2",
        "village": "Sungai Lakam",
        "district": "21.02.03",
        "religion": "islam",
        "marital_status": "kawin",
        "occupation": "Nelayan",
        "citizenship": "WNI",
        "blood_type": "O",
        "recorded_at": "2017-11-28T10:00:00+07:00",
        "files": {kind: {"sha256": f"{place + 1:064x}", "bytes": 1000} for place, kind in enumerate(KINDS)},
        **changes,
    }


def a_person(number: int) -> dict[str, str]:
    """The three facts a resident types at a kiosk."""
    return {
        "nik": factories.nik_of(number),
        "birth_date": "1985-01-01",
        "family_card_number": FAMILY_CARD,
    }


def problem(answer: Any) -> str:
    """The stable name of the problem that was answered."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    return str(answer.json()["type"]).removeprefix("urn:ektp:problem:")
