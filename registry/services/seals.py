"""How are the movements of blanks closed, so that a later change shows?

Every movement has a digest of all its columns; a seal hashes the digests of its run together with
the hash of the seal before. Whoever changes a sealed row must make every later seal anew, and then
the newest hash differs from the one that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Max

from registry import crashpoints
from registry.models import BlankMovement, LedgerSeal

FORM = (
    "ektp-ledger-1"  # hashed first in every seal, so that another way of hashing can never be mistaken for it
)
GENESIS = "0" * 64  # what the first seal names as the hash before it
RUN = 10_000  # movements a seal closes at most: keeps its row small and the proof's memory constant
WAIT_MS = 1_000  # writers queue behind the lock we wait for; no transaction of ours lasts that long

COLUMNS = ("id", "office_id", "at", "quantity", "source", "target", "reference", "why", "actor")
FINGERPRINT = struct.Struct(">q8s")  # a movement's id and the first 8 bytes of its digest

Row = Sequence[Any]  # the values of COLUMNS


class LedgerBusy(Exception):
    """A transaction held the ledger for too long; seal later."""


def digest(row: Row) -> bytes:
    """SHA-256 over every column of a movement, as a JSON list: times in UTC, text as ASCII."""
    values = [_utc(value) if isinstance(value, datetime) else value for value in row]
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def seal_hash(*, seal: LedgerSeal, digests: Iterable[bytes]) -> str:
    """The hash that ``seal`` must have over the run with these digests."""
    head = (FORM, seal.previous_hash, seal.first_id, seal.last_id, seal.count, _utc(seal.sealed_at))
    hashed = hashlib.sha256(json.dumps(head, separators=(",", ":")).encode())
    for one in digests:
        hashed.update(one)
    return hashed.hexdigest()


def fingerprint(row: Row, row_digest: bytes) -> bytes:
    """What a seal remembers of one movement, to name it when the hash does not agree."""
    return FINGERPRINT.pack(row[0], row_digest[:8])


def seal(*, now: datetime) -> list[LedgerSeal]:
    """Close every committed movement that is not sealed yet. Raises LedgerBusy.

    Safe to run twice at once: the second finds nothing left to close.
    """
    mark = _quiet_mark()
    made: list[LedgerSeal] = []
    with transaction.atomic():
        with connection.cursor() as cursor:  # one sealer at a time; it blocks no writer of movements
            cursor.execute("LOCK TABLE registry_ledgerseal IN SHARE ROW EXCLUSIVE MODE")
        last = LedgerSeal.objects.order_by("-id").first()
        rows = _movements(after=last.last_id if last else None, up_to=mark)
        while run := list(islice(rows, RUN)):
            last = _close(run, previous=last, now=now)
            made.append(last)
            crashpoints.here("seal.closing")
    return made


def _quiet_mark() -> int:
    """The highest movement such that no movement with a smaller number can still appear.

    Numbers are given when a row is inserted and rows appear when they are committed, so a smaller
    number may come later. SHARE waits for all who have inserted and lets nobody begin; with it held,
    every number given so far is committed or never will be. It is held for one query only.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_MS}ms"])
            cursor.execute("LOCK TABLE registry_blankmovement IN SHARE MODE")
            return BlankMovement.objects.aggregate(mark=Max("id"))["mark"] or 0
    except OperationalError as error:
        raise LedgerBusy from error


def _movements(*, after: int | None, up_to: int) -> Any:
    rows = BlankMovement.objects.filter(id__lte=up_to).order_by("id").values_list(*COLUMNS)
    return (rows if after is None else rows.filter(id__gt=after)).iterator(chunk_size=RUN)


def _close(run: Sequence[Row], *, previous: LedgerSeal | None, now: datetime) -> LedgerSeal:
    digests = [digest(row) for row in run]
    made = LedgerSeal(
        first_id=run[0][0],
        last_id=run[-1][0],
        count=len(run),
        previous_hash=previous.hash if previous else GENESIS,
        fingerprints=b"".join(map(fingerprint, run, digests)),
        sealed_at=now,
    )
    made.hash = seal_hash(seal=made, digests=digests)
    made.save(force_insert=True)
    return made


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
