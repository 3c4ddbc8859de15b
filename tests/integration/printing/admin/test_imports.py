"""Can a clerk bring a list in by hand, from upload to the refused rows, and nobody else?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from printing import tasks
from printing.models import CardRequest, ImportBatch
from printing.models.imports import ImportState
from registry.models import Office
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


class TestResumeImports:
    def test_rings_for_a_list_that_its_worker_left(self, clerk: Client, bell: Any) -> None:
        upload(clerk, as_csv(rows_of(MIXED)))
        clerk.post(f"/admin/printing/importbatch/{ImportBatch.objects.get().pk}/confirm/")

        with patch.object(tasks.run_import, "delay") as rung:
            tasks.resume_imports()

        assert rung.call_args.args == (ImportBatch.objects.get().pk,)
