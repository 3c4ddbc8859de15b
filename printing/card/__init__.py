"""What is drawn on a card?

The faces of a CR80 card (85.60 × 53.98 mm, ISO/IEC 7810 ID-1) as a PDF of two pages. The front shows
what an e-KTP shows, the back is our own; both say that they are a specimen. Nothing official is imitated.

The line prints hundreds of cards a second, so what all cards share is drawn once for the whole
process (``artwork``), and a card adds only its words (``wording``, ``layout``) to it (``paper``).
"""

from __future__ import annotations

from printing.card.face import CardFace
from printing.card.layout import lay_out
from printing.card.paper import paper_for

__all__ = ["CardFace", "draw_card"]


def draw_card(*, face: CardFace) -> bytes:
    """Both sides of this card as a PDF; the same face always gives the same bytes.

    Raises ValueError, naming the field and not its content, for a text that no card can show:
    a script that is not Latin, or more words than fit in letters that a person can read.
    """
    lines = lay_out(face=face)
    return paper_for(lines).with_words(lines)
