"""What happened to people's data between two moments, for those who must be told?

Law 27/2022 (article 46) gives 72 hours to tell the people and the agency what was disclosed, when and
how, and what is being done. The pack holds what the office knows: who looked at whom, what was done in
the admin, what moved, who signed in or tried; and the list of everybody whose data was touched. A NIK
stands nowhere in it: residents are named by their row, and looked up where the law asks for it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from axes.models import AccessAttempt
from axes.models import AccessLog as SignIn
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet

from registry.models import AccessLog, Event, LedgerSeal

MANIFEST = "manifest.json"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


def pack(*, to: Path, since: datetime, until: datetime, now: datetime) -> Path:
    """Write the pack for [since, until); its manifest has the digest of every list in it."""
    file = to / f"evidence-{now:%Y%m%d-%H%M%S}.zip"
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    counts, digests = {}, {}
    with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as archive:
        for name, header, rows in _lists(since, until):
            content, counts[name] = _csv(header, rows)
            digests[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(name, content)
        newest = LedgerSeal.objects.order_by("-id").first()
        about = {
            "since": since.isoformat(), "until": until.isoformat(), "made_at": now.isoformat(),
            "rows": counts, "sha256": digests, "ledger_seal": newest.hash if newest else "",
        }  # fmt: skip
        archive.writestr(MANIFEST, json.dumps(about, indent=1))
    file.chmod(0o600)
    return file


def _lists(since: datetime, until: datetime) -> Iterator[tuple[str, Sequence[str], Iterable[Any]]]:
    looks = _between(AccessLog.objects.order_by("id"), "at", since, until)
    moves = _between(Event.objects.order_by("id"), "at", since, until)
    fields: tuple[str, ...] = ("at", "actor", "resident_id", "deed", "page", "why")
    yield "looks.csv", fields, looks.values_list(*fields)
    fields = ("at", "actor", "subject", "subject_id", "resident_id", "source", "target", "why")
    yield "moves.csv", fields, moves.values_list(*fields)
    touched = looks.order_by().values_list("resident_id").union(moves.order_by().values_list("resident_id"))
    yield "people.csv", ("resident_id",), touched
    deeds = _between(LogEntry.objects.order_by("id"), "action_time", since, until)
    fields = ("action_time", "user__username", "content_type__model", "object_id", "action_flag")
    yield "admin.csv", fields, deeds.values_list(*fields)
    signed_in = _between(SignIn.objects.order_by("id"), "attempt_time", since, until)
    fields = ("attempt_time", "username", "ip_address", "user_agent", "logout_time")
    yield "sign-ins.csv", fields, signed_in.values_list(*fields)
    refused = _between(AccessAttempt.objects.order_by("id"), "attempt_time", since, until)
    fields = ("attempt_time", "username", "ip_address", "user_agent", "failures_since_start")
    yield "refused.csv", fields, refused.values_list(*fields)


def _between(rows: QuerySet[Any], field: str, since: datetime, until: datetime) -> QuerySet[Any]:
    return rows.filter(**{f"{field}__gte": since, f"{field}__lt": until})


def _csv(header: Sequence[str], rows: Iterable[Any]) -> tuple[bytes, int]:
    text, count = io.StringIO(), 0
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
        count += 1
    return text.getvalue().encode(), count


def _safe(cell: Any) -> str:
    text = cell.isoformat() if isinstance(cell, datetime) else "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(DANGEROUS) else text
