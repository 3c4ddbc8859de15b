"""How does a list of made-up people become a spreadsheet such as an office sends?"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from django.utils.timezone import make_naive
from openpyxl import Workbook

from printing.scenarios.people import Person

TITLES = (
    "NIK",
    "Nama",
    "Tempat Lahir",
    "Tanggal Lahir",
    "Jenis Kelamin",
    "Alamat",
    "RT",
    "RW",
    "Desa/Kelurahan",
    "Kecamatan",
    "Agama",
    "Status Perkawinan",
    "Pekerjaan",
    "Kewarganegaraan",
    "Golongan Darah",
    "Tanggal Rekam",
    "No. KK",
)


def write_xlsx(path: Path, those: Iterable[Person]) -> None:
    """A workbook whose dates are real dates and whose NIKs are text."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Daftar tunggu")
    for row in (TITLES, *_rows(those)):
        sheet.append(row)
    _whole(path, workbook.save)


def write_csv(path: Path, those: Iterable[Person]) -> None:
    """A CSV as Excel writes it in Indonesia: semicolons, a mark at its beginning, the day first."""

    def save(unfinished: Path) -> None:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(TITLES)
            writer.writerows(map(_as_text, _rows(those)))

    _whole(path, save)


def family_card_of(nik: str) -> str:
    """The number of the card of this person's household: the same region, founded in June 2011."""
    return f"{nik[:6]}010611{nik[12:]}"


def _rows(those: Iterable[Person]) -> Iterator[Sequence[object]]:
    for person in those:
        yield (
            person.nik,
            person.name,
            person.birth_place,
            person.birth_date,
            person.sex,
            person.address,
            person.rt,
            person.rw,
            person.village,
            person.district,
            person.religion,
            person.marital_status,
            person.occupation,
            person.citizenship,
            person.blood_type,
            make_naive(person.recorded_at),  # a spreadsheet knows no time zones
            family_card_of(person.nik),
        )


def _as_text(row: Sequence[object]) -> list[str]:
    return [_cell(value) for value in row]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y %H:%M}"
    return f"{value:%d-%m-%Y}" if isinstance(value, date) else str(value)


def _whole(path: Path, save: Callable[[Path], None]) -> None:
    """The file has its name only once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    save(unfinished)
    unfinished.replace(path)
