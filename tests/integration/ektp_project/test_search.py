"""Does one field find people by NIK, receipt or name, and does the page of one tell the whole story?"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from printing.models import CardRequest
from printing.services import requests
from printing.states import HoldReason
from registry.models import Office, Resident
from tests import factories
from tests.factories import NOW

FIND = "desk:search"


@pytest.fixture
def line(db: None) -> list[CardRequest]:
    """Three people in line at one office."""
    return factories.waiting(factories.an_office(), 1, 2, 3)


def find(client: Client, text: str) -> str:
    """Where the search leads."""
    answer = client.post(reverse(FIND), {"text": text})
    return answer.headers["Location"] if answer.status_code == 302 else answer.content.decode()


def story_of(row: CardRequest) -> str:
    return reverse("desk:story", args=[row.resident_id])


class TestFind:
    def test_opens_the_person_of_a_whole_nik(self, admin_client: Client, line: list[CardRequest]) -> None:
        assert find(admin_client, f" {factories.nik_of(2)} ") == story_of(line[1])

    def test_opens_the_person_of_a_receipt_however_it_is_typed(
        self, admin_client: Client, line: list[CardRequest]
    ) -> None:
        assert find(admin_client, line[2].receipt.lower().replace("-", " ")) == story_of(line[2])

    def test_opens_the_only_one_of_a_name(self, admin_client: Client, line: list[CardRequest]) -> None:
        assert find(admin_client, "contoh 3") == story_of(line[2])

    def test_lists_those_of_a_common_name_with_masked_niks(
        self, admin_client: Client, line: list[CardRequest]
    ) -> None:
        page = find(admin_client, "conto")
        assert "3 orang ditemukan" in page
        assert "2102••••••••0003" in page
        assert factories.nik_of(3) not in page

    @pytest.mark.parametrize("text", ["tidak ada", "ab", "2102030101859999", "%", "_____"])
    def test_says_so_when_nobody_is_meant(
        self, admin_client: Client, line: list[CardRequest], text: str
    ) -> None:
        assert 'role="status"' in find(admin_client, text)

    def test_keeps_the_nik_out_of_every_address(self, admin_client: Client, line: list[CardRequest]) -> None:
        page = admin_client.get(reverse("admin:index")).content.decode()
        assert 'class="find" method="post"' in page
        assert "text" not in admin_client.get(reverse(FIND), {"text": factories.nik_of(1)}).context["text"]

    def test_is_not_for_those_who_may_not_see_people(self, client: Client, line: list[CardRequest]) -> None:
        client.force_login(User.objects.create_user("gudang", is_staff=True))
        assert client.post(reverse(FIND), {"text": "contoh"}).status_code == 403
        assert client.get(story_of(line[0])).status_code == 403

    def test_asks_as_often_for_many_hits_as_for_two(
        self, admin_client: Client, line: list[CardRequest]
    ) -> None:
        find(admin_client, "contoh")  # the first page fills caches
        with CaptureQueriesContext(connection) as few:
            find(admin_client, "contoh")
        factories.waiting(Office.objects.get(), *range(4, 40))
        with CaptureQueriesContext(connection) as many:
            find(admin_client, "contoh")
        assert len(many) == len(few)

    def test_finds_names_through_the_index(self, db: None) -> None:
        with connection.cursor() as cursor:
            # An index of parts can only be read by bitmap; on a table this small all others cost as little.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        assert "resident_name_part" in Resident.objects.filter(name__icontains="contoh").explain()


class TestTell:
    def test_tells_who_did_what_and_why(self, admin_client: Client, line: list[CardRequest]) -> None:
        requests.hold(
            request=line[0], reason=HoldReason.DATA_QUERY, note="Ejaan nama?", actor="sari", now=NOW
        )
        requests.release(request=line[0], note="Sudah cocok", actor="budi", now=NOW)
        page = admin_client.get(story_of(line[0])).content.decode()
        for word in ("terekam", "muncul di pusat", "Ejaan nama?", "oleh sari", "Sudah cocok", "oleh budi"):
            assert word in page
        assert "Urutan ke-1" in page
        assert factories.nik_of(1) not in page

    def test_answers_for_somebody_to_whom_nothing_happened(self, admin_client: Client, db: None) -> None:
        factories.an_office()
        (taken,) = factories.take(Office.objects.get(), 8)
        assert admin_client.get(reverse("desk:story", args=[taken.recording.resident_id])).status_code == 200
