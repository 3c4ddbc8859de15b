"""Where do recordings come from when nobody has been recorded? Made up, for load and for tests."""

from __future__ import annotations

import json
import random
import uuid
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from clients.station.recordings import FACTS, KINDS

REGION = "210203"
DISTRICT = "21.02.03"
FIRST_BIRTH = date(1950, 1, 1)
DAYS = 20_000  # births fall into these many days from the first
WIB = timezone(timedelta(hours=7))
RECORDED = datetime(2017, 10, 2, 8, tzinfo=WIB)
FILE_BYTES = 400  # a real photo has 50,000; what is tested here is how often, not how much


def make(root: Path, *, count: int, file_bytes: int = FILE_BYTES, seed: int = 20171128) -> None:
    """Folders ``000001`` to ``count``: a person for each, the same ones for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311  (people, not secrets)
    for number in range(1, count + 1):
        folder = root / f"{number:06}"
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            (folder / f"{kind}.bin").write_bytes(chance.randbytes(file_bytes))
        facts = _person(number) | {"recording_id": str(uuid.UUID(int=chance.getrandbits(128), version=4))}
        (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")


def _person(number: int) -> dict[str, str]:
    """Serial numbers run on when the days are used up, so no NIK comes twice."""
    birth = FIRST_BIRTH + timedelta(days=number % DAYS)
    serial = 1 + number // DAYS
    return {
        "nik": f"{REGION}{birth:%d%m%y}{serial:04}",
        "name": f"Contoh {number}",
        "birth_place": "Tanjung Balai Karimun",
        "birth_date": birth.isoformat(),
        "sex": "L",
        "address": "Jalan Contoh",
        "rt": "1",
        "rw": "2",
        "village": "Sungai Lakam",
        "district": DISTRICT,
        "religion": "islam",
        "marital_status": "kawin",
        "occupation": "Nelayan",
        "citizenship": "WNI",
        "blood_type": "O",
        "recorded_at": (RECORDED + timedelta(minutes=number)).isoformat(),
    }
