"""What is a NIK, and does this one follow the rules?

A NIK has 16 digits: 6 for the region of first registration, DDMMYY (women DD + 40), 4 serial
(Law 24/2013, article 13; Government Regulation 40/2019). It is given once and never again, so
a region that has since split, or a birth date that was corrected, are warnings and not errors.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LENGTH = 16
WOMAN = 40  # added to the day of birth in a woman's NIK
LEAP_CENTURY = 2000  # YY has no century: 29 February is judged in the century that has one in YY = 00


class NikError(StrEnum):
    """Rules a NIK may break; the value is the rule's stable name."""

    LENGTH = "length"
    DIGITS = "digits"
    DAY = "day"
    DATE = "date"
    SERIAL = "serial"


class NikWarning(StrEnum):
    """What is odd about a NIK but happens in real life."""

    REGION = "region"
    BIRTH_DATE = "birth-date"
    SEX = "sex"


class InvalidNik(ValueError):
    """The text is not a NIK. ``rule`` says why; the text itself is never repeated."""

    def __init__(self, rule: NikError) -> None:
        super().__init__(rule.value)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Nik:
    """A NIK that follows the rules, taken apart."""

    digits: str

    def __repr__(self) -> str:
        return f"Nik({self.masked})"

    @property
    def region(self) -> str:
        """Province, regency and subdistrict of first registration: ``21.02.03``."""
        return f"{self.digits[:2]}.{self.digits[2:4]}.{self.digits[4:6]}"

    @property
    def is_woman(self) -> bool:
        """True when the day carries the 40 of a woman's NIK."""
        return int(self.digits[6:8]) > WOMAN

    @property
    def birth_day_month_year(self) -> tuple[int, int, int]:
        """Day, month and the two digits of the year."""
        day = int(self.digits[6:8])
        return (day - WOMAN if day > WOMAN else day, int(self.digits[8:10]), int(self.digits[10:12]))

    @property
    def masked(self) -> str:
        """The only form that may be shown: ``2102••••••••0001``."""
        return mask(self.digits)


def parse(text: str) -> Nik:
    """The NIK in ``text``; spaces, dots and dashes between the digits are forgiven.

    Raises InvalidNik with the first rule that is broken.
    """
    digits = "".join(c for c in text if c not in " .-\u00a0")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidNik(NikError.DIGITS)
    if len(digits) != LENGTH:
        raise InvalidNik(NikError.LENGTH)
    nik = Nik(digits)
    day, month, year = nik.birth_day_month_year
    if not (1 <= day <= 31):
        raise InvalidNik(NikError.DAY)
    try:
        date(LEAP_CENTURY + year, month, day)
    except ValueError:
        raise InvalidNik(NikError.DATE) from None
    if digits[12:] == "0000":
        raise InvalidNik(NikError.SERIAL)
    return nik


def warnings(
    nik: Nik, *, birth_date: date | None = None, is_woman: bool | None = None, regions: Container[str] = ()
) -> list[NikWarning]:
    """What does not fit what else is known. ``regions``: known codes of six digits with dots."""
    found = []
    if regions and nik.region not in regions:
        found.append(NikWarning.REGION)
    if birth_date and nik.birth_day_month_year != (
        birth_date.day,
        birth_date.month,
        birth_date.year % 100,
    ):
        found.append(NikWarning.BIRTH_DATE)
    if is_woman is not None and nik.is_woman != is_woman:
        found.append(NikWarning.SEX)
    return found


def mask(digits: str) -> str:
    """First four and last four digits; the rest hidden."""
    return f"{digits[:4]}{'•' * 8}{digits[-4:]}"
