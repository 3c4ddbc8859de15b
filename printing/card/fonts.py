"""In which letters is a card set?

Bitstream Vera comes inside reportlab, may be embedded, and needs nothing from the system.
"""

from __future__ import annotations

from itertools import accumulate

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "CardRegular"
BOLD = "CardBold"

_FACES = {REGULAR: TTFont(REGULAR, "Vera.ttf"), BOLD: TTFont(BOLD, "VeraBd.ttf")}
for _face in _FACES.values():
    pdfmetrics.registerFont(_face)


def advances(text: str, *, font: str) -> list[float]:
    """How far the text runs before each of its letters and after the last, in letters of one point."""
    widths = _FACES[font].face.charWidths  # thousandths of a point
    return list(accumulate((widths[ord(letter)] / 1000 for letter in text), initial=0.0))
