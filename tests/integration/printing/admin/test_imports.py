"""Can a clerk bring a list in by hand, from upload to the refused rows, and nobody else?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from printing import tasks
from printing.models import CardRequest, ImportBatch
from printing.models.imports import ImportState
from printing.services.retention import forget_lists
from registry.models import Office, Recording
from tests.lists import as_csv, as_xlsx, person, rows_of

ADD = "/admin/printing/importbatch/add/"
MIXED = [person(1), person(2, sex="X"), person(3)]


@pytest.fixture
def clerk(admin_client: Client, office: Office, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path / "media"
    return admin_client


@pytest.fixture
def bell() -> Iterator[Any]:
    """The broker's side of the bell: what would be rung, without a worker."""
    with patch.object(tasks.run_import, "delay_on_commit") as rung:
        yield rung


def upload(client: Client, file: io.BytesIO, name: str = "daftar.csv") -> Any:
    return client.post(ADD, {"file": SimpleUploadedFile(name, file.getvalue())}, follow=True)


class TestUpload:
    def test_shows_what_would_happen_and_brings_nothing_in(self, clerk: Client) -> None:
        page = upload(clerk, as_xlsx(rows_of(MIXED)), "daftar.xlsx")

        batch = ImportBatch.objects.get()
        assert (batch.state, batch.rows, batch.accepted, batch.rejected) == (ImportState.PREVIEWED, 3, 2, 1)
        assert "Isian tidak dikenal" in page.content.decode()
        assert f"/admin/printing/importbatch/{batch.pk}/confirm/" in page.content.decode()
        assert not CardRequest.objects.exists()

    def test_answers_an_unusable_file_with_one_sentence(self, clerk: Client) -> None:
        page = upload(clerk, as_csv(rows_of([])))

        assert "hanya berisi judul kolom" in page.content.decode()
        assert not ImportBatch.objects.exists()

    def test_is_not_for_those_without_the_right(self, client: Client, office: Office) -> None:
        client.force_login(User.objects.create_user("tamu", is_staff=True))

        assert upload(client, as_csv(rows_of(MIXED))).status_code == 403


class TestPreview:
    def test_marks_the_cells_that_are_wrong_and_masks_the_nik(self, clerk: Client) -> None:
        page = upload(clerk, as_xlsx(rows_of(MIXED)), "daftar.xlsx")

        wrong = [cell for line in page.context["preview"].lines for cell in line.cells if cell.problem]
        assert [(cell.text, cell.is_warning) for cell in wrong] == [("X", False)]
        assert 'class="wrong">X<small>Isian tidak dikenal' in page.content.decode()
        assert "2102••••••••0002" in page.content.decode()
        assert MIXED[1]["nik"] not in page.content.decode()

    def test_says_where_the_wizard_is(self, clerk: Client) -> None:
        assert '<li class="current" aria-current="step">Unggah</li>' in clerk.get(ADD).content.decode()
        page = upload(clerk, as_csv(rows_of(MIXED))).content.decode()
        assert '<li class="current" aria-current="step">Periksa</li>' in page

    def test_shows_first_rows_and_wrong_ones_of_a_long_list(self, clerk: Client) -> None:
        people = [person(n, sex="X" if n == 50 else "L") for n in range(1, 61)]
        page = upload(clerk, as_csv(rows_of(people)))
        assert [line.number for line in page.context["preview"].lines] == [2, 3, 4, 5, 6, 51]

    def test_is_not_shown_to_those_who_may_only_look(self, clerk: Client, client: Client) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        auditor = User.objects.create_user("auditor", is_staff=True)
        auditor.user_permissions.add(Permission.objects.get(codename="view_importbatch"))
        client.force_login(auditor)

        page = client.get(f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/change/")

        assert (page.status_code, page.context["preview"]) == (200, None)


class TestConfirm:
    def test_rings_and_the_worker_takes_the_list_in(
        self, clerk: Client, bell: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        batch = ImportBatch.objects.get()

        waits = clerk.post(f"/admin/printing/importbatch/{batch.pk}/confirm/", follow=True)
        tasks.run_import(*bell.call_args.args)

        batch.refresh_from_db()
        assert waits["Refresh"]
        assert (batch.state, batch.accepted, batch.rejected) == (ImportState.DONE, 2, 1)
        assert set(CardRequest.objects.values_list("state", flat=True)) == {"held"}

    def test_leaves_out_further_recordings_when_told_so(self, clerk: Client, bell: Any) -> None:
        again = person(1, recorded_at="01-03-2017 08:00")
        for people, chosen in (([person(1)], {}), ([again, person(4)], {"on_second": "skip"})):
            upload(clerk, as_csv(rows_of(people)))
            batch = ImportBatch.objects.latest("pk")
            clerk.post(f"/admin/printing/importbatch/{batch.pk}/confirm/", chosen)
            tasks.run_import(batch.pk)

        batch.refresh_from_db()
        assert (batch.accepted, batch.exceptions, batch.skipped) == (1, 0, 1)
        assert Recording.objects.count() == 2

    def test_shows_how_far_it_is(self, clerk: Client, bell: Any) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        batch = ImportBatch.objects.get()
        page = clerk.post(f"/admin/printing/importbatch/{batch.pk}/confirm/", follow=True)
        assert '<progress value="0" max="3">' in page.content.decode()

    def test_is_asked_for_once_and_by_post_alone(self, clerk: Client, bell: Any) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        address = f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/confirm/"

        got = clerk.get(address)
        clerk.post(address)
        again = clerk.post(address, follow=True)

        assert got.status_code == 405
        assert bell.call_count == 1
        assert "sudah diimpor" in again.content.decode()

    def test_is_not_for_those_who_may_only_look(self, clerk: Client, client: Client, bell: Any) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        client.force_login(User.objects.create_user("tamu", is_staff=True))

        address = f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}"

        assert client.post(f"{address}/confirm/").status_code == 403
        assert client.get(f"{address}/rejects/").status_code == 403
        assert not bell.called


class TestRejects:
    def test_are_downloaded_in_the_columns_of_the_list(self, clerk: Client) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))

        answer = clerk.get(f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/rejects/")

        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert answer["Content-Disposition"].startswith("attachment")
        assert lines[0].startswith("nik,name,")
        assert [line.split(",")[0] for line in lines[1:]] == [MIXED[1]["nik"]]

    def test_are_downloaded_as_a_workbook_too(self, clerk: Client) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))

        answer = clerk.get(f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/rejects/?format=xlsx")

        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        assert [row[0].value for row in sheet.rows] == ["nik", MIXED[1]["nik"]]
        assert sheet["A2"].data_type == "s"

    def test_are_gone_with_the_list(self, clerk: Client) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        batch = ImportBatch.objects.get()
        stored = Path(batch.file.path)

        kept = [
            forget_lists(now=batch.created_at + timedelta(days=days), keep=timedelta(days=30))
            for days in (29, 31, 31)
        ]

        assert kept == [0, 1, 0]
        assert not stored.exists()
        assert clerk.get(f"/admin/printing/importbatch/{batch.pk}/rejects/").status_code == 404
        assert clerk.get(f"/admin/printing/importbatch/{batch.pk}/change/").status_code == 200


class TestResumeImports:
    def test_rings_for_a_list_that_its_worker_left(self, clerk: Client, bell: Any) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        clerk.post(f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/confirm/")

        with patch.object(tasks.run_import, "delay") as rung:
            tasks.resume_imports()

        assert rung.call_args.args == (ImportBatch.objects.get().pk,)
