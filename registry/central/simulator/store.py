"""What does the simulated centre remember when it is killed and started again?

Everything it has answered, and its settings, in one SQLite file. ``KeptBook`` notes what changes;
``Store.keep`` writes all of it in one transaction, before any of the answers is given.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from registry.central.book import Book, BookedCommand, Unseen
from registry.central.contract import Attempt, AttemptOutcome, Digests, RecordingSubmission, RecordStatus
from registry.central.simulator.settings import Settings

LOCK_WAIT_SECONDS = 5.0  # a predecessor that was just told to end may still be writing

Row = dict[str, Any]


class KeptBook(Book):
    """A book whose changes are noted, to be written to a Store."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.changed: dict[tuple[str, str], None] = {}

    def _changed(self, kind: str, key: str) -> None:
        self.changed[kind, key] = None


class StateTaken(Exception):
    """Another simulator writes this file, or it is no state of a simulator."""


class Store:
    """One SQLite file, of one process. Raises StateTaken."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._lock = path, _locked(path)
        try:
            self._db = sqlite3.connect(path, timeout=LOCK_WAIT_SECONDS)
            self._db.execute("PRAGMA journal_mode=WAL")
            # What was committed outlives the process; only a power failure may take the last moments.
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )
        except sqlite3.Error as error:
            self._lock.close()
            raise StateTaken(f"{path} cannot be used: {error}") from error

    def restore(self, book: KeptBook, settings: Settings) -> None:
        """Fill ``book`` and ``settings`` with what was kept. Raises StateTaken."""
        try:
            self._restore(book, settings)
        except (sqlite3.Error, LookupError, TypeError, ValueError) as error:
            raise StateTaken(f"{self._path} was not written by this version: move it away") from error
        book.changed.clear()

    def _restore(self, book: KeptBook, settings: Settings) -> None:
        kept: dict[str, list[Any]] = {kind: [] for kind in READERS}
        for kind, key, text in self._db.execute("SELECT kind, key, body FROM kept ORDER BY rowid"):
            body = json.loads(text)
            if kind == "settings":
                settings.change({name: body[name] for name in body if name in settings.as_dict()})
            elif kind == "blanks":
                office, month = key.rsplit(" ", 1)
                book.blanks_sent[office, month] = body["quantity"]
            elif body:
                kept[kind].append(READERS[kind](key, body))
        book.put_back(
            records=kept["record"],
            unseen=kept["unseen"],
            submissions=kept["submission"],
            commands=kept["command"],
        )

    def keep(self, book: KeptBook) -> None:
        """Write all that has changed since the last time, in one transaction. Raises sqlite3.Error."""
        rows = [
            (kind, key, json.dumps(WRITERS[kind](book, key), separators=(",", ":")))
            for kind, key in book.changed
        ]
        with self._db:
            self._db.executemany(UPSERT, rows)
        book.changed.clear()

    def keep_settings(self, settings: Settings) -> None:
        """Write the knobs. Raises sqlite3.Error."""
        with self._db:
            self._db.execute(UPSERT, ["settings", "", json.dumps(settings.as_dict())])

    def clear(self) -> None:
        """Forget everything but the settings."""
        with self._db:
            self._db.execute("DELETE FROM kept WHERE kind != 'settings'")

    def close(self) -> None:
        """Close the file and let others have it."""
        self._db.close()
        self._lock.close()


# A row that is written again keeps its place: the order of rows is the order of commands.
UPSERT = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body"


def _locked(path: Path) -> IO[bytes]:
    """The lock beside the file; the kernel lets go of it when this process ends, however it ends."""
    lock = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StateTaken(f"{path} is in use by another simulator") from None
    return lock


# --- From the book to rows ----------------------------------------------------------------------


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time(value: str | None) -> Any:
    return datetime.fromisoformat(value) if value else None


def _write_record(book: KeptBook, nik: str) -> Row:
    record = book.records[nik]
    return {"status": str(record.status), "since": record.since.isoformat()}


def _write_unseen(book: KeptBook, nik: str) -> Row:
    """Who has been seen since keeps an empty row: the record has the rest."""
    one = book.unseen.get(nik)
    if one is None:
        return {}
    return {
        "status": str(one.status),
        "recorded_at": _iso(one.recorded_at),
        "told_at": one.told_at.isoformat(),
    }


def _write_submission(book: KeptBook, recording_id: str) -> Row:
    one = book.submissions[UUID(recording_id)]
    digests = one.digests
    return {
        "nik": one.nik,
        "office": one.office,
        "district": one.district,
        "recorded_at": one.recorded_at.isoformat(),
        "digests": [digests.photo, digests.fingerprints, digests.iris, digests.signature],
    }


def _write_command(book: KeptBook, command_id: str) -> Row:
    one = book.commands[UUID(command_id)]
    return {
        "key": str(one.key),
        "nik": one.nik,
        "office": one.office,
        "reason": one.reason,
        "status": str(one.status),
        "made_at": one.made_at.isoformat(),
        "issued_at": _iso(one.issued_at),
        "expires_at": _iso(one.expires_at),
        "decides_at": _iso(one.decides_at),
        "attempts": [
            [a.n, str(a.outcome), a.blank, a.printer, a.at.isoformat(), a.reason]
            for a in one.attempts.values()
        ],
    }


def _write_blanks(book: KeptBook, key: str) -> Row:
    office, month = key.rsplit(" ", 1)
    return {"quantity": book.blanks_sent[office, month]}


WRITERS: dict[str, Callable[[KeptBook, str], Row]] = {
    "record": _write_record,
    "unseen": _write_unseen,
    "submission": _write_submission,
    "command": _write_command,
    "blanks": _write_blanks,
}


# --- And back -----------------------------------------------------------------------------------


def _read_record(nik: str, body: Row) -> RecordStatus:
    return RecordStatus(nik, body["status"], _time(body["since"]))


def _read_unseen(nik: str, body: Row) -> Unseen:
    return Unseen(nik, body["status"], _time(body["recorded_at"]), _time(body["told_at"]))


def _read_submission(recording_id: str, body: Row) -> RecordingSubmission:
    return RecordingSubmission(
        recording_id=UUID(recording_id),
        nik=body["nik"],
        office=body["office"],
        district=body["district"],
        recorded_at=_time(body["recorded_at"]),
        digests=Digests(*body["digests"]),
    )


def _read_command(command_id: str, body: Row) -> BookedCommand:
    attempts = [
        Attempt(n, AttemptOutcome(outcome), blank, printer, _time(at), reason)
        for n, outcome, blank, printer, at, reason in body["attempts"]
    ]
    return BookedCommand(
        command_id=UUID(command_id),
        key=UUID(body["key"]),
        nik=body["nik"],
        office=body["office"],
        reason=body["reason"],
        status=body["status"],
        made_at=_time(body["made_at"]),
        issued_at=_time(body["issued_at"]),
        expires_at=_time(body["expires_at"]),
        decides_at=_time(body["decides_at"]),
        attempts={attempt.n: attempt for attempt in attempts},
    )


READERS: dict[str, Callable[[str, Row], Any]] = {
    "record": _read_record,
    "unseen": _read_unseen,
    "submission": _read_submission,
    "command": _read_command,
}
