"""Do the papers tell what the office did, and only to those who may know?"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from printing.models import Box, CardRequest, PrintAttempt, Printer
from printing.printers.memory import MemoryPrinter
from printing.selectors import papers
from printing.services import boxes
from printing.services.inspection import spoil
from registry.central.memory import MemoryCentral
from registry.models import AccessLog, BlankReceipt, District, Office
from registry.services import blanks
from tests.factories import ACTOR, NOW, stock, waiting
from tests.integration.printing.line.test_authorizations import ask_all
from tests.integration.printing.line.test_prints import print_all

TODAY = date(2017, 11, 28)
EVENING = NOW + timedelta(hours=8)


@pytest.fixture
def printed(office: Office, centre: MemoryCentral, printer: Printer) -> list[CardRequest]:
    """Five in line, three of whom have their cards."""
    requests = waiting(office, 1, 2, 3, 4, 5)
    ask_all(office, centre, limit=3)
    print_all(printer, MemoryPrinter())
    return list(
        CardRequest.objects.filter(pk__in=[request.pk for request in requests]).order_by("recorded_at")
    )


class TestDay:
    def test_tells_what_was_printed_and_what_is_left(
        self, office: Office, printed: list[CardRequest]
    ) -> None:
        day = papers.day(office=office, on=TODAY, now=EVENING)

        assert (day.recorded, day.printed, day.spoiled) == (5, 3, 0)
        assert (day.line.print_ready, day.line.ready_for_pickup) == (2, 3)
        assert (day.blanks.printed, day.blanks.left) == (3, 97)
        assert day.blanks.adds_up
        assert day.printers == [("Printer 1", 3, 0)]

    def test_remembers_a_day_that_has_passed(self, office: Office, printed: list[CardRequest]) -> None:
        waiting(office, 6, 7, now=NOW + timedelta(days=1))

        yesterday = papers.day(office=office, on=TODAY, now=NOW + timedelta(days=2))

        assert (yesterday.line.print_ready, yesterday.line.ready_for_pickup) == (2, 3)

    def test_knows_that_nobody_waited_before_anybody_came(
        self,
        office: Office,
        printed: list[CardRequest],
    ) -> None:
        before = papers.day(office=office, on=TODAY - timedelta(days=1), now=EVENING)

        assert (before.line.print_ready, before.line.ready_for_pickup, before.printed) == (0, 0, 0)


class TestMonth:
    def test_counts_by_subdistrict_and_reason(self, office: Office, printed: list[CardRequest]) -> None:
        month = papers.month(office=office, first=TODAY, now=EVENING)

        [row] = month.districts
        assert (row.recorded, row.printed, row.waiting) == (5, 3, 2)
        assert dict(month.reasons)["kartu baru"] == 3
        assert month.blanks.adds_up


class TestDelivery:
    def test_says_what_was_in_the_store_before_and_after(self, office: Office) -> None:
        stock(office, 2000)

        sheet = papers.delivery(delivered=BlankReceipt.objects.get(minutes="BA-2000"))

        assert (sheet.before, sheet.quantity, sheet.after) == (100, 2000, 2100)


class TestDestruction:
    def test_names_the_blanks_that_were_spoiled_first(
        self, office: Office, printed: list[CardRequest]
    ) -> None:
        attempts = list(PrintAttempt.objects.order_by("pk"))
        spoil(job=attempts[1].job, reason="gambar miring", actor=ACTOR, now=NOW)
        blanks.spoil_in_store(
            office=office, quantity=2, reference="air", why="kena air", now=NOW, actor=ACTOR
        )
        spoil(job=attempts[0].job, reason="pita kusut", actor=ACTOR, now=NOW)
        first, second = (
            blanks.destroy(
                office=office,
                quantity=2,
                minutes=number,
                witnesses=["Contoh A", "Contoh B"],
                now=NOW,
                actor=ACTOR,
            )
            for number in ("BA-1", "BA-2")
        )

        one, two = papers.destruction(destroyed=first), papers.destruction(destroyed=second)

        assert (one.serials, one.unnumbered) == ([attempts[1].blank], 1)
        assert (two.serials, two.unnumbered) == ([attempts[0].blank], 1)
        assert one.witnesses == ["Contoh A", "Contoh B"]


def packed(office: Office) -> Box:
    return boxes.pack(office=office, district=District.objects.get(), actor=ACTOR, now=NOW)


class TestBox:
    def test_holds_the_cards_that_are_ready_for_a_subdistrict(
        self,
        office: Office,
        printed: list[CardRequest],
    ) -> None:
        box = papers.box(packed=packed(office))

        assert [card.receipt for card in box.cards] == [request.receipt for request in printed[:3]]
        assert all("•" in card.nik for card in box.cards)


def addresses(request: CardRequest, delivered: BlankReceipt) -> list[tuple[str, str]]:
    """Every paper's address with the permission it asks for."""
    box = packed(request.office).pk
    return [
        (reverse("papers:receipt", args=[request.pk]), "view_cardrequest"),
        (reverse("papers:receipt_a4", args=[request.pk]), "view_cardrequest"),
        (reverse("papers:delivery", args=[delivered.pk]), "view_blankreceipt"),
        (reverse("papers:daily") + "?on=2017-11-28", "view_printjob"),
        (reverse("papers:monthly") + "?first=2017-11", "view_printjob"),
        (reverse("papers:box_label", args=[box]), "view_box"),
        (reverse("papers:box_manifest", args=[box]), "view_box"),
    ]


