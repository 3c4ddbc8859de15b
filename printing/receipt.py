"""Which number does a resident get to ask after a card, and how is it read back?

80 random bits, so that nobody finds another person's request by trying, in Crockford's base 32: no
letter looks like a digit. The last symbol is Crockford's check (the value modulo 37), which finds
every wrong symbol and every pair that was swapped.
"""

from __future__ import annotations

import secrets

from django.utils.translation import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 80
SYMBOLS = BITS // 5
GROUP = 4  # symbols read out in one breath
CHECK_MODULUS = 37  # a prime above 32
ALIKE = str.maketrans("OIL", "011")
FILLING = " -–—_.\t\u00a0"  # what people and spreadsheets put between the groups


def new_receipt() -> str:
    """A receipt number nobody can guess: ``7ZK3-0M9Q-…-…-C``, 21 characters.

    The check may be one of five signs that are not in the alphabet (``*~$=U``); such numbers are
    not given out, because they cannot be read over a telephone.
    """
    while True:
        value = secrets.randbits(BITS)
        if value % CHECK_MODULUS < len(ALPHABET):
            return _grouped(_symbols(value) + ALPHABET[value % CHECK_MODULUS])


def parse_receipt(text: str) -> str:
    """The receipt number in ``text`` as it was given out. Raises ValueError with a sentence.

    Forgives case, spaces and dashes, and O, I, L for 0, 1, 1.
    """
    symbols = "".join(sign for sign in text.upper() if sign not in FILLING).translate(ALIKE)
    if len(symbols) != SYMBOLS + 1:
        raise ValueError(
            _("Nomor resi terdiri atas %(length)d huruf dan angka; periksa lagi.") % {"length": SYMBOLS + 1}
        )
    if set(symbols) - set(ALPHABET):
        raise ValueError(_("Nomor resi hanya memuat angka dan huruf tanpa U; periksa lagi."))
    value = 0
    for symbol in symbols[:-1]:
        value = value * len(ALPHABET) + ALPHABET.index(symbol)
    if ALPHABET.index(symbols[-1]) != value % CHECK_MODULUS:
        raise ValueError(_("Nomor resi salah ketik; periksa setiap huruf dan angkanya."))
    return _grouped(symbols)


def _symbols(value: int) -> str:
    return "".join(ALPHABET[value >> shift & 31] for shift in range(BITS - 5, -1, -5))


def _grouped(symbols: str) -> str:
    return "-".join(symbols[start : start + GROUP] for start in range(0, len(symbols), GROUP))
