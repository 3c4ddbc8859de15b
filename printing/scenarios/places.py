"""Where do the made-up people live, and where were they born?

The subdistricts and most villages of Karimun are real; who lives in them here is not. The codes of
places of birth are those of the Home Ministry: a NIK begins with the region of first registration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subdistrict:
    """``parent``: the subdistrict it was part of before it was split off; older NIKs still say so."""

    number: str
    name: str
    weight: int  # of a thousand residents, roughly
    villages: tuple[str, ...]
    town: str  # as birth certificates of its people say
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where those came from who moved to the islands."""

    region: str  # six digits without dots
    town: str
    weight: int


TOWN, KUNDUR_TOWN = "Tanjung Balai Karimun", "Tanjung Batu"

SUBDISTRICTS = (
    Subdistrict(
        "03",
        "Karimun",
        200,
        (
            "Tanjung Balai",
            "Tanjung Balai Kota",
            "Teluk Air",
            "Lubuk Semut",
            "Sungai Lakam Barat",
            "Sungai Lakam Timur",
        ),
        TOWN,
    ),
    Subdistrict(
        "04",
        "Meral",
        190,
        ("Meral Kota", "Baran Barat", "Baran Timur", "Sungai Raya", "Sungai Pasir", "Parit Benut"),
        "Meral",
    ),
    Subdistrict(
        "05", "Tebing", 130, ("Tebing", "Kapling", "Harjosari", "Pamak", "Teluk Uma", "Pongkar"), TOWN
    ),
    Subdistrict(
        "02",
        "Kundur",
        120,
        ("Tanjung Batu Kota", "Tanjung Batu Barat", "Sungai Ungar", "Gading Sari", "Lubuk", "Sungai Sebesi"),
        KUNDUR_TOWN,
    ),
    Subdistrict(
        "08",
        "Kundur Barat",
        75,
        ("Sawang", "Sawang Selatan", "Sawang Laut", "Kundur", "Gemuruh"),
        "Sawang",
        "02",
    ),
    Subdistrict(
        "10",
        "Meral Barat",
        70,
        ("Pangke", "Pangke Barat", "Darussalam", "Pasir Panjang"),
        "Meral",
        "04",
    ),
    Subdistrict(
        "07",
        "Kundur Utara",
        55,
        (
            "Tanjung Berlian Kota",
            "Tanjung Berlian Barat",
            "Perayun",
            "Sungai Ungar Utara",
            "Teluk Radang",
        ),
        "Tanjung Berlian",
        "02",
    ),
    Subdistrict("01", "Moro", 55, ("Moro", "Moro Timur", "Pauh", "Jang", "Pulau Moro"), "Moro"),
    Subdistrict(
        "06", "Buru", 40, ("Buru", "Lubuk Puding", "Tanjung Hutan", "Tanjung Batu Kecil"), "Buru", "03"
    ),
    Subdistrict(
        "12", "Belat", 28, ("Sebele", "Lebuh", "Penarah", "Degong", "Tebias", "Sungai Asam"), "Belat", "07"
    ),
    Subdistrict("11", "Ungar", 26, ("Alai", "Batu Limau", "Ngal", "Sungai Buluh"), "Alai", "02"),
    Subdistrict("09", "Durai", 25, ("Telaga Tujuh", "Sanglar", "Semembang", "Tanjung Kilang"), "Durai", "01"),
    Subdistrict(
        "14", "Sugie Besar", 25, ("Sugie", "Keban", "Rawa Jaya", "Buluh Patah", "Selat Mie"), "Moro", "01"
    ),
    Subdistrict("13", "Selat Gelam", 20, ("Parit", "Tulang", "Selat Mendaun"), TOWN, "03"),
)

ORIGINS = (
    Origin("217102", "Batam", 30),
    Origin("217203", "Tanjung Pinang", 18),
    Origin("210107", "Kijang", 6),
    Origin("210401", "Dabo Singkep", 9),
    Origin("147101", "Pekanbaru", 14),
    Origin("140301", "Bengkalis", 10),
    Origin("141001", "Selat Panjang", 12),
    Origin("140401", "Tembilahan", 10),
    Origin("127101", "Medan", 16),
    Origin("120201", "Tarutung", 8),
    Origin("137101", "Padang", 12),
    Origin("137501", "Bukittinggi", 6),
    Origin("150101", "Kerinci", 4),
    Origin("167101", "Palembang", 7),
    Origin("317501", "Jakarta", 7),
    Origin("337401", "Semarang", 8),
    Origin("331201", "Wonogiri", 7),
    Origin("350601", "Kediri", 6),
    Origin("357801", "Surabaya", 6),
    Origin("737101", "Makassar", 5),
    Origin("530601", "Larantuka", 5),
)

STREETS = (
    "Jl. Ahmad Yani",
    "Jl. Pelabuhan",
    "Jl. Nusantara",
    "Jl. Trikora",
    "Jl. Teuku Umar",
    "Jl. Pramuka",
    "Jl. Setia Budi",
    "Jl. Pertambangan",
    "Jl. Kampung Baru",
    "Jl. Hang Tuah",
    "Jl. Hang Jebat",
    "Jl. Raja Oesman",
    "Jl. Sudirman",
    "Jl. Haji Arab",
    "Jl. Pendidikan",
    "Jl. Pantai",
    "Jl. Masjid",
    "Jl. Poros",
    "Jl. Batu Lipai",
    "Jl. Telaga Mas",
)
HAMLETS = (
    "Kp. Tengah",
    "Kp. Baru",
    "Kp. Suka Maju",
    "Kp. Bukit",
    "Kp. Pasir",
    "Kp. Nelayan",
    "Kp. Harapan",
    "Kp. Hilir",
    "Kp. Ambat",
    "Parit Lapis",
    "Parit Tegak",
    "Teluk Setimbul",
    "Sei Bati",
    "Bukit Senang",
    "Puakang",
    "Perum. Bukit Tembak",
    "Perum. Villa Meral",
)
