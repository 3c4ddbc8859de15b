"""Is every look at a resident's data written down, and can the resident have the list?"""

from __future__ import annotations

import csv
import io

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from printing.models import CardRequest
from registry.models import AccessLog, Office, Recording, Resident
from registry.models.access import Deed
from registry.services import access
from tests import factories

REASON = "mencocokkan dengan kartu keluarga"


@pytest.fixture
def resident(db: None) -> Resident:
    factories.waiting(factories.an_office(), 1, 2)
    return Resident.objects.with_nik(factories.nik_of(1)).get()


def page(name: str, resident: Resident) -> str:
    return reverse(f"admin:registry_resident_{name}", args=[resident.pk])


def looks(resident: Resident) -> list[tuple[str, str, str]]:
    return list(
        AccessLog.objects.filter(resident=resident).order_by("id").values_list("actor", "deed", "page")
    )


class TestReading:
    @pytest.mark.parametrize("model", [Resident, Recording, CardRequest])
    def test_of_any_page_of_a_resident_is_written_down(
        self, admin_client: Client, resident: Resident, model: type[CardRequest]
    ) -> None:
        row = (
            resident if model is Resident else model.objects.filter(resident=resident).get()  # type: ignore[misc]
        )
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert admin_client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
        assert admin_client.get(reverse(f"{name}_history", args=[row.pk])).status_code == 200
        assert looks(resident) == [("admin", Deed.READ, model._meta.model_name)] * 2

    def test_of_a_list_names_nobody_but_a_search_by_nik_does(
        self, admin_client: Client, resident: Resident
    ) -> None:
        listed = reverse("admin:registry_resident_changelist")
        admin_client.get(listed)
        assert looks(resident) == []
        admin_client.post(listed, {"asks": "1", "q": resident.nik}, follow=True)
        assert looks(resident) == [("admin", Deed.FOUND, "resident")]

    @pytest.mark.parametrize("how", ["get", "post"])
    def test_by_nik_leaves_no_nik_in_an_address(
        self, admin_client: Client, resident: Resident, how: str
    ) -> None:
        listed = reverse("admin:printing_cardrequest_changelist")
        asked = {"asks": "1", "q": resident.nik, "state__exact": "waiting"}
        answer = getattr(admin_client, how)(listed, asked, follow=True)
        (address, _status) = answer.redirect_chain[-1]
        assert resident.nik not in address
        assert "state__exact=waiting" in address
        assert resident.name in answer.content.decode()
        assert resident.nik not in answer.content.decode()

    def test_by_a_nik_that_nobody_has_finds_nobody(self, admin_client: Client, resident: Resident) -> None:
        listed = reverse("admin:registry_resident_changelist")
        answer = admin_client.post(listed, {"asks": "1", "q": factories.nik_of(77)}, follow=True)
        assert resident.name not in answer.content.decode()
        assert not AccessLog.objects.exists()

    def test_shows_the_masked_nik_alone(self, admin_client: Client, resident: Resident) -> None:
        text = admin_client.get(page("change", resident)).content.decode()
        assert resident.masked_nik in text
        assert resident.nik not in text


class TestNik:
    def test_is_shown_after_a_reason_which_is_written_down(
        self, admin_client: Client, resident: Resident
    ) -> None:
        asks = admin_client.get(page("nik", resident))
        assert resident.nik not in asks.content.decode()
        shows = admin_client.post(page("nik", resident), {"why": REASON})
        assert resident.nik in shows.content.decode()
        assert "no-store" in shows.headers["Cache-Control"]
        entry = AccessLog.objects.get(resident=resident, deed=Deed.REVEALED)
        assert (entry.actor, entry.why) == ("admin", REASON)

    @pytest.mark.parametrize("why", ["", "  ", "x"])
    def test_stays_closed_without_one(self, admin_client: Client, resident: Resident, why: str) -> None:
        text = admin_client.post(page("nik", resident), {"why": why}).content.decode()
        assert resident.nik not in text
        assert not AccessLog.objects.exists()

    def test_is_refused_to_a_service_without_one_by_the_database_too(self, resident: Resident) -> None:
        with pytest.raises(access.NoReason):
            access.reveal_nik(resident=resident, why="", page="x", actor="a", now=timezone.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            access.record_access(
                residents=[resident.pk], deed=Deed.REVEALED, page="x", actor="a", now=timezone.now()
            )


class TestTrail:
    def test_is_shown_and_exported_and_that_is_written_down(
        self, admin_client: Client, resident: Resident
    ) -> None:
        admin_client.post(page("nik", resident), {"why": REASON})
        assert REASON in admin_client.get(page("access", resident)).content.decode()

        answer = admin_client.post(page("access_csv", resident))
        text = b"".join(answer.streaming_content).decode()
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert [row[2] for row in rows] == ["perbuatan", "NIK dibuka", "jejak akses diekspor"]
        assert resident.nik not in text

    def test_holds_no_formula(self, admin_client: Client, resident: Resident) -> None:
        admin_client.post(page("nik", resident), {"why": "=HYPERLINK(1)"})
        text = b"".join(admin_client.post(page("access_csv", resident)).streaming_content).decode()
        assert "'=HYPERLINK(1)" in text

    def test_is_not_downloaded_by_a_mere_link(self, admin_client: Client, resident: Resident) -> None:
        assert admin_client.get(page("access_csv", resident)).status_code == 405

    def test_tells_nobody_of_another(self, admin_client: Client, resident: Resident) -> None:
        other = Resident.objects.exclude(pk=resident.pk).get()
        admin_client.post(page("nik", other), {"why": "urusan penduduk lain"})
        assert "urusan penduduk lain" not in admin_client.get(page("access", resident)).content.decode()

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_cannot_be_rewritten(self, admin_client: Client, resident: Resident, change: str) -> None:
        admin_client.get(page("change", resident))
        rows = AccessLog.objects.all()
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.update(actor="lain") if change == "update" else rows.delete()

    def test_is_seen_on_its_own_page_by_those_who_may(self, admin_client: Client, resident: Resident) -> None:
        admin_client.get(page("change", resident))
        assert (
            "halaman dibaca"
            in admin_client.get(reverse("admin:registry_accesslog_changelist")).content.decode()
        )


def test_an_office_is_nobodys_page(admin_client: Client, resident: Resident) -> None:
    admin_client.get(reverse("admin:registry_office_change", args=[Office.objects.get().pk]))
    assert not AccessLog.objects.exists()
