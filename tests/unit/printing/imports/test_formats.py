"""Is every file that an office may send read, or answered with one sentence?"""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

import pytest

from printing.imports.columns import COLUMNS
from printing.imports.errors import Unreadable
from printing.imports.formats import Table, open_table
from tests.lists import as_csv, as_xlsx, indonesian, person, rows_of

MAXIMUM = 1024 * 1024


def opened(file: BinaryIO | bytes) -> Table:
    return open_table(file=io.BytesIO(file) if isinstance(file, bytes) else file, maximum_bytes=MAXIMUM)


def refusal(file: BinaryIO | bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        list(opened(file).rows)
    assert str(refused.value).endswith((".", "?"))
    return refused.value.rule


class TestFilesThatAreRead:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_csv_in_every_delimiter_and_encoding(self, delimiter: str, encoding: str) -> None:
        rows = rows_of([person(1, name="José, Ñandú; Ay")], header=indonesian())

        table = opened(as_csv(rows, delimiter=delimiter, encoding=encoding))

        [row] = table.rows
        assert set(table.header.positions) == set(COLUMNS)
        assert row.cells[1] == "José, Ñandú; Ay"

    def test_a_workbook_with_a_title_above_the_header(self) -> None:
        table = opened(as_xlsx([["Daftar tunggu"], [], *rows_of([person(1), person(2)])]))

        assert table.header_line == 3
        assert [row.line for row in table.rows] == [4, 5]

    def test_lines_are_those_of_the_file_even_after_a_cell_of_two_lines(self) -> None:
        table = opened(as_csv(rows_of([person(1, address="Jl. A\nNo. 2"), person(2)])))

        assert [row.line for row in table.rows] == [2, 4]

    def test_excel_s_own_note_of_the_delimiter(self) -> None:
        content = b"sep=;\r\n" + as_csv(rows_of([person(1)]), delimiter=";").read()

        assert [row.line for row in opened(content).rows] == [3]

    def test_empty_rows_are_passed_over(self) -> None:
        table = opened(as_csv([*rows_of([person(1)]), [""] * 17, *rows_of([person(2)])[1:]]))

        assert [row.line for row in table.rows] == [2, 4]

    def test_a_column_that_means_nothing_to_us_is_named(self) -> None:
        rows = [["No", *COLUMNS, "Keterangan"], [1, *rows_of([person(1)])[1], "x"]]

        assert opened(as_csv(rows)).header.ignored == ("No", "Keterangan")

    def test_reason_may_be_missing(self) -> None:
        rows = [row[:-1] for row in rows_of([person(1)])]

        assert "reason" not in opened(as_csv(rows)).header.positions


class TestFilesThatAreRefused:
    def test_an_empty_one(self) -> None:
        assert refusal(b"") == "empty"
        assert refusal(b"\r\n \r\n") in ("empty", "no-header")
        assert refusal(as_xlsx([])) == "empty"

    def test_one_with_a_header_alone(self) -> None:
        assert refusal(as_csv(rows_of([]))) == "header-only"

    def test_one_without_a_header(self) -> None:
        assert refusal(as_csv(rows_of([person(1)])[1:])) == "no-header"

    def test_one_with_a_column_missing(self) -> None:
        assert refusal(as_csv([row[1:] for row in rows_of([person(1)])])) == "column-missing"

    def test_one_with_a_column_twice(self) -> None:
        assert refusal(as_csv([["nama", *row] for row in rows_of([person(1)])[:1]])) == "column-twice"

    def test_one_with_a_column_misspelt(self) -> None:
        header = [*COLUMNS[:-1], "alasn"]

        assert refusal(as_csv(rows_of([person(1)], header=header))) == "column-unknown"

    def test_one_that_is_too_large_before_it_is_read(self) -> None:
        class Large(io.BytesIO):
            def seek(self, offset: int, whence: int = 0) -> int:
                return 200 * 2**20 if whence == io.SEEK_END else super().seek(offset, whence)

            def read(self, size: int | None = -1) -> bytes:
                raise AssertionError("it was read")

        assert refusal(Large()) == "too-large"

    def test_one_that_is_no_list_at_all(self) -> None:
        assert refusal(b"%PDF-1.7\0\0\0") == "not-a-list"
        assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)) == "old-excel"
        assert refusal(b"nik,nama\n" + bytes([0x81, 0x8D])) == "encoding"

    def test_a_quote_that_is_never_closed(self) -> None:
        content = as_csv(rows_of([person(1)])).read() + b'"2102'

        assert refusal(content) == "quotes"

    def test_a_workbook_that_is_cut_off_or_something_else(self) -> None:
        whole = as_xlsx(rows_of([person(1)])).getvalue()
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("hello.txt", "hello")

        assert refusal(whole[: len(whole) // 2]) == "broken-workbook"
        assert refusal(b"PK\x03\x04 not a zip") == "broken-workbook"
        assert refusal(other.getvalue()) == "broken-workbook"

    def test_a_workbook_that_unpacks_to_a_mountain(self) -> None:
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", bytes(40 * 2**20))

        assert refusal(bomb) == "inflated"
