"""How does an office get its subdistricts?

The codes are those of the Home Ministry; the statistics office has a list of its own that differs.
In 2017 Karimun had twelve subdistricts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from registry.models import District, Office


@dataclass(frozen=True, slots=True)
class KnownOffice:
    """An office as the Home Ministry lists it: subdistricts by the last two digits of their codes."""

    code: str
    name: str
    province: str
    districts: Mapping[str, str]


KARIMUN = KnownOffice(
    code="21.02",
    name="Karimun",
    province="Kepulauan Riau",
    districts={
        "01": "Moro",
        "02": "Kundur",
        "03": "Karimun",
        "04": "Meral",
        "05": "Tebing",
        "06": "Buru",
        "07": "Kundur Utara",
        "08": "Kundur Barat",
        "09": "Durai",
        "10": "Meral Barat",
        "11": "Ungar",
        "12": "Belat",
        "13": "Selat Gelam",
        "14": "Sugie Besar",
    },
)


def load_office(*, known: KnownOffice = KARIMUN) -> Office:
    """The office with all its subdistricts; what is there already stays as it is. Safe to repeat."""
    with transaction.atomic():
        office, _made = Office.objects.get_or_create(
            code=known.code, defaults={"name": known.name, "province": known.province}
        )
        District.objects.bulk_create(
            [
                District(office=office, code=f"{known.code}.{number}", name=name)
                for number, name in known.districts.items()
            ],
            ignore_conflicts=True,
        )
    return office
