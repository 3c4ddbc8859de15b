"""Is every wrong cell told with its line, its column and its rule, and every right one read as meant?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl.worksheet.formula import ArrayFormula

from printing.imports.errors import Problem, Unreadable
from printing.imports.formats import open_table
from printing.imports.rows import ROUNDED, Checked, Places, check_table
from tests.factories import NOW, nik_of
from tests.lists import as_csv, as_xlsx, indonesian, person, rows_of

JAKARTA = ZoneInfo("Asia/Jakarta")
PLACES = Places({"21.02.03": "Karimun", "21.02.13": "Selat Gelam"})


def check(*people: dict[str, Any], xlsx: bool = False) -> list[Checked]:
    write = as_xlsx if xlsx else as_csv
    table = open_table(file=write(rows_of(people, header=indonesian())), maximum_bytes=2**20)
    return list(check_table(table, places=PLACES, now=NOW, zone=JAKARTA))


def problem(xlsx: bool = False, **changes: Any) -> Problem:
    """The one thing that is wrong with a row changed so."""
    [checked] = check(person(1, **changes), xlsx=xlsx)
    assert checked.person is None
    [found] = checked.problems
    return found


def value(column: str, cell: Any, *, xlsx: bool = False) -> Any:
    """What is read from this cell."""
    [checked] = check(person(1, **{column: cell}), xlsx=xlsx)
    assert checked.person is not None, checked.problems
    return checked.person[column]


class TestNik:
    @pytest.mark.parametrize(
        ("nik", "rule"),
        [
            ("", "required"),
            ("2,10203E+15", "nik-number"),
            ("2.10203010185E+15", "nik-number"),
            ("210203010185001", "nik-shortened"),
            ("21020301018500011", "nik-length"),
            ("21O2030101850001", "nik-digits"),
            ("2102033201850001", "nik-day"),
            ("2102033002850001", "nik-date"),
            ("2102030101850000", "nik-serial"),
        ],
    )
    def test_that_breaks_a_rule_is_said(self, nik: str, rule: str) -> None:
        found = problem(nik=nik)

        assert (found.line, found.column, found.rule) == (2, "nik", rule)
        assert not nik or nik not in found.sentence

    def test_that_excel_made_a_number_is_said_and_never_guessed(self) -> None:
        assert problem(xlsx=True, nik=int(nik_of(1))).rule == "nik-number"
        assert problem(xlsx=True, nik=float(nik_of(1))).rule == "nik-number"

    def test_may_be_marked_as_text(self) -> None:
        assert value("nik", f"'{nik_of(1)}").digits == nik_of(1)
        assert value("nik", f'="{nik_of(1)}"').digits == nik_of(1)

    def test_twice_in_a_list_names_the_first_line(self) -> None:
        first, second = check(person(1), person(1, name="Orang Lain"))

        assert first.person is not None
        assert [(found.rule, found.line) for found in second.problems] == [("nik-twice", 3)]
        assert "baris 2" in second.problems[0].sentence

    def test_s_that_excel_rounded_refuse_the_whole_list(self) -> None:
        with pytest.raises(Unreadable, match="membulatkannya"):
            check(*(person(10 * number) for number in range(1, ROUNDED + 1)))

    def test_that_differs_from_the_birth_date_or_sex_is_only_warned_of(self) -> None:
        [checked] = check(person(1, birth_date="02-01-1985", sex="P"))

        assert checked.person is not None
        assert [found.rule for found in checked.problems] == ["nik-birth-date", "nik-sex"]


class TestDates:
    @pytest.mark.parametrize(
        "cell", ["2016-02-01", "01-02-2016", "1/2/2016", "01.02.2016", "42401", "2016-02-01 00:00:00"]
    )
    def test_are_read_in_every_way_that_offices_write_them(self, cell: str) -> None:
        assert value("recorded_at", cell) == datetime(2016, 2, 1, tzinfo=JAKARTA)

    def test_of_excel_are_read(self) -> None:
        assert value("birth_date", date(1985, 1, 1), xlsx=True) == date(1985, 1, 1)
        assert value("birth_date", 31048, xlsx=True) == date(1985, 1, 1)
        moment = datetime(2016, 2, 1, 9, 30)  # noqa: DTZ001  (Excel knows no zones)
        assert value("recorded_at", moment, xlsx=True) == datetime(2016, 2, 1, 9, 30, tzinfo=JAKARTA)

    def test_with_a_zone_of_their_own_keep_it(self) -> None:
        assert value("recorded_at", "2016-02-01T02:30:00Z") == datetime(2016, 2, 1, 9, 30, tzinfo=JAKARTA)

    @pytest.mark.parametrize(
        ("cell", "rule"),
        [
            ("31-02-2016", "date"),
            ("Februari 2016", "date-format"),
            ("01-02-2016 25:00", "clock"),
            ("01-02-2036", "date-range"),
            ("01-02-2010", "date-range"),
            ("", "required"),
        ],
    )
    def test_that_are_none_are_said(self, cell: str, rule: str) -> None:
        assert problem(recorded_at=cell).rule == rule


class TestOtherCells:
    @pytest.mark.parametrize(
        ("column", "cell", "meant"),
        [
            ("sex", "Laki-laki", "L"),
            ("religion", "KATHOLIK", "katolik"),
            ("marital_status", "belum  kawin", "belum_kawin"),
            ("citizenship", "Indonesia", "WNI"),
            ("blood_type", "", "-"),
            ("blood_type", "-", "-"),
            ("blood_type", "ab", "AB"),
            ("reason", "", "new"),
            ("reason", "Hilang", "lost"),
            ("reason", "data_change", "data_change"),
            ("district", "selat gelam", "21.02.13"),
            ("district", "Kec. Karimun", "21.02.03"),
            ("district", "210203", "21.02.03"),
            ("rt", "1", "001"),
            ("name", "  Siti   Aminah ", "Siti Aminah"),
        ],
    )
    def test_are_read_as_meant(self, column: str, cell: str, meant: str) -> None:
        assert value(column, cell) == meant

    @pytest.mark.parametrize(
        ("column", "cell", "rule"),
        [
            ("sex", "X", "unknown-word"),
            ("religion", "", "required"),
            ("district", "Batam Kota", "district"),
            ("rt", "RT 1", "neighbourhood"),
            ("name", "", "required"),
            ("name", "A" * 101, "too-long"),
            ("address", "Jl.\u202eA", "characters"),
            ("name", "=HYPERLINK(1)", "formula"),
            ("name", "'=1+1", "formula"),
            ("name", '="Siti"&A1&"Aminah"', "formula"),
            ("village", "#N/A", "excel-error"),
            ("birth_date", "02-02-2016", "born-later"),
        ],
    )
    def test_that_are_wrong_are_said(self, column: str, cell: str, rule: str) -> None:
        found = problem(**{column: cell})

        assert found.rule == rule
        assert found.column == indonesian()[list(person(1)).index(column)]

    @pytest.mark.parametrize("cell", ["=B2", ArrayFormula("B2", "=A2:A3")])
    def test_of_a_workbook_that_are_formulas_are_said_to_be(self, cell: Any) -> None:
        assert problem(village=cell, xlsx=True).rule == "formula"

    def test_marked_as_text_are_read_as_text(self) -> None:
        assert value("name", '="Siti Aminah"') == "Siti Aminah"

    def test_all_wrong_cells_of_a_row_are_told_at_once(self) -> None:
        [checked] = check(person(1, nik="1", sex="X", birth_date="kemarin"))

        assert [found.rule for found in checked.problems] == ["nik-shortened", "date-format", "unknown-word"]
