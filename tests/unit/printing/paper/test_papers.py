"""Does each paper say what it must, on the sheet it is meant for, in letters that came along?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest

from printing.paper import box, minutes, receipt, reports
from printing.paper.sheet import Issuer
from tests.unit.printing.paper.reading import embeds_its_fonts, pages, read, size

KARIMUN = Issuer("21.02", "Karimun", "Kepulauan Riau")
DAY = date(2017, 11, 28)
NOON = datetime(2017, 11, 28, 12, 5)  # noqa: DTZ001  (papers get times that are local already)

RECEIPT = receipt.Receipt(
    issuer=KARIMUN,
    number="7ZK3-0M9Q-ABCD-EFGH-2",
    name="Siti Contoh",
    nik="2102••••••••0001",
    reason="kartu baru",
    district="Tebing",
    received_at=NOON,
)
DELIVERY = minutes.Delivery(
    issuer=KARIMUN,
    number="BA-12",
    on=date(2017, 7, 19),
    quantity=8000,
    before=0,
    after=8000,
    booked_by="gudang",
)
DESTRUCTION = minutes.Destruction(
    issuer=KARIMUN,
    number="BA-31",
    on=DAY,
    quantity=3,
    serials=["21.02-0000000041", "21.02-0000000044"],
    unnumbered=1,
    witnesses=["Saksi Contoh Satu", "Saksi Contoh Dua"],
    booked_by="supervisor",
)
# January 2018 in Karimun: 8,000 came, 1,426 were printed; 7,438 were left of 864 and these.
BLANKS = reports.Blanks(
    before=864, received=8000, given_back=0, printed=1426, spoiled=0, other=0, in_work=0, left=7438
)
DAILY = reports.Day(
    issuer=KARIMUN,
    on=DAY,
    until=NOON,
    recorded=140,
    requested=155,
    printed=311,
    spoiled=4,
    handed_over=287,
    line=reports.Line(print_ready=12689, held=1002, on_the_way=40, ready_for_pickup=512),
    held=[("belum muncul di pusat", 1000), ("printer tidak siap", 2)],
    printers=[("Printer 1", 200, 3), ("Printer 2", 111, 1)],
    blanks=BLANKS,
)
MONTHLY = reports.Month(
    issuer=KARIMUN,
    first=date(2018, 1, 1),
    until=NOON,
    districts=[
        reports.DistrictRow("21.02.01", "Moro", recorded=10, printed=426, handed_over=300, waiting=900),
        reports.DistrictRow("21.02.02", "Kundur", recorded=30, printed=1000, handed_over=800, waiting=2100),
    ],
    reasons=[("kartu baru", 1400), ("hilang", 26)],
    blanks=BLANKS,
)
BOX = box.Box(
    issuer=KARIMUN,
    number="21.02.07/20171128/1",
    district_code="21.02.07",
    district="Kundur Utara",
    on=DAY,
    cards=[
        box.Card(UUID(int=n), f"7ZK3-0M9Q-ABCD-EFGH-{n}", f"Contoh {n}", "2102••••••••0001", "Sungai Lakam")
        for n in range(9)
    ],
)

PAPERS = {
    "receipt strip": receipt.strip(RECEIPT),
    "receipt page": receipt.page(RECEIPT),
    "delivery": minutes.delivery(DELIVERY),
    "destruction": minutes.destruction(DESTRUCTION),
    "daily": reports.daily(DAILY),
    "monthly": reports.monthly(MONTHLY),
    "label": box.label(BOX),
    "manifest": box.manifest(BOX),
}


class TestEveryPaper:
    @pytest.mark.parametrize("paper", PAPERS)
    def test_fits_on_one_sheet(self, paper: str) -> None:
        assert pages(PAPERS[paper]) == 1

    @pytest.mark.parametrize("paper", PAPERS)
    def test_brings_its_letters(self, paper: str) -> None:
        assert embeds_its_fonts(PAPERS[paper])

    @pytest.mark.parametrize("paper", PAPERS)
    def test_names_the_office(self, paper: str) -> None:
        assert "KABUPATEN KARIMUN" in read(PAPERS[paper]).upper()

    def test_is_drawn_alike_twice(self) -> None:
        assert reports.daily(DAILY) == PAPERS["daily"]


class TestReceipt:
    def test_tells_the_number_and_hides_the_nik(self) -> None:
        words = read(PAPERS["receipt strip"])
        assert "7ZK3-0M9Q-ABCD-EFGH-2" in words
        assert "2102••••••••0001" in words
        assert "28 November 2017 12.05" in words

    def test_fits_a_roll_of_80_mm(self) -> None:
        assert size(PAPERS["receipt strip"])[0] == 80

    def test_grows_with_a_long_name(self) -> None:
        longer = receipt.strip(replace(RECEIPT, name="Nama Yang Panjang Sekali " * 5))
        assert size(longer)[1] > size(PAPERS["receipt strip"])[1]

    def test_has_a_half_for_the_resident_and_one_for_the_file(self) -> None:
        words = read(PAPERS["receipt page"])
        assert "Lembar untuk pemohon" in words
        assert "Lembar untuk arsip" in words


class TestDelivery:
    def test_says_the_quantity_in_figures_and_in_words(self) -> None:
        assert "8.000 (delapan ribu) lembar" in read(PAPERS["delivery"])

    def test_reads_markup_as_words(self) -> None:
        assert "BA <b>&12" in read(minutes.delivery(replace(DELIVERY, number="BA <b>&12")))


class TestDestruction:
    def test_names_every_serial_and_every_witness(self) -> None:
        words = read(PAPERS["destruction"])
        for name in (*DESTRUCTION.serials, *DESTRUCTION.witnesses):
            assert name in words

    def test_counts_what_had_no_number(self) -> None:
        assert "1 (satu) lembar yang rusak di gudang" in read(PAPERS["destruction"])

    def test_goes_on_over_several_pages(self) -> None:
        serials = [f"21.02-{n:010d}" for n in range(864)]
        document = minutes.destruction(replace(DESTRUCTION, quantity=864, serials=serials, unnumbered=0))
        assert pages(document) > 1
        assert serials[-1] in read(document)


class TestDaily:
    def test_has_the_five_numbers_of_the_day(self) -> None:
        words = read(PAPERS["daily"])
        for told in (
            "Perekaman diterima 140",
            "Kartu tercetak 311",
            "Sisa siap cetak 12.689",
            "Sisa di gudang 7.438",
            "Kartu rusak 4",
        ):
            assert told in words


class TestMonthly:
    def test_sums_the_subdistricts(self) -> None:
        assert "Jumlah 40 1.426 1.100 3.000" in read(PAPERS["monthly"])

    def test_accounts_for_the_blanks(self) -> None:
        assert BLANKS.adds_up
        assert "Sisa di gudang 7.438" in read(PAPERS["monthly"])


class TestBox:
    def test_label_says_where_to_and_how_many(self) -> None:
        words = read(PAPERS["label"])
        assert "KUNDUR UTARA" in words
        assert "9 kartu" in words

    def test_manifest_lists_every_card(self) -> None:
        words = read(PAPERS["manifest"])
        assert all(card.receipt in words for card in BOX.cards)
