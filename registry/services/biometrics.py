"""How does a biometric file come over a bad line, whole and readable to nobody?

In pieces, each taken at the place where the last one ended. A piece is sealed and stored before the
row says so; whoever dies between the two is told the old place, and writes the same piece again.
When the last one is there, all of it must have the digest that the recording promised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import BiometricFile, Device, Recording
from registry.models.biometric import Kind
from registry.models.resident import vault

STORAGE = "biometrics"  # its alias in STORAGES


class WrongPlace(Exception):
    """The piece does not begin where the last one ended; ``received`` is where."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class TooMuch(Exception):
    """More than the recording promised; the sentence is for the sender."""


class NotWhole(Exception):
    """All is there, and it is not what was promised. The file begins anew."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file has come."""

    kind: str
    size: int
    sha256: str
    received: int
    is_complete: bool


def of_device(*, device: Device, recording_id: UUID) -> Recording | None:
    """A recording that this device delivered, with files promised."""
    return Recording.objects.filter(pk=recording_id, device=device, file_sizes__isnull=False).first()


def progress(*, recording: Recording) -> list[Progress]:
    """Every file of this recording."""
    there = {file.kind: file for file in recording.files.all()}
    return [_progress(recording, kind, there.get(kind)) for kind in Kind.values]


def progress_of(*, recording: Recording, kind: str) -> Progress:
    """One file of this recording."""
    return _progress(recording, kind, recording.files.filter(kind=kind).first())


def take_piece(*, recording: Recording, kind: str, offset: int, piece: bytes, now: datetime) -> Progress:
    """Take the next piece. Raises WrongPlace, TooMuch and NotWhole."""
    with transaction.atomic():
        file = _locked(recording, kind)
        if offset != file.received:
            raise WrongPlace(file.received)
        if offset + len(piece) > file.size:
            raise TooMuch(_("Berkas ini dijanjikan %(size)d bita.") % {"size": file.size})
        if piece:
            _write(file, place=len(file.pieces), piece=piece)
            file.pieces = [*file.pieces, len(piece)]
            file.received += len(piece)
        whole = file.received == file.size
        sound = not whole or _digest(file) == _promised(recording, kind)
        if not sound:
            file.pieces, file.received = [], 0
        elif whole:
            file.completed_at = now
        file.save(update_fields=["pieces", "received", "completed_at"])
    if not sound:
        raise NotWhole
    return _progress(recording, kind, file)


def read(*, file: BiometricFile) -> Iterator[bytes]:
    """The pieces in clear, for the centre only. Raises VaultError."""
    for name, bond in pieces(file=file):
        with _storage().open(name) as stored:
            yield vault().open_bytes(stored.read(), bound_to=bond)


def pieces(*, file: BiometricFile) -> list[tuple[str, str]]:
    """Under which name each piece is stored, and what it is sealed to."""
    return [(_name(file, place), _bond(file, place)) for place in range(len(file.pieces))]


def reseal(*, file: BiometricFile) -> None:
    """Seal every piece anew, with the newest key. The caller has locked the row.

    A piece is replaced whole, so whoever reads meanwhile reads the old one or the new one; whoever dies
    in between leaves both kinds, which the old key and the new one open, and does it once more.
    """
    for place, piece in enumerate(read(file=file)):
        _write(file, place=place, piece=piece)
    file.key_version = vault().version
    file.save(update_fields=["key_version"])


def _locked(recording: Recording, kind: str) -> BiometricFile:
    BiometricFile.objects.bulk_create(
        [
            BiometricFile(
                recording=recording, kind=kind, size=recording.file_sizes[kind], key_version=vault().version
            )
        ],
        ignore_conflicts=True,
    )
    return BiometricFile.objects.select_for_update().get(recording=recording, kind=kind)


def _write(file: BiometricFile, *, place: int, piece: bytes) -> None:
    _storage().save(_name(file, place), ContentFile(vault().seal_bytes(piece, bound_to=_bond(file, place))))


def _digest(file: BiometricFile) -> str:
    found = hashlib.sha256()
    for piece in read(file=file):
        found.update(piece)
    return found.hexdigest()


def _promised(recording: Recording, kind: str) -> str:
    return str(getattr(recording, f"digest_{kind}"))


def _progress(recording: Recording, kind: str, file: BiometricFile | None) -> Progress:
    return Progress(
        kind=kind,
        size=recording.file_sizes[kind],
        sha256=_promised(recording, kind),
        received=file.received if file else 0,
        is_complete=bool(file and file.completed_at),
    )


def _storage() -> Storage:
    return storages[STORAGE]


def _name(file: BiometricFile, place: int) -> str:
    number = str(file.recording_id)
    return f"{number[:2]}/{number}/{file.kind}.{place}"


def _bond(file: BiometricFile, place: int) -> str:
    return f"registry_biometricfile:{file.recording_id}:{file.kind}:{place}"
