"""In which letters is a card set?

Bitstream Vera comes inside reportlab, may be embedded, and needs nothing from the system.
"""

from __future__ import annotations

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "CardRegular"
BOLD = "CardBold"

_FACES = {REGULAR: TTFont(REGULAR, "Vera.ttf"), BOLD: TTFont(BOLD, "VeraBd.ttf")}
for _face in _FACES.values():
    pdfmetrics.registerFont(_face)


def width(text: str, *, font: str, size: float) -> float:
    """How wide the text runs, in points."""
    return float(_FACES[font].stringWidth(text, size))
