"""What has not arrived yet? An SQLite file that outlives the program, the machine's power and the line.

A recording is written down before it is sent. A batch is written down with its Idempotency-Key and its
recordings before it is sent, and is sent again as it stands, under the same key, until it has been
answered. Of one resident only the oldest recording is ever on its way. When the office has a recording,
its facts are erased here; what stays is its number, and what became of it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients.station.recordings import Recording

BATCH_BYTES = 1_500_000  # the office takes 2 MiB; the rest is for brackets and for growth
BUSY_SECONDS = 30

SCHEMA = """
CREATE TABLE IF NOT EXISTS station (salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS batch (
    n INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    open INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE IF NOT EXISTS recording (
    n INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE,
    recording_id TEXT NOT NULL UNIQUE,
    resident TEXT NOT NULL,
    body TEXT,
    alone INTEGER NOT NULL DEFAULT 0,
    batch INTEGER REFERENCES batch,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'refused')),
    verdict TEXT NOT NULL DEFAULT '',
    receipt TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'waiting') = (body IS NOT NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS recording_line ON recording (resident, n) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS file (
    recording INTEGER NOT NULL REFERENCES recording,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'complete', 'refused')),
    problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (recording, kind)
) STRICT;
CREATE INDEX IF NOT EXISTS file_line ON file (recording) WHERE state = 'waiting';
"""

# The oldest of each resident that waits and is in no batch; a resident on the way waits for the answer.
NEXT = """
SELECT n, body, alone FROM recording AS mine
WHERE state = 'waiting' AND batch IS NULL AND NOT EXISTS (
    SELECT 1 FROM recording AS earlier
    WHERE earlier.resident = mine.resident AND earlier.state = 'waiting' AND earlier.n < mine.n
) ORDER BY n LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Recordings under one key; the bodies are JSON."""

    n: int
    key: str
    recordings: tuple[int, ...]
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """One file whose recording the office has."""

    recording: int
    recording_id: str
    kind: str
    path: Path
    bytes: int


@dataclass(frozen=True, slots=True)
class Count:
    """How far this station is."""

    waiting: int
    delivered: int
    refused: int
    files_waiting: int
    files_refused: int

    @property
    def is_finished(self) -> bool:
        """Nothing waits for the line any more."""
        return not self.waiting and not self.files_waiting


class Store:
    """One station's file; one station at a time works with it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it names people until they have arrived
        self._db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )  # made by one thread, used by another, never by two at once
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # written down means: on the disk
        self._db.execute("PRAGMA secure_delete = ON")  # erased means: overwritten
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)
        with self._at_once():
            if not self._db.execute("SELECT 1 FROM station").fetchone():
                self._db.execute("INSERT INTO station VALUES (?)", [secrets.token_bytes(32)])
        self._salt: bytes = self._db.execute("SELECT salt FROM station").fetchone()[0]

    def close(self) -> None:
        """Bring everything into the one file."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    # --- What comes in ----------------------------------------------------------------------------

    def knows(self, folder: str) -> bool:
        """Whether this folder has been written down."""
        return bool(self._db.execute("SELECT 1 FROM recording WHERE folder = ?", [folder]).fetchone())

    def add(self, recordings: Iterable[Recording]) -> None:
        """Write them down, in this order."""
        with self._at_once():
            for one in recordings:
                row = [one.folder, one.recording_id, self._resident(one.nik), one.body]
                added = self._db.execute(
                    "INSERT INTO recording (folder, recording_id, resident, body) VALUES (?, ?, ?, ?)", row
                )
                self._db.executemany(
                    "INSERT INTO file (recording, kind, path, bytes) VALUES (?, ?, ?, ?)",
                    [(added.lastrowid, file.kind, str(file.path), file.bytes) for file in one.files],
                )

    # --- What goes out ----------------------------------------------------------------------------

    def batch(self, *, most: int) -> Batch | None:
        """The batch that is on its way, or a new one of at most ``most`` recordings; None when none waits."""
        with self._at_once():
            known = self._db.execute("SELECT n, key FROM batch WHERE open ORDER BY n LIMIT 1").fetchone()
            begun: tuple[int, str] | None = known or self._new_batch(most)
            if begun is None:
                return None
            n, key = begun
            rows = self._db.execute(
                "SELECT n, body FROM recording WHERE batch = ? ORDER BY n", [n]
            ).fetchall()
        return Batch(n, key, tuple(row[0] for row in rows), tuple(row[1] for row in rows))

    def settle(self, batch: Batch, *, delivered: dict[int, tuple[str, str]], refused: dict[int, str]) -> None:
        """Close the batch. ``delivered``: verdict and receipt; the rest waits for another batch."""
        with self._at_once():
            self._db.executemany(
                "UPDATE recording SET state = 'delivered', body = NULL, verdict = ?, receipt = ? WHERE n = ?",
                [(verdict, receipt, n) for n, (verdict, receipt) in delivered.items()],
            )
            self._db.executemany(
                "UPDATE recording SET state = 'refused', body = NULL, problem = ? WHERE n = ?",
                [(problem, n) for n, problem in refused.items()],
            )
            self._close(batch)

    def split(self, batch: Batch) -> None:
        """The office refused the batch as a whole: each of its recordings goes alone."""
        with self._at_once():
            self._db.executemany(
                "UPDATE recording SET alone = 1 WHERE n = ?", [(n,) for n in batch.recordings]
            )
            self._close(batch)

    def upload(self) -> Upload | None:
        """The next file of a recording that the office has."""
        row = self._db.execute(
            "SELECT recording, recording_id, kind, path, bytes FROM file JOIN recording ON n = recording "
            "WHERE file.state = 'waiting' AND recording.state = 'delivered' ORDER BY recording LIMIT 1"
        ).fetchone()
        return row and Upload(row[0], row[1], row[2], Path(row[3]), row[4])

    def uploaded(self, upload: Upload, *, problem: str = "") -> None:
        """The office has the whole file, or will never take it."""
        self._db.execute(
            "UPDATE file SET state = ?, problem = ? WHERE recording = ? AND kind = ?",
            ["refused" if problem else "complete", problem, upload.recording, upload.kind],
        )

    # --- What became of it ------------------------------------------------------------------------

    def count(self) -> Count:
        """All of it, counted."""
        states = dict(self._db.execute("SELECT state, count(*) FROM recording GROUP BY 1").fetchall())
        files = dict(
            self._db.execute(
                "SELECT file.state, count(*) FROM file JOIN recording ON n = recording "
                "WHERE recording.state <> 'refused' GROUP BY 1"
            ).fetchall()
        )
        get = states.get
        return Count(
            waiting=get("waiting", 0),
            delivered=get("delivered", 0),
            refused=get("refused", 0),
            files_waiting=files.get("waiting", 0),
            files_refused=files.get("refused", 0),
        )

    def problems(self) -> list[str]:
        """One line for each recording or file that the office will not have."""
        return [
            f"{folder}{kind}: {problem}"
            for folder, kind, problem in self._db.execute(
                "SELECT folder, '', problem FROM recording WHERE state = 'refused' UNION ALL "
                "SELECT folder, '/' || kind, file.problem FROM file JOIN recording ON n = recording "
                "WHERE file.state = 'refused' ORDER BY 1"
            )
        ]

    def receipts(self) -> dict[str, str]:
        """Folder to receipt number, of those that have one."""
        return dict(self._db.execute("SELECT folder, receipt FROM recording WHERE receipt <> '' ORDER BY n"))

    # --- Inside -----------------------------------------------------------------------------------

    def _new_batch(self, most: int) -> tuple[int, str] | None:
        rows = self._db.execute(NEXT, [most]).fetchall()
        chosen: list[tuple[int]] = []
        size = 0
        for n, body, alone in rows:
            size += len(body.encode())
            if chosen and (alone or size > BATCH_BYTES):
                break
            chosen.append((n,))
            if alone:
                break
        if not chosen:
            return None
        key = str(uuid.uuid4())
        number = self._db.execute("INSERT INTO batch (key) VALUES (?)", [key]).lastrowid
        assert number is not None
        self._db.executemany(f"UPDATE recording SET batch = {number} WHERE n = ?", chosen)  # noqa: S608
        return number, key

    def _close(self, batch: Batch) -> None:
        self._db.execute("UPDATE recording SET batch = NULL WHERE batch = ? AND state = 'waiting'", [batch.n])
        self._db.execute("UPDATE batch SET open = 0 WHERE n = ?", [batch.n])

    def _resident(self, nik: str) -> str:
        return hashlib.sha256(self._salt + nik.encode()).hexdigest()

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
