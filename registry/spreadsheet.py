"""How is a table written so that a spreadsheet reads it and runs nothing of it?

A cell that begins like a formula is a formula to a spreadsheet, whoever typed it in (OWASP: CSV
injection). In CSV such a text is marked with an apostrophe; XLSX says of each cell what it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

Cell = str | int | float | Decimal | date | datetime | None

FORMULA = ("=", "+", "-", "@", "\t", "\r")
UTF8 = "\ufeff"  # tells a spreadsheet that the file is UTF-8
IN_MEMORY = 5 * 1024 * 1024  # bytes; a larger workbook is built on the disk
TITLE_LENGTH = 31  # characters of a sheet's name, by the format
FORBIDDEN_IN_TITLE = str.maketrans("[]:*?/\\", "       ")


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table line by line; nothing is held in memory. Times are those of the office's clock."""
    yield UTF8
    for row in rows:
        line = StringIO()
        csv.writer(line).writerow([_csv_text(cell) for cell in row])
        yield line.getvalue()


def workbook(rows: Iterable[Sequence[Cell]], *, title: str) -> IO[bytes]:
    """The table as an open XLSX file at its beginning; its first row is the heading."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title.translate(FORBIDDEN_IN_TITLE)[:TITLE_LENGTH])
    sheet.freeze_panes = "A2"
    for n, row in enumerate(rows):
        sheet.append([_typed(sheet, cell, bold=n == 0) for cell in row])
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula when it stands in CSV."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _csv_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{_local(cell):%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell) if isinstance(cell, str) else str(cell)


def _typed(sheet: Any, cell: Cell, *, bold: bool) -> Any:
    """Numbers and times stay what they are; a text is said to be a text, whatever it begins with."""
    if isinstance(cell, datetime):
        return _local(cell).replace(tzinfo=None)  # the format knows no zones
    if not isinstance(cell, str):
        return cell
    typed = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", cell))
    typed.data_type = "s"
    if bold:
        typed.font = Font(bold=True)
    return typed


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment
