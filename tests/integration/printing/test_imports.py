"""Does a list come in once and whole, whatever interrupts it, and is every refused row given back?"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from printing.models import CardRequest, ImportBatch
from printing.models.imports import ImportState
from printing.services import imports
from printing.states import RequestState
from registry.models import Event, Office, Recording, Resident
from tests import factories
from tests.lists import as_csv, person, rows_of

ALSO_GOOD = [person(1), person(2), person(4)]
MIXED = [person(1), person(2, sex="X"), person(3, nik="210203010185003"), person(4)]


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 3)


def list_of(people: Sequence[Mapping[str, Any]]) -> io.BytesIO:
    return as_csv(rows_of(people))


def kept(office: Office, people: Sequence[Mapping[str, Any]]) -> ImportBatch:
    """The list, looked at and stored."""
    file, now = list_of(people), timezone.now()
    found = imports.look(file=file, office=office, now=now)
    return imports.keep(file=file, file_name="daftar.csv", found=found, office=office, actor="siti", now=now)


def brought_in(office: Office, people: Sequence[Mapping[str, Any]]) -> ImportBatch:
    """The list, taken in to its end."""
    batch = imports.confirm(batch=kept(office, people), now=timezone.now())
    assert imports.run(batch=batch)
    batch.refresh_from_db()
    return batch


def counters(batch: ImportBatch) -> tuple[int, int, int, int, int]:
    return (batch.rows_done, batch.accepted, batch.known, batch.exceptions, batch.rejected)


class TestLook:
    def test_says_what_would_happen_and_writes_nothing(self, office: Office) -> None:
        brought_in(office, [person(1)])
        events = Event.objects.count()

        found = imports.look(file=list_of([*MIXED, person(5)]), office=office, now=timezone.now())

        assert (found.rows, found.new, found.known, found.rejected) == (5, 2, 1, 2)
        assert found.rejected_lines == [3, 4]
        assert Event.objects.count() == events


class TestRun:
    def test_opens_a_request_for_every_good_row(self, office: Office) -> None:
        batch = brought_in(office, MIXED)

        assert (batch.state, counters(batch)) == (ImportState.DONE, (4, 2, 0, 0, 2))
        assert set(CardRequest.objects.values_list("state", "hold_reason")) == {("held", "not-visible")}
        assert Resident.objects.count() == Recording.objects.count() == 2
        assert list(batch.rejections.values_list("line", "column", "rule")) == [
            (3, "sex", "unknown-word"),
            (4, "nik", "nik-shortened"),
        ]

    def test_changes_nothing_when_the_same_list_comes_again(self, office: Office) -> None:
        people = [person(1), person(2, reason="hilang")]
        brought_in(office, people)
        events = Event.objects.count()
        for request in CardRequest.objects.all():
            request.move(to=RequestState.CANCELLED, at=timezone.now(), actor="t", hold_reason="")

        again = brought_in(office, people)

        assert counters(again) == (2, 0, 2, 0, 0)
        assert CardRequest.objects.count() == 2
        assert Event.objects.count() == events + 2

    def test_counts_another_recording_of_somebody_as_an_exception(self, office: Office) -> None:
        brought_in(office, [person(1)])

        batch = brought_in(office, [person(1, recorded_at="05-05-2017")])

        assert counters(batch) == (1, 0, 0, 1, 0)
        assert CardRequest.objects.count() == 1

    @pytest.mark.usefixtures("_small_chunks")
    def test_goes_on_after_the_last_chunk_when_a_worker_died(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people = [person(number) for number in range(1, 11)]
        people[8] = person(2)  # a NIK that stood in a chunk which is in already
        batch = imports.confirm(batch=kept(office, people), now=timezone.now())

        def die(batch: ImportBatch) -> None:
            if batch.rows_done == 6:
                raise SystemExit

        with pytest.raises(SystemExit):
            imports.run(batch=batch, told=die)
        held = imports.run(batch=ImportBatch.objects.get())  # the dead worker's claim still stands
        later = timezone.now() + imports.LEASE + timedelta(seconds=1)
        [left] = imports.stale(office=office, now=later)
        chunks: list[int] = []
        imports.run(batch=left, clock=lambda: later, told=lambda batch: chunks.append(batch.rows_done))

        batch.refresh_from_db()
        assert held
        assert chunks == [9, 10]
        assert (batch.state, counters(batch)) == (ImportState.DONE, (10, 9, 0, 0, 1))
        assert batch.rejections.get().rule == "nik-twice"

    @pytest.mark.usefixtures("_small_chunks")
    def test_stops_when_its_time_is_up_and_can_go_on_at_once(self, office: Office) -> None:
        people = [person(number) for number in range(1, 8)]
        batch = imports.confirm(batch=kept(office, people), now=timezone.now())

        rounds = [imports.run(batch=batch, until=timezone.now()) for _round in range(4)]

        batch.refresh_from_db()
        assert rounds == [False, False, False, True]
        assert batch.state == ImportState.DONE

    def test_is_confirmed_once(self, office: Office) -> None:
        batch = kept(office, ALSO_GOOD)
        imports.confirm(batch=batch, now=timezone.now())

        with pytest.raises(imports.CannotImport):
            imports.confirm(batch=batch, now=timezone.now())

    def test_says_that_the_stored_file_is_gone(self, office: Office) -> None:
        batch = imports.confirm(batch=kept(office, ALSO_GOOD), now=timezone.now())
        Path(batch.file.path).unlink()

        imports.run(batch=batch)

        batch.refresh_from_db()
        assert (batch.state, bool(batch.failure)) == (ImportState.FAILED, True)


class TestRejectedRows:
    def test_come_back_in_their_own_columns_ready_to_be_mended_and_sent_again(self, office: Office) -> None:
        batch = brought_in(office, MIXED)

        text = "".join(imports.rejected_rows_of(batch=batch))
        header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))

        assert header == list(person(1))
        assert [dict(zip(header, row, strict=True)) for row in rows] == [MIXED[1], MIXED[2]]

    def test_never_become_a_formula(self, office: Office) -> None:
        people = [person(1, sex="X", address="=cmd|'/c calc'!A1")]
        found = imports.look(file=list_of(people), office=office, now=timezone.now())

        text = "".join(imports.rejected_rows(file=list_of(people), lines=found.rejected_lines))

        assert ",'=cmd" in text


class TestCommand:
    def run(self, path: Path, *options: str) -> int:
        try:
            call_command("import_recordings", str(path), *options)
        except SystemExit as end:
            return int(end.code or 0)
        except CommandError as error:
            return error.returncode
        return 0

    def test_exits_with_0_and_a_summary_when_every_row_is_usable(
        self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "a.csv").write_bytes(list_of(ALSO_GOOD).read())

        assert self.run(tmp_path / "a.csv") == 0
        assert "3 baris: 3 baru, 0 sudah ada" in capsys.readouterr().out

    def test_exits_with_1_keeps_the_good_rows_and_writes_the_others(
        self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "a.csv").write_bytes(list_of(MIXED).read())

        assert self.run(tmp_path / "a.csv", "--rejects", str(tmp_path / "out.csv")) == 1
        assert len((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()) == 3
        assert CardRequest.objects.count() == 2
        assert "3: sex: unknown-word:" in capsys.readouterr().err

    def test_exits_with_2_when_the_file_is_unusable(self, office: Office, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"")

        assert self.run(tmp_path / "a.csv") == 2
        assert self.run(tmp_path / "nowhere.csv") == 2

    def test_exits_with_2_when_there_is_no_such_office(self, office: Office, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(list_of(ALSO_GOOD).read())

        assert self.run(tmp_path / "a.csv", "--office", "21.71") == 2
        assert not Recording.objects.exists()

    def test_preview_writes_nothing(self, office: Office, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(list_of(ALSO_GOOD).read())

        assert self.run(tmp_path / "a.csv", "--preview") == 0
        assert not ImportBatch.objects.exists()
        assert not Recording.objects.exists()

    def test_prints_no_nik(self, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.csv").write_bytes(list_of([*MIXED, person(1)]).read())

        self.run(tmp_path / "a.csv")

        said = capsys.readouterr()
        assert not any(factories.nik_of(number)[:12] in said.out + said.err for number in range(1, 5))
