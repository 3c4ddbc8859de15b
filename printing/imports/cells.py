"""What does one cell say: a text, a date, a number of a neighbourhood?

Each reader returns the value or raises BadCell with the rule and a sentence. A cell arrives as text
from CSV, and as text, number, date or nothing from XLSX.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel

from registry import nik as nik_rules
from registry.nik import InvalidNik, Nik, NikError

SIMPLE = (int, float, date, time, timedelta, type(None))  # what a workbook's cells hold beside text
EXCEL_DAYS = (1, 73050)  # serial numbers of 1900-01-01 to 2099-12-31
DATE_FORMATS = {
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"): (1, 2, 3),
    re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"): (3, 2, 1),  # Indonesian: the day comes first
}
TEXT_MARK = re.compile(r'="([^"]*)"')  # how some programs keep Excel from making a number of a text
# What a cell shows when Excel could not work its formula out.
EXCEL_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?")


FAMILY_CARD_DIGITS = 16


class BadCell(Exception):
    """The cell breaks a rule; the text is a sentence that does not repeat the cell."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


def settled(cell: object) -> object:
    """The cell, unless a spreadsheet has yet to work it out: what it would say is not ours to guess."""
    if isinstance(cell, str):
        text = cell.strip().removeprefix("'")
        if text.startswith("=") and not TEXT_MARK.fullmatch(text):
            raise BadCell("formula", _("Sel ini berisi rumus; salin lalu tempel sebagai nilai."))
        if text in EXCEL_ERRORS:
            raise BadCell("excel-error", _("Sel ini berisi kesalahan rumus Excel; isi nilainya."))
    elif not isinstance(cell, SIMPLE):
        raise BadCell("formula", _("Sel ini berisi rumus; salin lalu tempel sebagai nilai."))
    return cell


