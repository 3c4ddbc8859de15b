"""Does a backup bring the office back, and does a drill see when it would not?"""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry.models import AccessLog, Resident
from registry.models.access import Deed
from registry.services import backup, evidence, seals
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf(tmp_path: Path, settings) -> Path:  # type: ignore[no-untyped-def]
    """Where the backups of an office with three people, sealed blanks and a file go."""
    settings.MEDIA_ROOT = tmp_path / "media"
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

        with tarfile.open(made / "media.tar") as tar:
            assert tar.getnames() == ["lists/one.csv"]
        everything = b"".join(file.read_bytes() for file in made.iterdir())
        assert all(
            key not in everything for key in (*settings.NIK_KEYS.values(), *settings.NIK_INDEX_KEYS.values())
        )
        assert factories.nik_of(1).encode() not in everything
        assert json.loads((made / "manifest.json").read_text())["keys"] == [1]

    def test_keeps_the_newest(self, shelf: Path) -> None:
        now = timezone.now()
        for minute in range(4):
            (shelf / f"ektp-{now + timedelta(minutes=minute):%Y%m%d-%H%M%S}").mkdir(parents=True)

        assert len(backup.prune(to=shelf, keep=3)) == 1
        assert len(list(shelf.iterdir())) == 3


class TestDrill:
    def test_sees_a_file_that_was_changed(self, shelf: Path) -> None:
        made = backup.back_up(to=shelf, now=timezone.now())
        dump = made / "database.dump"
        dump.write_bytes(dump.read_bytes()[:-1] + b"!")

        with pytest.raises(CommandError, match=r"database\.dump is not what was written"):
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

        with pytest.raises(CommandError, match=r"keys of version \[1\]"):
            call_command("restore_drill", str(made))

    def test_says_when_there_is_no_backup(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="holds no backup"):
            call_command("restore_drill", str(tmp_path))


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
