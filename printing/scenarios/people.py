"""Who are the made-up people of Karimun?

The same seed gives the same people, on every machine. NIK, birth date, sex and birth place fit each
other; no two people share a NIK, and none ends in a serial by which the simulated centre is told
what to do (9001 and above).
"""

from __future__ import annotations

import calendar
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from printing.scenarios.names import PEOPLES, People
from printing.scenarios.places import HAMLETS, ORIGINS, STREETS, SUBDISTRICTS, Subdistrict
from registry.nik import WOMAN

OFFICE = "2102"  # Karimun, without the dot
SEED = 2017
ZONE = ZoneInfo("Asia/Jakarta")
OPENS, CLOSES = time(8, 0), time(15, 30)  # of the recording desks
ADULT = 17  # years: the age of the first card (Law 24/2013, article 63)
FROM_ELSEWHERE = 0.17  # share of residents who were first registered in another regency
HIGHEST_SERIAL = 8999  # the simulator's own begin at 9001

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One row of a list, with the values as an office writes them."""

    nik: str
    name: str
    birth_place: str
    birth_date: date
    sex: str
    address: str
    rt: str
    rw: str
    village: str
    district: str
    religion: str
    marital_status: str
    occupation: str
    citizenship: str
    blood_type: str
    recorded_at: datetime


def people(
    count: int,
    *,
    seed: int = SEED,
    first: date = date(2016, 2, 1),
    last: date = date(2017, 9, 29),
    taken: Mapping[str, int] | None = None,
) -> list[Person]:
    """``count`` made-up people, recorded on weekdays from ``first`` to ``last``, in that order.

    ``taken``: serials that were given out already, as ``serials_of`` tells.
    """
    maker = _Maker(random.Random(seed), Counter(taken or {}))  # noqa: S311  (it makes people up, not keys)
    return [maker.person(recorded_at) for recorded_at in maker.recordings(count, first, last)]


def serials_of(those: Sequence[Person]) -> dict[str, int]:
    """The highest serial that each beginning of a NIK (12 digits) has."""
    highest: dict[str, int] = {}
    for person in those:
        start, serial = person.nik[:12], int(person.nik[12:])
        highest[start] = max(serial, highest.get(start, 0))
    return highest


class _Maker:
    """Draws everything about a person from one source of chance."""

    def __init__(self, chance: random.Random, serials: Counter[str]) -> None:
        self.chance = chance
        self.serials = serials

    # --- When ---------------------------------------------------------------------------------

    def recordings(self, count: int, first: date, last: date) -> list[datetime]:
        """Moments at the recording desks, in order."""
        days = list(_weekdays(first, last))
        open_minutes = (CLOSES.hour - OPENS.hour) * 60 + CLOSES.minute - OPENS.minute
        moments = [
            datetime.combine(self.chance.choice(days), OPENS, ZONE)
            + timedelta(minutes=self.chance.randrange(open_minutes))
            for _number in range(count)
        ]
        return sorted(moments)

    def birth_date(self, recorded_on: date) -> date:
        """Half of those who wait have just turned 17; the others are of every age."""
        years = (
            ADULT + self.chance.randrange(3)
            if self.chance.random() < 0.45
            else int(self.chance.triangular(20, 82, 33))
        )
        year = recorded_on.year - years - 1
        month = self.chance.randint(1, 12)
        return date(year, month, self.chance.randint(1, calendar.monthrange(year, month)[1]))

    # --- Who ----------------------------------------------------------------------------------

    def person(self, recorded_at: datetime) -> Person:
        """Somebody recorded at this moment."""
        chance = self.chance
        born = self.birth_date(recorded_at.date())
        age = recorded_at.year - born.year
        is_woman = chance.random() < 0.49
        home = _drawn(chance, SUBDISTRICTS)
        kin = _drawn(chance, PEOPLES)
        region, birth_place = self.origin(home, born)
        marital_status = self.marital_status(age)
        return Person(
            nik=self.nik(region, born, is_woman=is_woman),
            name=self.name(kin, is_woman=is_woman),
            birth_place=birth_place,
            birth_date=born,
            sex="P" if is_woman else "L",
            address=self.address(home),
            rt=f"{chance.randint(1, 6):03}",
            rw=f"{chance.randint(1, 8):03}",
            village=chance.choice(home.villages),
            district=home.name,
            religion=self.weighted(kin.religions),
            marital_status=marital_status,
            occupation=self.occupation(age, is_woman=is_woman, is_married=marital_status == "Kawin"),
            citizenship="WNI",
            blood_type=self.weighted({"-": 60, "O": 16, "A": 10, "B": 11, "AB": 3}),
            recorded_at=recorded_at,
        )

    def name(self, kin: People, *, is_woman: bool) -> str:
        """First and further parts; a family name where the people has them."""
        chance = self.chance
        first = chance.choice(kin.women if is_woman else kin.men)
        later = kin.later_women if is_woman else kin.later_men
        parts = [first]
        if later and chance.random() < 0.85:
            parts.append(chance.choice(later))
        if later and chance.random() < 0.18:
            parts.append(chance.choice(later))
        if kin.families and (not later or chance.random() < 0.6):
            parts.insert(0 if kin.family_first else len(parts), chance.choice(kin.families))
        return " ".join(dict.fromkeys(parts))

    def nik(self, region: str, born: date, *, is_woman: bool) -> str:
        """The next free NIK of this region and day."""
        day = born.day + (WOMAN if is_woman else 0)
        start = f"{region}{day:02}{born.month:02}{born.year % 100:02}"
        self.serials[start] += self.chance.choice((1, 1, 1, 2, 3))
        if self.serials[start] > HIGHEST_SERIAL:
            raise ValueError("more people than this many cannot be made up")
        return f"{start}{self.serials[start]:04}"

    def origin(self, home: Subdistrict, born: date) -> tuple[str, str]:
        """Region of first registration (six digits) and birth place."""
        if self.chance.random() < FROM_ELSEWHERE:
            elsewhere = _drawn(self.chance, ORIGINS)
            return elsewhere.region, elsewhere.town
        number = home.parent if home.parent and born.year < 1996 else home.number
        return f"{OFFICE}{number}", home.town

    def address(self, home: Subdistrict) -> str:
        """A street with a number, or a hamlet."""
        if self.chance.random() < home.weight / 260:
            return f"{self.chance.choice(STREETS)} No. {self.chance.randint(1, 180)}"
        return self.chance.choice(HAMLETS)

    def marital_status(self, age: int) -> str:
        """Mostly single before 20, mostly married after 30."""
        if age < 20:
            return self.weighted({"Belum Kawin": 97, "Kawin": 3})
        if age < 30:
            return self.weighted({"Belum Kawin": 48, "Kawin": 50, "Cerai Hidup": 2})
        return self.weighted({"Belum Kawin": 7, "Kawin": 80, "Cerai Hidup": 5, "Cerai Mati": age // 8})

    def occupation(self, age: int, *, is_woman: bool, is_married: bool) -> str:
        """What people on the islands do."""
        if age < 21:
            return self.weighted({"Pelajar/Mahasiswa": 82, "Belum/Tidak Bekerja": 12, "Karyawan Swasta": 6})
        if age > 66:
            return self.weighted(
                {"Pensiunan": 20, "Wiraswasta": 20, "Belum/Tidak Bekerja": 40, "Petani/Pekebun": 20}
            )
        if is_woman and is_married and self.chance.random() < 0.6:
            return "Mengurus Rumah Tangga"
        return self.weighted(WOMENS_WORK if is_woman else MENS_WORK)

    def weighted(self, weights: Mapping[str, int]) -> str:
        """One of the keys."""
        return self.chance.choices(tuple(weights), tuple(weights.values()))[0]


MENS_WORK = {
    "Karyawan Swasta": 28,
    "Nelayan/Perikanan": 20,
    "Buruh Harian Lepas": 17,
    "Wiraswasta": 16,
    "Petani/Pekebun": 8,
    "Pegawai Negeri Sipil": 4,
    "Pelaut": 4,
    "Guru": 2,
    "Karyawan Honorer": 1,
}
WOMENS_WORK = {
    "Karyawan Swasta": 36,
    "Wiraswasta": 20,
    "Belum/Tidak Bekerja": 16,
    "Guru": 10,
    "Pegawai Negeri Sipil": 6,
    "Buruh Harian Lepas": 5,
    "Perawat": 4,
    "Bidan": 3,
}


def _drawn(chance: random.Random, choices: Sequence[Choice]) -> Choice:
    """One of ``choices``, by its weight."""
    return chance.choices(choices, [choice.weight for choice in choices])[0]  # type: ignore[attr-defined]


def _weekdays(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() < 5:
            yield day
