"""How is a text spelled in the letters that the card's font has?"""

from __future__ import annotations

import re
import unicodedata

# Capitals and signs of Bitstream Vera, the font that comes with reportlab and needs no system font.
PLAIN = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`{|}~"
LATIN = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĆČĞİŁŒŞŠŸŽ§ª°º·"

# Signs that people type in several ways and mean as one.
MEANT = str.maketrans(
    dict.fromkeys("‘’‛ʼʻʹʾʿ`´＇", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("‐‑‒–—−", "-")
    | {"…": "...", "Đ": "Ð", "đ": "Ð"}  # the font's own Đ is an empty box; its Ð is drawn the same
)
GAPS = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]+")  # blanks, and marks that nobody sees
PRINTABLE = frozenset(PLAIN + LATIN)


class Unprintable(ValueError):
    """The card cannot show this text; the message names the field, never its content."""


def spell(text: str, *, field: str) -> str:
    """The text in capitals that the font has, blanks made single.

    A letter whose accent the font lacks is drawn without it (ḥ → H), as the registry spells names;
    a letter that is not Latin at all is an error. Raises Unprintable.
    """
    text = GAPS.sub(" ", unicodedata.normalize("NFC", text).translate(MEANT)).strip().upper()
    if PRINTABLE.issuperset(text):
        return text
    return "".join(_letter(letter, field=field) for letter in text)


def _letter(letter: str, *, field: str) -> str:
    if letter in PRINTABLE:
        return letter
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)
    ).upper()
    if not PRINTABLE.issuperset(bare):
        raise Unprintable(f"{field}: not a Latin letter")
    return bare
