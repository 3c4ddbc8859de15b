"""Does a table reach a spreadsheet as it is, without anything in it being run?"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from registry.spreadsheet import FORMULA, Cell, csv_lines, harmless, workbook

ROWS: list[list[Cell]] = [
    ["nama", "waktu", "tanggal", "jumlah", "catatan"],
    ["Contoh", datetime(2017, 11, 28, 3, 5, tzinfo=UTC), date(2017, 11, 28), 13000, None],
    ["=cmd|' /C calc'!A0", datetime(2017, 11, 28, 3, 5), date(2017, 1, 1), Decimal("1.5"), "\x0b"],  # noqa: DTZ001
]


class TestHarmless:
    @pytest.mark.parametrize("sign", FORMULA)
    def test_marks_what_a_spreadsheet_would_run(self, sign: str) -> None:
        assert harmless(f"{sign}1+1") == f"'{sign}1+1"

    def test_leaves_words_alone(self) -> None:
        assert harmless("Sungai Lakam") == "Sungai Lakam"


class TestCsvLines:
    def test_writes_the_times_of_the_office(self) -> None:
        rows = list(csv.reader("".join(csv_lines(ROWS)).removeprefix("\ufeff").splitlines()))
        assert rows[1] == ["Contoh", "2017-11-28 10:05:00", "2017-11-28", "13000", ""]

    def test_holds_no_formula(self) -> None:
        cells = [cell for row in csv.reader("".join(csv_lines(ROWS)).splitlines()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(FORMULA)]


def opened(title: str) -> Workbook:
    """The table as a spreadsheet opens it."""
    with workbook(ROWS, title=title) as file:
        return load_workbook(file)


class TestWorkbook:
    def test_keeps_numbers_and_times_what_they_are(self) -> None:
        sheet = opened("Permohonan").active
        assert [cell.value for cell in sheet[2]] == [
            "Contoh",
            datetime(2017, 11, 28, 10, 5),  # noqa: DTZ001  (the format knows no zones)
            datetime(2017, 11, 28),  # noqa: DTZ001
            13000,
            None,
        ]

    def test_holds_no_formula(self) -> None:
        sheet = opened("a").active
        assert (sheet["A3"].value, sheet["A3"].data_type) == ("=cmd|' /C calc'!A0", "s")

    def test_takes_any_title(self) -> None:
        assert opened("a/b:" + "c" * 40).sheetnames == ["a b " + "c" * 27]
