"""What lies in the folder of recordings? One folder for each person: ``recording.json`` and the biometrics.

    recordings/
      0001/
        recording.json   the facts, by the names of the REST API; a ``recording_id`` if it has one already
        photo.jpg  fingerprints.wsq  iris.jp2  signature.png   (any endings)

A folder is complete when ``recording.json`` is there: write that last, or rename the folder into place.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("photo", "fingerprints", "iris", "signature")
FACTS = "recording.json"


class Unreadable(Exception):
    """This folder holds no recording that could be sent; says why in Indonesian."""


@dataclass(frozen=True, slots=True)
class BiometricFile:
    """One file as it will be announced and sent."""

    kind: str
    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One person's recording, ready to be written down."""

    folder: str
    recording_id: str
    nik: str
    body: str  # JSON, byte for byte what is sent, however often
    files: tuple[BiometricFile, ...]


def folders(root: Path) -> Iterator[Path]:
    """Every complete folder, oldest name first."""
    return (facts.parent for facts in sorted(root.glob(f"*/{FACTS}")))


def read(folder: Path) -> Recording:
    """Raises Unreadable."""
    try:
        facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        nik = str(facts["nik"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"{folder.name}: {FACTS} tidak terbaca atau tanpa NIK") from error
    files = tuple(_file(folder, kind) for kind in KINDS)
    facts.setdefault("recording_id", str(uuid.uuid4()))
    facts["files"] = {file.kind: {"sha256": file.sha256, "bytes": file.bytes} for file in files}
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return Recording(folder.name, facts["recording_id"], nik, body, files)


def _file(folder: Path, kind: str) -> BiometricFile:
    path = next(iter(sorted(folder.glob(f"{kind}.*"))), None)
    if path is None:
        raise Unreadable(f"{folder.name}: berkas {kind} tidak ada")
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return BiometricFile(kind, path, path.stat().st_size, digest)
