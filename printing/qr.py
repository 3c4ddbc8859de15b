"""How does a number look to a camera?"""

from __future__ import annotations

import segno

MASK = 2  # any of the eight can be read; choosing the prettiest takes three quarters of the time
BORDER = 4  # modules of quiet zone (ISO/IEC 18004)


def qr_svg(text: str) -> str:
    """A QR code as one SVG element without a size of its own: it fills where it is put."""
    drawn: str = segno.make(text, error="m", micro=False, mask=MASK).svg_inline(border=BORDER, omitsize=True)
    return drawn
