"""How does the office write numbers and dates on paper?

Minutes say a number twice, in figures and in words, so that nobody adds a digit later. The words are
built here and not by a translation: a paper is Indonesian.
"""

from __future__ import annotations

from datetime import date, datetime

ONES = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
SCALES = ((10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"), (10, "puluh"))
MOST = 10**12  # above it nobody counts cards

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
CITIES_FROM = 71  # in the Home-Affairs codes, regencies are numbered from 01 and cities from 71


def in_words(number: int) -> str:
    """``8000`` → ``delapan ribu``. Raises ValueError below zero and from a million million on."""
    if not 0 <= number < MOST:
        raise ValueError(number)
    if number < len(ONES):
        return ONES[number]
    if 11 < number < 20:
        return f"{ONES[number - 10]} belas"
    if number == 11:
        return "sebelas"
    size, name = next(scale for scale in SCALES if number >= scale[0])
    many, rest = divmod(number, size)
    head = f"se{name}" if many == 1 and size <= 1000 else f"{in_words(many)} {name}"
    return f"{head} {in_words(rest)}" if rest else head


def figures(number: int) -> str:
    """``13000`` → ``13.000``."""
    return f"{number:,}".replace(",", ".")


def day(value: date) -> str:
    """``28 November 2017``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def weekday(value: date) -> str:
    """``Selasa``."""
    return DAYS[value.weekday()]


def month(value: date) -> str:
    """``November 2017``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def day_in_words(value: date) -> str:
    """``Selasa tanggal dua puluh delapan bulan November tahun dua ribu tujuh belas``, as minutes begin."""
    return (
        f"{weekday(value)} tanggal {in_words(value.day)} bulan {MONTHS[value.month - 1]} "
        f"tahun {in_words(value.year)}"
    )


def moment(value: datetime) -> str:
    """``28 November 2017 10.05``; the caller has brought it into the office's zone."""
    return f"{day(value)} {value:%H.%M}"


def kind_of_region(code: str) -> str:
    """What the region of an office under this code is called: ``Kabupaten`` or ``Kota``."""
    return "Kota" if int(code.split(".")[1]) >= CITIES_FROM else "Kabupaten"
