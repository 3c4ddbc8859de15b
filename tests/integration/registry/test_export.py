"""Can every list be taken along, as it is filtered, masked, and written down?"""

from __future__ import annotations

import csv
from io import BytesIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from openpyxl import load_workbook

from registry.admin.base import OfficeAdmin
from registry.models import AccessLog, Office, Resident
from registry.models.access import Deed
from tests import factories

LISTS = {
    model._meta.label_lower.replace(".", "/"): page
    for model, page in admin.site._registry.items()
    if isinstance(page, OfficeAdmin)
}
RESIDENTS = "/admin/registry/resident/export/"
REQUESTS = "/admin/printing/cardrequest/export/"


@pytest.fixture
def office(db: None) -> Office:
    """Three people in line, one of whom has a name that is a formula."""
    office = factories.an_office()
    factories.stock(office, 10)
    factories.waiting(office, 1, 2, 3)
    Resident.objects.with_nik(factories.nik_of(3)).update(name="=1+1")
    return office


def rows(client: Client, address: str, **asked: str) -> list[list[str]]:
    """The CSV that this page sends."""
    answer = client.post(address, {"format": "csv", **asked})
    assert answer.status_code == 200, answer
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(text.removeprefix("\ufeff").splitlines()))


class TestEveryList:
    @pytest.mark.parametrize("name", LISTS)
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_can_be_taken_along(self, admin_client: Client, office: Office, name: str, form: str) -> None:
        answer = admin_client.post(f"/admin/{name}/export/", {"format": form})

        assert answer.status_code == 200
        assert answer["Content-Disposition"].endswith(f'.{form}"')
        assert factories.nik_of(1).encode() not in b"".join(answer.streaming_content)

    @pytest.mark.parametrize("name", LISTS)
    def test_is_offered_on_its_page(self, admin_client: Client, office: Office, name: str) -> None:
        assert f"/admin/{name}/export/" in admin_client.get(f"/admin/{name}/").content.decode()

    @pytest.mark.parametrize("name", LISTS)
    def test_is_kept_from_those_who_may_not_see_it(self, client: Client, office: Office, name: str) -> None:
        client.force_login(User.objects.create_user("loket", is_staff=True))
        assert client.get(f"/admin/{name}/export/").status_code == 403
        assert client.post(f"/admin/{name}/export/", {"format": "csv"}).status_code == 403


class TestExport:
    def test_takes_what_the_filters_and_the_search_leave(self, admin_client: Client, office: Office) -> None:
        taken = rows(admin_client, f"{RESIDENTS}?q=Contoh+2")
        assert [row[0] for row in taken[1:]] == ["Contoh 2"]

    def test_says_what_the_list_says(self, admin_client: Client, office: Office) -> None:
        heading, first, *_others = rows(admin_client, f"{REQUESTS}?state__exact=waiting")
        told = dict(zip(heading, first, strict=True))
        assert told["keadaan"] == "menunggu"
        assert told["tanggal urut"] == "2016-02-01 09:03:00"  # the latest first, as in the list
        assert "••••" in told["penduduk"]

    def test_runs_no_formula(self, admin_client: Client, office: Office) -> None:
        assert "'=1+1" in {row[0] for row in rows(admin_client, RESIDENTS)}
        book = admin_client.post(RESIDENTS, {"format": "xlsx"})
        sheet = load_workbook(BytesIO(b"".join(book.streaming_content))).active
        assert {cell.data_type for cell in sheet["A"]} == {"s"}

    def test_is_written_into_the_trail_of_everybody_in_it(self, admin_client: Client, office: Office) -> None:
        rows(admin_client, f"{RESIDENTS}?q=Contoh")
        taken = AccessLog.objects.filter(deed=Deed.EXPORTED)
        assert sorted(log.resident.name for log in taken) == ["Contoh 1", "Contoh 2"]

    def test_asks_the_database_alike_for_few_and_for_many(
        self, admin_client: Client, office: Office, django_assert_max_num_queries: object
    ) -> None:
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            rows(admin_client, REQUESTS)


class TestNik:
    def test_comes_along_for_those_who_may_and_say_why(self, admin_client: Client, office: Office) -> None:
        taken = rows(admin_client, RESIDENTS, with_nik="on", why="rekonsiliasi pusat")

        assert {row[-1] for row in taken[1:]} == {factories.nik_of(number) for number in (1, 2, 3)}
        assert set(AccessLog.objects.values_list("why", flat=True)) == {"rekonsiliasi pusat"}

    def test_stays_masked_without_a_reason(self, admin_client: Client, office: Office) -> None:
        page = admin_client.post(RESIDENTS, {"format": "csv", "with_nik": "on", "why": "x"})
        assert "Sebutkan untuk apa NIK diekspor." in page.content.decode()

    def test_stays_masked_for_those_who_may_not_open_it(self, client: Client, office: Office) -> None:
        auditor = User.objects.create_user("auditor", is_staff=True)
        auditor.user_permissions.add(Permission.objects.get(codename="view_resident"))
        client.force_login(auditor)

        taken = rows(client, RESIDENTS, with_nik="on", why="ingin tahu")

        assert all("••••" in row[1] for row in taken[1:])
        assert len(taken[0]) == 5
