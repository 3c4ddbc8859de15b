"""Which words do offices write for sex, religion and the like?

Compared without case, spaces and signs. The English words are those of our own column names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from printing.models.request import CardReason
from registry.models.resident import BloodType, Citizenship, MaritalStatus, Religion, Sex

Words = Mapping[str, str]


def plain(text: str) -> str:
    """The word without case, spaces and signs, as it is looked up."""
    return re.sub(r"[\W_]+", "", text.lower())


def _words(values: Iterable[str], more: Mapping[str, str]) -> Words:
    own = {plain(value): value for value in values}
    extra = {plain(text): value for value, texts in more.items() for text in texts.split(",")}
    return own | extra


SEX = _words(
    Sex.values, {Sex.MALE: "laki-laki,laki,lk,pria,male,m", Sex.FEMALE: "perempuan,pr,wanita,female,f"}
)
RELIGION = _words(
    Religion.values,
    {
        Religion.ISLAM: "moslem,muslim",
        Religion.PROTESTANT: "protestan,kristen protestan,protestant,christian",
        Religion.CATHOLIC: "katholik,kristen katolik,catholic",
        Religion.BUDDHIST: "budha,buddhist",
        Religion.CONFUCIAN: "konghucu,kong hu cu,confucian",
        Religion.BELIEF: "kepercayaan terhadap tuhan yme,penghayat kepercayaan,belief",
    },
)
MARITAL_STATUS = _words(
    MaritalStatus.values,
    {
        MaritalStatus.SINGLE: "belum menikah,single",
        MaritalStatus.MARRIED: "menikah,married,kawin tercatat,kawin belum tercatat",
        MaritalStatus.DIVORCED: "divorced",
        MaritalStatus.WIDOWED: "widowed",
    },
)
CITIZENSHIP = _words(
    Citizenship.values,
    {Citizenship.INDONESIAN: "indonesia,indonesian", Citizenship.FOREIGN: "asing,foreign,foreigner"},
)
BLOOD_TYPE = {
    **_words((value for value in BloodType.values if value != BloodType.UNKNOWN), {}),
    **dict.fromkeys(("", "tidaktahu", "unknown", "tdktahu"), str(BloodType.UNKNOWN)),
}
REASON = _words(
    CardReason.values,
    {
        CardReason.NEW: "baru,kartu baru,perekaman baru,pemula",
        CardReason.LOST: "hilang,kehilangan",
        CardReason.DAMAGED: "rusak,kartu rusak",
        CardReason.DATA_CHANGE: "perubahan data,ubah data",
        CardReason.MOVED: "pindah,pindah datang,kedatangan",
    },
)
