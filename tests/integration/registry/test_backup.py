"""Does a backup bring the office back, and does a drill see when it would not?"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from registry.management.commands.restore_drill import _url
from registry.models import AccessLog, BiometricFile, Recording, Resident
from registry.models.access import Deed
from registry.services import backup, devices, evidence, seals, webhooks
from tests import factories

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.django_db(transaction=True)


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, "REDIS_URL": "redis://nowhere/0", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def shelf(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    """Where the backups of an office with three people, sealed blanks and a file go."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BIOMETRICS_ROOT = tmp_path / "biometrics"
    (tmp_path / "media" / "lists").mkdir(parents=True)
    (tmp_path / "media" / "lists" / "one.csv").write_text("x")
    office = factories.an_office()
    factories.stock(office, 50)
    factories.waiting(office, 1, 2, 3)
    seals.seal(now=timezone.now())
    return tmp_path / "shelf"


class TestBackup:
    def test_can_be_restored_to_the_row(self, shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("backup", str(shelf))

        call_command("restore_drill", str(shelf))

        assert "dapat dipulihkan" in capsys.readouterr().out

    def test_holds_the_files_and_no_key(self, shelf: Path, settings) -> None:  # type: ignore[no-untyped-def]
        made = backup.back_up(to=shelf, now=timezone.now())

        manifest = backup.read_manifest(made)
        with backup._unpacked(made / "media.tar.sealed", manifest) as tar:
            assert tar.getnames() == ["lists/one.csv"]
        everything = b"".join(file.read_bytes() for file in made.iterdir())
        assert all(
            key not in everything for key in (*settings.NIK_KEYS.values(), *settings.NIK_INDEX_KEYS.values())
        )
        assert factories.nik_of(1).encode() not in everything
        assert b"Contoh" not in everything  # neither a name: what leaves the machine is sealed
        assert (manifest.keys, manifest.index_keys) == ([1], [1])

    def test_names_every_key_that_anything_in_it_needs(self, shelf: Path, settings: Any) -> None:
        settings.NIK_KEYS = {**settings.NIK_KEYS, 2: os.urandom(32)}
        office, now = factories.an_office(), timezone.now()
        device = devices.register(name="Kios", office=office, scopes=["events"], now=now)
        webhooks.add(device=device, url="https://example.org/", now=now)

        assert backup.read_manifest(backup.back_up(to=shelf, now=now)).keys == [1, 2]

    def test_goes_on_when_a_file_goes_meanwhile(self, shelf: Path, settings: Any) -> None:
        (Path(settings.MEDIA_ROOT) / "half.partial").write_text("not yet a file")
        (Path(settings.MEDIA_ROOT) / "gone").symlink_to("nowhere")
        made = backup.back_up(to=shelf, now=timezone.now())

        with backup._unpacked(made / "media.tar.sealed", backup.read_manifest(made)) as tar:
            assert tar.getnames() == ["lists/one.csv"]

    def test_keeps_the_newest(self, shelf: Path) -> None:
        now = timezone.now()
        for minute in range(4):
            (shelf / f"ektp-{now + timedelta(minutes=minute):%Y%m%d-%H%M%S}").mkdir(parents=True)

        assert len(backup.prune(to=shelf, keep=3, now=now)) == 1
        assert len(list(shelf.iterdir())) == 3

    def test_takes_away_what_a_killed_one_left(self, shelf: Path) -> None:
        now = timezone.now()
        for days in (0, 2):
            moment = now - timedelta(days=days)
            left = shelf / f"ektp-{moment:%Y%m%d-%H%M%S}.partial"
            left.mkdir(parents=True)
            os.utime(left, (moment.timestamp(), moment.timestamp()))

        assert len(backup.prune(to=shelf, keep=3, now=now)) == 1


class TestDrill:
    def test_sees_a_file_that_was_changed(self, shelf: Path) -> None:
        made = backup.back_up(to=shelf, now=timezone.now())
        dump = made / backup.DUMP
        dump.write_bytes(dump.read_bytes()[:-1] + b"!")

        with pytest.raises(CommandError, match=r"database\.dump\.sealed is not what was written"):
            call_command("restore_drill", str(made))

    def test_sees_rows_that_are_missing(self, shelf: Path) -> None:
        made = backup.back_up(to=shelf, now=timezone.now())
        manifest = json.loads((made / "manifest.json").read_text())
        manifest["rows"]["registry_resident"] += 1
        (made / "manifest.json").write_text(json.dumps(manifest))

        with pytest.raises(CommandError, match="registry_resident: 3 rows, 4 in the manifest"):
            call_command("restore_drill", str(made))

    def test_sees_that_the_keys_are_not_here(self, shelf: Path, settings) -> None:  # type: ignore[no-untyped-def]
        made = backup.back_up(to=shelf, now=timezone.now())
        settings.NIK_KEYS = {2: b"2" * 32}

        with pytest.raises(CommandError, match=r"keys of version \[1\] in NIK_KEYS"):
            call_command("restore_drill", str(made))

    def test_sees_that_the_keys_have_the_right_number_and_the_wrong_bytes(
        self, shelf: Path, settings: Any
    ) -> None:
        made = backup.back_up(to=shelf, now=timezone.now())
        settings.NIK_INDEX_KEYS = {1: os.urandom(32)}
        with pytest.raises(CommandError, match="not found by the index keys"):
            call_command("restore_drill", str(made))
        settings.NIK_KEYS = {1: os.urandom(32)}
        with pytest.raises(CommandError, match="does not fit"):
            call_command("restore_drill", str(made))

    def test_sees_that_a_biometric_file_is_missing(self, shelf: Path) -> None:
        recording = Recording.objects.first()
        BiometricFile.objects.create(recording=recording, kind="iris", size=9, received=9, pieces=[4, 5])
        made = backup.back_up(to=shelf, now=timezone.now())

        with pytest.raises(CommandError, match="2 pieces of biometric files are missing"):
            call_command("restore_drill", str(made))

    def test_asks_the_restored_database_and_not_the_office(
        self, shelf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """An office is told its database by file, and a file comes before the environment."""
        (tmp_path / "database_url").write_text("postgres://nobody@nowhere.invalid/none")
        monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "database_url"))
        backup.back_up(to=shelf, now=timezone.now())

        call_command("restore_drill", str(shelf))

    def test_says_when_another_release_wrote_it(self, shelf: Path) -> None:
        made = backup.back_up(to=shelf, now=timezone.now())
        manifest = json.loads((made / "manifest.json").read_text())
        del manifest["rows"]["registry_restoration"]
        (made / "manifest.json").write_text(json.dumps(manifest))

        with pytest.raises(CommandError, match="older release wrote it, without registry_restoration"):
            call_command("restore_drill", str(made))

    def test_says_when_there_is_no_backup(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="holds no backup"):
            call_command("restore_drill", str(tmp_path))


