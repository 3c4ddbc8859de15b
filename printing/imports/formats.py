"""How does a CSV or XLSX file become rows of cells with their line numbers?

The content decides what the file is, not its name. Nothing is read before its size is known.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from printing.imports.columns import Header, meaning, read_header
from printing.imports.errors import Unreadable

DELIMITERS = ",;\t"
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
INFLATED = 8  # times its size that a workbook may unpack to; real ones take 3 to 6
INFLATED_AT_LEAST = 32 * 1024 * 1024  # bytes; a small workbook of repeated words packs better
HEADER_WITHIN = 20  # rows that may stand above the header: a title, the office's name
EMPTY = (None, "")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it came; ``line`` is what the person sees in the spreadsheet."""

    line: int
    cells: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A list: its header and its rows, read one by one. ``rows`` may raise Unreadable."""

    header: Header
    header_line: int
    rows: Iterator[Row]


def open_table(*, file: BinaryIO, maximum_bytes: int) -> Table:
    """The table in this file. Raises Unreadable with one sentence."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > maximum_bytes:
        raise Unreadable(
            "too-large",
            _("Berkas terlalu besar (%(size)d MB); paling besar %(maximum)d MB. Bagilah berkasnya.")
            % {"size": size // 2**20, "maximum": maximum_bytes // 2**20},
        )
    start = file.read(len(ZIP))
    file.seek(0)
    if not size:
        raise Unreadable("empty", _("Berkas ini kosong."))
    if start.startswith(OLD_EXCEL):
        raise Unreadable("old-excel", _("Berkas Excel lama atau bersandi; simpan sebagai .xlsx tanpa sandi."))
    rows = _workbook_rows(file, size=size) if start == ZIP else _text_rows(_decoded(file.read()))
    return _table(rows)


def _table(rows: Iterator[Row]) -> Table:
    filled = (row for row in rows if any(cell not in EMPTY for cell in row.cells))
    first: Row | None = None
    for _number, row in zip(range(HEADER_WITHIN), filled, strict=False):
        first = first or row
        if sum(1 for cell in row.cells if meaning(cell)) > 1:
            header = read_header(row.cells)
            return Table(header, row.line, _not_empty(filled))
    if first is None:
        raise Unreadable("empty", _("Berkas ini kosong."))
    read_header(first.cells)
    raise Unreadable("no-header", _("Judul kolom tidak ditemukan."))


def _not_empty(rows: Iterator[Row]) -> Iterator[Row]:
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise Unreadable("header-only", _("Berkas ini hanya berisi judul kolom; tidak ada satu orang pun."))


# --- CSV --------------------------------------------------------------------------------------


def _decoded(content: bytes) -> str:
    if content.startswith(UTF16):
        with suppress(UnicodeDecodeError):
            return content.decode("utf-16")  # what Excel calls "Unicode text"
    if b"\0" in content:
        raise Unreadable("not-a-list", _("Ini bukan berkas CSV atau XLSX."))
    for encoding in ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise Unreadable("encoding", _("Huruf dalam berkas tidak terbaca; simpan sebagai CSV UTF-8 atau XLSX."))


def _text_rows(text: str) -> Iterator[Row]:
    skipped = 0
    hint = re.match(r"sep=(.)\r?\n", text)  # Excel's own note about the delimiter
    if hint:
        text, skipped = text[hint.end() :], 1
    delimiter = hint[1] if hint else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield Row(begins + skipped, tuple(cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            "quotes",
            _("Baris %(line)d tidak terbaca: tanda petik tidak ditutup atau isi sel terlalu panjang.")
            % {"line": begins + skipped},
        ) from error


def _delimiter(text: str) -> str:
    """The one under which a row near the top has the most names of columns."""
    top = text[: 64 * 1024].splitlines()[:HEADER_WITHIN]
    return max(DELIMITERS, key=lambda delimiter: max((_names(line, delimiter) for line in top), default=0))


def _names(line: str, delimiter: str) -> int:
    return sum(1 for cell in line.split(delimiter) if meaning(cell.strip('"')))


# --- XLSX -------------------------------------------------------------------------------------


def _workbook_rows(file: BinaryIO, *, size: int) -> Iterator[Row]:
    """The rows of the first sheet. A workbook that unpacks to a mountain is refused unopened."""
    broken = Unreadable("broken-workbook", _("Berkas ini bukan XLSX yang utuh; simpan lagi dari Excel."))
    try:
        with zipfile.ZipFile(file) as archive:
            inflated = sum(member.file_size for member in archive.infolist())
        if inflated > max(INFLATED_AT_LEAST, INFLATED * size):
            raise Unreadable("inflated", _("Isi berkas XLSX ini tidak wajar besarnya; simpan sebagai CSV."))
        file.seek(0)
        workbook = load_workbook(file, read_only=True, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, OSError) as error:
        raise broken from error
    try:
        sheet = next((sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise Unreadable("empty", _("Berkas ini tidak berisi lembar data."))
        sheet.reset_dimensions()  # some programs write a wrong size; the rows themselves are right
        yield from _numbered(sheet.iter_rows(values_only=True))
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError, EOFError) as error:
        raise broken from error
    finally:
        workbook.close()


def _numbered(rows: Iterable[Sequence[object]]) -> Iterator[Row]:
    for line, cells in enumerate(rows, start=1):
        yield Row(line, tuple(cells))
