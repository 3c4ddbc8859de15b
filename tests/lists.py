"""How do tests write a list of people, well or badly?"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from printing.imports.columns import COLUMNS, INDONESIAN
from tests.factories import nik_of

GOOD: Mapping[str, Any] = {
    "name": "Siti Aminah",
    "birth_place": "Moro",
    "birth_date": "01-01-1985",
    "sex": "L",
    "address": "Jl. Pelabuhan No. 7",
    "rt": "001",
    "rw": "002",
    "village": "Sungai Lakam",
    "district": "Karimun",
    "religion": "Islam",
    "marital_status": "Kawin",
    "occupation": "Nelayan",
    "citizenship": "WNI",
    "blood_type": "O",
    "recorded_at": "01-02-2016 09:30",
    "family_card": "2102031501100007",
    "reason": "baru",
}


def person(number: int, **changes: Any) -> dict[str, Any]:
    """A row that is right, but for ``changes``."""
    return {"nik": nik_of(number), **GOOD, **changes}


def rows_of(people: Sequence[Mapping[str, Any]], *, header: Sequence[str] | None = None) -> list[list[Any]]:
    """Header and rows, in the order of our columns."""
    return [list(header or COLUMNS), *([one.get(column) for column in COLUMNS] for one in people)]


def indonesian() -> list[str]:
    """The office's own names of the columns."""
    return [INDONESIAN[column][0] for column in COLUMNS]


def as_csv(rows: Sequence[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8") -> io.BytesIO:
    """The rows as a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def as_xlsx(rows: Sequence[Sequence[Any]]) -> io.BytesIO:
    """The rows as a workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file