class TestRestore:
    def test_brings_rows_and_files_back_into_an_empty_database(self, shelf: Path, tmp_path: Path) -> None:
        backup.back_up(to=shelf, now=timezone.now())
        name = f"{connection.settings_dict['NAME']}_restored"
        backup._outside(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            again = {"DATABASE_URL": _url(name), "VAR_DIR": str(tmp_path / "var"), "EKTP_DEMO": "1"}
            done = manage("restore_backup", str(shelf), **again)
            assert done.returncode == 0, done.stderr
            assert (tmp_path / "var" / "media" / "lists" / "one.csv").read_text() == "x"
            for question in (("migrate", "--check"), ("verify_ledger",)):
                assert manage(*question, **again).returncode == 0
            assert "restored" in manage("status", **again).stdout

            refused = manage("restore_backup", str(shelf), **again)
            assert "the database is not empty" in refused.stderr
        finally:
            backup._outside(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def test_touches_no_office_that_is_there(self, shelf: Path) -> None:
        backup.back_up(to=shelf, now=timezone.now())
        with pytest.raises(CommandError, match="the database is not empty"):
            call_command("restore_backup", str(shelf))


class TestEvidencePack:
    def test_names_who_looked_at_whom_and_no_nik(self, shelf: Path) -> None:
        now = timezone.now()
        seen = Resident.objects.first()
        assert seen is not None
        AccessLog.objects.create(at=now, actor="=cmd|x", resident=seen, deed=Deed.READ, page="penduduk")

        file = evidence.pack(
            to=shelf, since=now - timedelta(hours=1), until=now + timedelta(hours=1), now=now
        )

        with zipfile.ZipFile(file) as archive:
            looks = list(csv.DictReader(io.StringIO(archive.read("looks.csv").decode())))
            everything = b"".join(archive.read(name) for name in archive.namelist())
            people = archive.read("people.csv").decode().split()
        assert [(row["actor"], row["resident_id"]) for row in looks] == [("'=cmd|x", str(seen.pk))]
        assert str(seen.pk) in people
        assert all(factories.nik_of(number).encode() not in everything for number in (1, 2, 3))
