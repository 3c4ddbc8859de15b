"""Is this row a person whose card can be made, and if not, which cell breaks which rule?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _

from printing.imports import cells, words
from printing.imports.columns import COLUMNS, INDONESIAN, Header
from printing.imports.errors import Problem, Unreadable
from printing.imports.formats import Row, Table
from registry import nik as nik_rules
from registry.models.resident import Sex
from registry.nik import Nik, NikWarning

FIRST_RECORDING = date(2011, 1, 1)  # e-KTP began in 2011 (Presidential Regulation 26/2009 and its decree)
FIRST_BIRTH = date(1900, 1, 1)

ROUNDED = 10  # if the first so many NIKs all end in 0, Excel rounded them: it keeps 15 digits of a number

# The most characters of the texts: those of the resident's columns.
TEXTS = {"name": 100, "birth_place": 60, "address": 200, "village": 60, "occupation": 60}
WORDS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "sex": (words.SEX, "L, P"),
    "religion": (words.RELIGION, "Islam, Kristen, Katolik, Hindu, Buddha, Khonghucu, Kepercayaan"),
    "marital_status": (words.MARITAL_STATUS, "Belum Kawin, Kawin, Cerai Hidup, Cerai Mati"),
    "citizenship": (words.CITIZENSHIP, "WNI, WNA"),
    "blood_type": (words.BLOOD_TYPE, "A, B, AB, O, -"),
    "reason": ({**words.REASON, "": "new"}, "baru, hilang, rusak, perubahan data, pindah datang"),
}


@dataclass(frozen=True, slots=True)
class Places:
    """The subdistricts of the office: code with dots → name."""

    names: Mapping[str, str]

    def by_word(self) -> dict[str, str]:
        """Code by every word that a list may use: the code itself or the name."""
        codes = {words.plain(code): code for code in self.names}
        return codes | {words.plain(name): code for code, name in self.names.items()}


@dataclass(frozen=True, slots=True)
class Checked:
    """One row after the check: a person, or problems that refuse it. Warnings refuse nothing."""

    row: Row
    person: Mapping[str, Any] | None
    problems: tuple[Problem, ...] = ()

    @property
    def nik(self) -> Nik:
        """The NIK of an accepted row."""
        assert self.person is not None
        nik: Nik = self.person["nik"]
        return nik


@dataclass
class Checker:
    """Checks the rows of one list in order; remembers which NIKs the list already had."""

    header: Header
    places: Places
    now: datetime
    zone: tzinfo
    lines: dict[str, int] = field(default_factory=dict)  # NIK → the line it stands on
    exact: bool = False  # a NIK that does not end in 0 was seen: Excel did not round them all

    def __post_init__(self) -> None:
        self._districts = self.places.by_word()
        self._columns = [(column, self._name(column), self._reader(column)) for column in COLUMNS]

    def check(self, row: Row) -> Checked:
        """The person in this row, or what is wrong with it. Raises Unreadable for the whole list."""
        person: dict[str, Any] = {}
        problems = []
        for column, name, read in self._columns:
            try:
                person[column] = read(cells.settled(self._cell(row, column)))
            except cells.BadCell as bad:
                problems.append(Problem(row.line, name, bad.rule, str(bad)))
        problems += self._across(row, person)
        refusals = tuple(problem for problem in problems if not problem.is_warning)
        return Checked(row, None, refusals) if refusals else Checked(row, person, tuple(problems))

    # --- One cell -----------------------------------------------------------------------------

    def _cell(self, row: Row, column: str) -> object:
        position = self.header.positions.get(column)
        return row.cells[position] if position is not None and position < len(row.cells) else None

    def _name(self, column: str) -> str:
        """The column as the list itself calls it."""
        position = self.header.positions.get(column)
        return INDONESIAN[column][0] if position is None else self.header.names[position]

    def _reader(self, column: str) -> Callable[[object], Any]:
        if column in TEXTS:
            return lambda cell: cells.required_text(cell, most=TEXTS[column])
        if column in WORDS:
            known, allowed = WORDS[column]
            return lambda cell: cells.word(
                cell, words=known, plain=words.plain(cells.text_of(cell)), allowed=allowed
            )
        return {
            "nik": cells.nik,
            "family_card": cells.family_card,
            "rt": cells.neighbourhood,
            "rw": cells.neighbourhood,
            "birth_date": self._birth_date,
            "recorded_at": self._recorded_at,
            "district": self._district,
        }[column]

    def _birth_date(self, cell: object) -> date:
        born = cells.day(cell, zone=self.zone)
        if not FIRST_BIRTH <= born <= self.now.date():
            raise cells.BadCell("date-range", _("Tanggal lahir harus antara tahun 1900 dan hari ini."))
        return born

    def _recorded_at(self, cell: object) -> datetime:
        recorded = cells.moment(cell, zone=self.zone)
        if recorded.date() < FIRST_RECORDING or recorded > self.now:
            raise cells.BadCell("date-range", _("Tanggal perekaman harus antara tahun 2011 dan hari ini."))
        return recorded

    def _district(self, cell: object) -> str:
        text = cells.required_text(cell, most=100)
        plain = words.plain(text)
        shorter = plain.removeprefix("kecamatan").removeprefix("kec")
        code = self._districts.get(plain) or self._districts.get(shorter)
        if code is None:
            raise cells.BadCell("district", _("Kecamatan ini tidak ada di kantor ini; periksa namanya."))
        return code

    # --- Cells beside each other ----------------------------------------------------------------

    def _across(self, row: Row, person: Mapping[str, Any]) -> Iterator[Problem]:
        born, recorded = person.get("birth_date"), person.get("recorded_at")
        if born and recorded and born > recorded.date():
            sentence = _("Tanggal lahir sesudah tanggal perekaman.")
            yield Problem(row.line, self._name("birth_date"), "born-later", sentence)
        nik = person.get("nik")
        if nik is not None:
            yield from self._about_nik(row, nik, person)

    def _about_nik(self, row: Row, nik: Nik, person: Mapping[str, Any]) -> Iterator[Problem]:
        first = self.lines.setdefault(nik.digits, row.line)
        self._refuse_rounded(nik)
        if first != row.line:
            sentence = _("NIK ini sudah ada di baris %(line)d.") % {"line": first}
            yield Problem(row.line, self._name("nik"), "nik-twice", sentence)
        yield from self._warnings(row, nik, person)

    def _refuse_rounded(self, nik: Nik) -> None:
        if not nik.digits.endswith("0"):
            self.exact = True
        if not self.exact and len(self.lines) == ROUNDED:
            raise Unreadable(
                "nik-rounded",
                _(
                    "Semua NIK berakhir dengan 0: Excel telah membulatkannya sebagai angka. "
                    "Ubah kolom NIK menjadi Teks, lalu isi lagi dari berkas asal."
                ),
            )

    def _warnings(self, row: Row, nik: Nik, person: Mapping[str, Any]) -> Iterator[Problem]:
        sentences = {
            NikWarning.BIRTH_DATE: _("Tanggal lahir dalam NIK berbeda dengan kolom tanggal lahir."),
            NikWarning.SEX: _("Jenis kelamin dalam NIK berbeda dengan kolom jenis kelamin."),
        }
        is_woman = person["sex"] == Sex.FEMALE if "sex" in person else None
        for found in nik_rules.warnings(nik, birth_date=person.get("birth_date"), is_woman=is_woman):
            yield Problem(
                row.line, self._name("nik"), f"nik-{found.value}", sentences[found], is_warning=True
            )


def check_table(table: Table, *, places: Places, now: datetime, zone: tzinfo) -> Iterator[Checked]:
    """Every row of the list, checked in order. Raises Unreadable."""
    checker = Checker(header=table.header, places=places, now=now, zone=zone)
    for row in table.rows:
        yield checker.check(row)
