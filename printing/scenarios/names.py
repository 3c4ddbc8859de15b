"""What are the made-up people called? Parts of names as the peoples of the islands give them.

Only parts stand here; ``people.py`` puts them together. A whole name that belongs to somebody is
chance, and so is every birth date and NIK with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class People:
    """How one people names its children, and what they believe: religion → weight.

    A name is one of ``men`` or ``women``, then mostly one of the parts that follow: ``later`` for
    both, or a family name where the people has them.
    """

    weight: int  # of a hundred residents of Karimun, roughly
    men: tuple[str, ...]
    women: tuple[str, ...]
    later_men: tuple[str, ...]
    later_women: tuple[str, ...]
    families: tuple[str, ...]
    family_first: bool
    religions: Mapping[str, int]


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MALAY = People(
    weight=46,
    men=_parts(
        "Muhammad Ahmad Abdul Raja Zulkifli Syahrul Azman Rusli Hamdan Jamaludin Kamarudin Rosli "
        "Ismail Idris Hasan Husin Bakhtiar Saparudin Zainal Khairul Nasir Mahadi Usman Yahya Razali "
        "Jefri Eddy Herman Said Awang Tengku Burhan Amirudin Marzuki Suhaimi Faisal Rizki Fadli Hafiz "
        "Ridwan Iskandar Junaidi Sulaiman Anuar Basri"
    ),
    women=_parts(
        "Siti Nur Nurul Raja Fatimah Zainab Rohani Rosnah Hasnah Kamariah Norma Maimunah Salmah "
        "Jamilah Halimah Rohana Asmah Ernawati Nurhayati Suryani Yusnita Mariani Aminah Faridah "
        "Hamidah Latifah Nuraini Rahmah Azizah Yuliana Zuraidah Sri Rina Lisa Dewi Mastura Sabariah "
        "Ramlah Khadijah Juliana"
    ),
    later_men=_parts(
        "Rahman Rahim Hamid Aziz Halim Ghani Hidayat Saputra Ramadhan Maulana Fauzi Fikri Alfarizi "
        "Syahputra Effendi Bakar Samad Manaf Talib Zakaria Harun Daud Umar Ali Putra Firmansyah "
        "Kurniawan Arifin"
    ),
    later_women=_parts(
        "Aisyah Hasanah Fitri Hidayah Rahmawati Sari Aini Lestari Janah Zahara Syafitri Amelia Saidah "
        "Huda Asyikin Azura Maharani Safitri Oktavia Khairunnisa Rahayu Salsabila Atikah Ramadhani"
    ),
    families=(),
    family_first=False,
    religions={"Islam": 100},
)

JAVANESE = People(
    weight=18,
    men=_parts(
        "Agus Bambang Slamet Suparman Sugeng Sutrisno Joko Eko Dwi Tri Budi Wahyu Heri Sumarno "
        "Suyatno Paiman Ngatimin Supriyadi Mulyono Teguh Hadi Purwanto Wawan Yanto Sugiyanto Suroso "
        "Sukirman Bagas Dimas Rizal Adi Andi"
    ),
    women=_parts(
        "Sri Siti Suminah Sulastri Wagiyem Endang Tri Dwi Eka Wahyuni Sumarni Ngatiyem Tutik Lilis "
        "Yuni Sulis Retno Rini Puji Ani Ratna Indah Dian Anisa Nur Suparti Sukarti Partini Wiwik Ayu"
    ),
    later_men=_parts(
        "Santoso Prasetyo Wibowo Susilo Setiawan Nugroho Utomo Raharjo Purnomo Widodo Handoko Riyadi "
        "Saputro Cahyono Kurniawan Hartono Pratama Subagyo Haryanto Suwito"
    ),
    later_women=_parts(
        "Lestari Wahyuni Handayani Rahayu Astuti Utami Ningsih Wulandari Kusumawati Setyowati "
        "Purwanti Yulianti Puspitasari Susanti Hidayati Pertiwi Maryani Anggraini"
    ),
    families=(),
    family_first=False,
    religions={"Islam": 95, "Kristen": 3, "Katolik": 2},
)

CHINESE = People(
    weight=13,
    men=_parts(
        "Hendra Hendry Rudy Johan Steven Kevin Jimmy Edy Tony Wandi Suwanto Budiman Andy William "
        "Robin Ricky Alex Kwang Seng Hock Beng Kim Chuan Ah Eng Joni Hartono Sudirman Calvin Vincent "
        "Felix Darwis"
    ),
    women=_parts(
        "Susanti Lina Meilin Yenny Fenny Siu Mei Lan Hui Hoon Ling Vivian Jessica Michelle Linda Evi "
        "Suryati Merry Angela Cindy Novita Stefany Lilyana Kim Eng Swee Yanti Veronika Winnie Selvi"
    ),
    later_men=_parts(
        "Hock Seng Huat Liong Kiat Wijaya Kurniawan Halim Chandra Guan Leong Peng Salim Gunawan Heng"
    ),
    later_women=_parts("Hwa Hong Ngo Lian Choo Kiau Wati Tjin Moi Fong Lee Yin Ing Hua Eng"),
    families=_parts(
        "Tan Lim Ng Ong Goh Lee Teo Koh Chua Ang Tjia Tio Lie Kwee Tjhin Wong Liu Phang Chen Yap"
    ),
    family_first=True,
    religions={"Buddha": 72, "Kristen": 13, "Katolik": 7, "Khonghucu": 7, "Islam": 1},
)

MINANG = People(
    weight=9,
    men=_parts(
        "Afrizal Syafrizal Yusrizal Zulfahmi Hendri Erizal Irwan Yulizar Nofrizal Rahmat Ilham "
        "Bustami Syamsul Ramli Dasril Mawardi Anwar Darmawan Fahmi Arif Yendri Nasrul Masrizal "
        "Rinaldi"
    ),
    women=_parts(
        "Yusnidar Erni Yulfa Rosmawati Desmawati Nelli Gusnita Syafrida Yarnis Elvira Wirda Marlina "
        "Fitriani Mira Rika Lusi Ermawati Zuraida Nurlela Darmayanti Yeni Silvia"
    ),
    later_men=_parts(
        "Chaniago Tanjung Koto Piliang Sikumbang Jambak Putra Hendri Nasution Caniago Malin Sutan"
    ),
    later_women=_parts("Chaniago Tanjung Koto Piliang Sikumbang Jambak Putri Yunita Oktaviani Rahmi Suryani"),
    families=(),
    family_first=False,
    religions={"Islam": 100},
)

BATAK = People(
    weight=8,
    men=_parts(
        "Parlindungan Hotman Jonni Robert Binsar Tumpal Saut Maruli Sahat Togar Jekson Marihot Daniel "
        "Samuel Roy Ferdinan Poltak Bonar Haposan Rinto Lamhot Andreas Jefri Pangihutan"
    ),
    women=_parts(
        "Rosmaida Tiur Lamria Rotua Nurmala Ester Maria Debora Roma Tiurma Herlina Lasma Sarma "
        "Dameria Kristina Romauli Julita Hotmaida Elisabet Renta Nova Yohana"
    ),
    later_men=(),
    later_women=(),
    families=_parts(
        "Simanjuntak Siregar Sitorus Hutapea Nainggolan Manurung Situmorang Sihombing Silaban Purba "
        "Sinaga Saragih Tambunan Panjaitan Lubis Harahap Hasibuan Sianturi Pardede Marpaung Gultom "
        "Butarbutar"
    ),
    family_first=False,
    religions={"Kristen": 74, "Katolik": 12, "Islam": 14},
)

BUGIS = People(
    weight=3,
    men=_parts(
        "Andi Daeng Ambo Baso Hamzah Lukman Muhtar Syarifuddin Arsyad Rustam Jufri Amiruddin Sahabuddin"
    ),
    women=_parts(
        "Andi Besse Hasnawati Nurhaedah Rosdiana Marwah Suriani Sitti Mardiana Jumriah Darmawati Kasmawati"
    ),
    later_men=_parts("Tahir Makmur Mappasessu Rauf Nurdin Akbar Alimuddin Patta Kasim"),
    later_women=_parts("Tenri Ratu Nurdin Kasim Aminah Hamid Akbar"),
    families=(),
    family_first=False,
    religions={"Islam": 100},
)

FLORES = People(
    weight=3,
    men=_parts(
        "Yohanes Petrus Paulus Markus Stefanus Yosef Antonius Fransiskus Benediktus Dominikus "
        "Kornelis Silvester"
    ),
    women=_parts(
        "Maria Yosefina Theresia Agnes Fransiska Yuliana Katarina Bernadeta Kristina Elisabeth "
        "Magdalena Oliva"
    ),
    later_men=(),
    later_women=(),
    families=_parts(
        "Tukan Kleden Fernandez Hayon Kelen Lamanepa Boli Ola Wuwur Hurint Kedang Nuwa Sare Bala"
    ),
    family_first=False,
    religions={"Katolik": 88, "Kristen": 9, "Islam": 3},
)

PEOPLES = (MALAY, JAVANESE, CHINESE, MINANG, BATAK, BUGIS, FLORES)
