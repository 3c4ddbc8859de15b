"""What does the simulated centre remember when it is killed and started again?

Everything it has answered: records, commands, submissions and its settings, in SQLite. Writes are
gathered for some milliseconds and committed together before any of their answers is given.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from registry.central.contract import Attempt, AttemptOutcome, Digests, RecordingSubmission, RecordStatus
from registry.central.memory import BookedCommand, MemoryCentral, load
from registry.central.simulator.settings import Settings


class KeptCentral(MemoryCentral):
    """The centre as a dict whose changes are noted, to be written to ``store``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.changed: dict[tuple[str, str], None] = {}

    def _changed(self, kind: str, key: str) -> None:
        self.changed[kind, key] = None

    def submit_recording(self, submission: RecordingSubmission) -> RecordStatus:
        if submission.recording_id not in self.submissions:
            self._changed("submission", str(submission.recording_id))
        return super().submit_recording(submission)


class Store:
    """One SQLite file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
        )

    def restore(self, central: KeptCentral, settings: Settings) -> None:
        """Fill ``central`` and ``settings`` with what was kept."""
        commands = []
        for kind, key, text in self._db.execute("SELECT kind, key, body FROM kept"):
            body = json.loads(text)
            if kind == "record":
                central.records[key] = RecordStatus(key, body["status"], _time(body["since"]))
            elif kind == "submission":
                central.submissions[UUID(key)] = _submission(body)
            elif kind == "command":
                commands.append(_command(body))
            elif kind == "settings":
                settings.change({name: body[name] for name in body if name in settings.as_dict()})
        load(central, commands)

    def keep(self, central: KeptCentral) -> None:
        """Write all that has changed since the last time, in one transaction."""
        if not central.changed:
            return
        changed, central.changed = list(central.changed), {}
        rows = [(kind, key, json.dumps(_body(central, kind, key), default=str)) for kind, key in changed]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)

    def keep_settings(self, settings: Settings) -> None:
        """Write the knobs."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO kept VALUES ('settings', '', ?)", [json.dumps(settings.as_dict())]
            )

    def clear(self) -> None:
        """Forget everything."""
        with self._db:
            self._db.execute("DELETE FROM kept")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _body(central: KeptCentral, kind: str, key: str) -> dict[str, Any]:
    if kind == "record":
        record = central.records[key]
        return {"status": record.status, "since": record.since.isoformat()}
    if kind == "submission":
        return asdict(central.submissions[UUID(key)])
    return asdict(central.commands[UUID(key)])


def _time(value: str | None) -> Any:
    return datetime.fromisoformat(value) if value else None


def _submission(body: dict[str, Any]) -> RecordingSubmission:
    return RecordingSubmission(
        **body
        | {
            "recording_id": UUID(body["recording_id"]),
            "recorded_at": _time(body["recorded_at"]),
            "digests": Digests(**body["digests"]),
        }
    )


def _command(body: dict[str, Any]) -> BookedCommand:
    times = {name: _time(body[name]) for name in ("made_at", "issued_at", "expires_at", "decides_at")}
    attempts = {
        int(n): Attempt(**one | {"outcome": AttemptOutcome(one["outcome"]), "at": _time(one["at"])})
        for n, one in body["attempts"].items()
    }
    ids = {"command_id": UUID(body["command_id"]), "key": UUID(body["key"]), "attempts": attempts}
    return BookedCommand(**body | times | ids)