class TestPages:
    def test_hand_out_a_paper_to_those_who_may_and_to_nobody_else(
        self, client: Client, printed: list[CardRequest]
    ) -> None:
        for address, right in addresses(printed[0], BlankReceipt.objects.get()):
            clerk = User.objects.create_user(f"clerk-{address}", is_staff=True)
            client.force_login(clerk)
            assert client.get(address).status_code == 403, address

            clerk.user_permissions.add(Permission.objects.get(codename=right))
            answer = client.get(address)

            assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf"), address
            assert answer["Content-Disposition"].startswith("inline")
            assert "no-store" in answer["Cache-Control"]

    def test_are_written_into_the_trail_of_everybody_on_them(
        self, admin_client: Client, printed: list[CardRequest]
    ) -> None:
        admin_client.get(reverse("papers:receipt", args=[printed[4].pk]))
        admin_client.get(reverse("papers:box_manifest", args=[packed(printed[0].office).pk]))

        told = AccessLog.objects.values_list("resident", "page")
        assert set(told) == {
            (printed[4].resident_id, "receipt"),
            *((request.resident_id, "box") for request in printed[:3]),
        }

    def test_send_strangers_to_the_login(self, client: Client, printed: list[CardRequest]) -> None:
        answer = client.get(reverse("papers:receipt", args=[printed[0].pk]))
        assert answer.status_code == 302
        assert "login" in answer["Location"]

    @pytest.mark.parametrize("asked", ["", "?on=besok"])
    def test_know_no_paper_for_a_date_that_is_none(
        self,
        admin_client: Client,
        office: Office,
        asked: str,
    ) -> None:
        assert admin_client.get(reverse("papers:daily") + asked).status_code == 404

    def test_list_themselves(self, admin_client: Client, office: Office) -> None:
        text = admin_client.get(reverse("papers:index")).content.decode()
        assert "Berita acara penerimaan blanko" in text
        assert "BA-100" in text

    def test_show_a_clerk_only_what_the_clerk_may_print(self, client: Client, db: None) -> None:
        clerk = User.objects.create_user("loket", is_staff=True)
        client.force_login(clerk)
        assert client.get(reverse("papers:index")).status_code == 403

        clerk.user_permissions.add(Permission.objects.get(codename="view_cardrequest"))
        text = client.get(reverse("papers:index")).content.decode()
        assert "Tanda terima" in text
        assert "Laporan" not in text