def text_of(cell: object) -> str:
    """The cell as text: whole numbers without ``.0``, white space squeezed, Excel's text marks gone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = " ".join(str(cell).split())
    mark = TEXT_MARK.fullmatch(text)
    return (mark[1] if mark else text).removeprefix("'")


def required_text(cell: object, *, most: int) -> str:
    """A text of 1 to ``most`` characters."""
    text = text_of(cell)
    if not text:
        raise BadCell("required", _("Isi sel ini; kolom ini wajib."))
    if len(text) > most:
        raise BadCell(
            "too-long",
            _("Terlalu panjang: %(length)d huruf; paling banyak %(most)d.")
            % {"length": len(text), "most": most},
        )
    if not text.isprintable():
        raise BadCell("characters", _("Ada tanda yang tidak dapat dicetak pada kartu."))
    return text


def word(cell: object, *, words: Mapping[str, str], plain: str, allowed: str) -> str:
    """The value that this word stands for. ``plain``: the word as it is looked up."""
    value = words.get(plain)
    if value is not None:
        return value
    if not text_of(cell):
        raise BadCell("required", _("Isi sel ini; kolom ini wajib."))
    raise BadCell(
        "unknown-word", _("Isian tidak dikenal; pilih salah satu: %(allowed)s.") % {"allowed": allowed}
    )


def neighbourhood(cell: object) -> str:
    """A number of an RT or RW, three digits; zeros that Excel dropped are put back."""
    text = text_of(cell)
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise BadCell("neighbourhood", _("RT dan RW adalah angka, paling banyak tiga."))
    return text.zfill(3)


def nik(cell: object) -> Nik:
    """The NIK. What Excel has damaged is said, never guessed."""
    text = text_of(cell)
    if not text:
        raise BadCell("required", _("Isi sel ini; kolom ini wajib."))
    if isinstance(cell, int | float) or re.fullmatch(r"\d[.,]?\d*[eE]\+?\d+", text):
        raise BadCell(
            "nik-number",
            _(
                "Excel menyimpan NIK ini sebagai angka sehingga angka terakhirnya bisa hilang; "
                "ubah kolom NIK menjadi Teks, lalu isi lagi dari berkas asal."
            ),
        )
    try:
        return nik_rules.parse(text)
    except InvalidNik as error:
        raise BadCell(*_nik_sentence(error.rule, text)) from None


def family_card(cell: object) -> str | None:
    """The number of a family card, 16 digits; nothing is nothing. Raises BadCell."""
    if isinstance(cell, float):
        raise BadCell("family-card", _("Nomor KK tersimpan sebagai bilangan; ubah kolomnya menjadi teks."))
    digits = "".join(sign for sign in text_of(cell) if sign not in " .-")
    if not digits:
        return None
    if len(digits) != FAMILY_CARD_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise BadCell("family-card", _("Nomor KK terdiri atas 16 angka."))
    return digits


def _nik_sentence(rule: NikError, text: str) -> tuple[str, str]:
    digits = sum(sign.isdigit() for sign in text)
    if rule is NikError.LENGTH and digits < nik_rules.LENGTH:
        return "nik-shortened", _(
            "NIK hanya %(digits)d angka, seharusnya 16; angka nol mungkin dihapus Excel. "
            "Isi lagi lengkap dari berkas asal."
        ) % {"digits": digits}
    sentences = {
        NikError.LENGTH: _("NIK berisi %(digits)d angka, seharusnya 16.") % {"digits": digits},
        NikError.DIGITS: _("NIK hanya boleh berisi angka."),
        NikError.DAY: _("Angka ke-7 dan ke-8 NIK bukan tanggal: 01–31, atau 41–71 untuk perempuan."),
        NikError.DATE: _("Angka ke-7 sampai ke-12 NIK bukan tanggal yang ada."),
        NikError.SERIAL: _("Empat angka terakhir NIK tidak boleh 0000."),
    }
    return f"nik-{rule.value}", sentences[rule]


def moment(cell: object, *, zone: tzinfo) -> datetime:
    """A date, perhaps with a time of day, in the office's time zone."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=cell.tzinfo or zone)
    if isinstance(cell, date):
        return datetime.combine(cell, time(), tzinfo=zone)
    text = text_of(cell)
    if not text:
        raise BadCell("required", _("Isi sel ini; kolom ini wajib."))
    if re.fullmatch(r"\d{1,5}([.,]\d+)?", text):
        return _excel_moment(float(text.replace(",", ".")), zone=zone)
    with_offset = _iso_with_offset(text)
    if with_offset:
        return with_offset
    day_text, _space, clock_text = text.replace("T", " ").partition(" ")
    return datetime.combine(_day(day_text), _clock(clock_text), tzinfo=zone)


def day(cell: object, *, zone: tzinfo) -> date:
    """A date; a time of day beside it is dropped."""
    return moment(cell, zone=zone).date()


def _day(text: str) -> date:
    for pattern, (year, month, day_) in DATE_FORMATS.items():
        match = pattern.fullmatch(text)
        if match:
            try:
                return date(int(match[year]), int(match[month]), int(match[day_]))
            except ValueError:
                raise BadCell("date", _("Tanggal ini tidak ada di kalender.")) from None
    raise BadCell("date-format", _("Tulis tanggal sebagai 28-11-2017 atau 2017-11-28."))


def _clock(text: str) -> time:
    if not text:
        return time()
    match = CLOCK.fullmatch(text)
    try:
        if match:
            return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        pass
    raise BadCell("clock", _("Tulis jam sebagai 08:30 atau 08:30:00."))


def _iso_with_offset(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _excel_moment(serial: float, *, zone: tzinfo) -> datetime:
    first, last = EXCEL_DAYS
    if not first <= serial <= last:
        raise BadCell("date-format", _("Tulis tanggal sebagai 28-11-2017 atau 2017-11-28."))
    parsed = from_excel(serial)
    if isinstance(parsed, datetime):
        return parsed.replace(tzinfo=zone)
    raise BadCell("date-format", _("Tulis tanggal sebagai 28-11-2017 atau 2017-11-28."))
