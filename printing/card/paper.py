"""How do words get onto a prepared card quickly?

A reportlab document costs 5–7 ms, nearly all of it for cutting the fonts down and drawing again what
every card shares. So reportlab draws the shared part once: both pages, the artwork as forms, the fonts
with every letter a card may need, and on the front a page content that is thrown away. A card is that
file with its own page content in the gap: 0.1 ms. The content comes last, so the table of offsets
is the same for all cards. (PDF 1.4, §3.4: objects may stand in any order.) And a document that was cut
off on its way to a printer shows no half person: what is missing first are all the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from printing.card import artwork
from printing.card.fonts import BOLD, REGULAR
from printing.card.layout import HEIGHT, WIDTH, Line
from printing.card.wording import LATIN, PLAIN

FRONT, BACK = "front", "back"
LABELS = "abcdefghijklmnopqrstuvwxyz"  # in the labels of the front; values are in capitals
TITLE = "CONTOH / SPECIMEN"

CONTENTS = re.compile(rb"/Contents (\d+) 0 R")
ENTRY = 20  # bytes of an entry of the table of offsets, by the standard


def paper_for(lines: Iterable[Line]) -> Paper:
    """The prepared card that has all letters of these lines."""
    plain = all(line.text.isascii() for line in lines)
    return _paper(PLAIN if plain else PLAIN + LATIN)


@cache
def _paper(letters: str) -> Paper:
    """One for most names, without accents, a quarter smaller; one for all."""
    return Paper(letters=letters + LABELS)


class Paper:
    """A prepared card: a PDF with a gap where the content of the front belongs."""

    def __init__(self, *, letters: str) -> None:
        drawn, self._codes, self._names = _draw(letters)
        self._number, self._before, self._after = _open(drawn)

    def with_words(self, lines: Sequence[Line]) -> bytes:
        """The card with these lines on its front."""
        content = b"\n".join(
            (b"q /FormXob.%s Do Q" % FRONT.encode(), _INK, b"BT", *map(self._show, lines), b"ET")
        )
        head = b"%d 0 obj\n<< /Length %d >>\nstream\n" % (self._number, len(content))
        tail = b"\nendstream\nendobj\n"
        start = len(self._before) + len(head) + len(content) + len(tail)
        return b"".join((self._before, head, content, tail, self._after, b"startxref\n%d\n%%%%EOF\n" % start))

    def _show(self, line: Line) -> bytes:
        """One line as PDF operators. Hexadecimal, because any byte may be the code of a letter."""
        codes, name = line.text.translate(self._codes[line.font]), self._names[line.font]
        return f"{name} {line.size:.1f} Tf 1 0 0 1 {line.x:.2f} {line.y:.2f} Tm <{codes}> Tj".encode()


_INK = b"%.3f %.3f %.3f rg" % artwork.INK.rgb()


def _draw(letters: str) -> tuple[bytes, dict[str, dict[int, str]], dict[str, str]]:
    """The shared document, and for each font the code of every letter and its name in the document."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=True, pageCompression=1)
    canvas.setTitle(TITLE)
    canvas.setCreator(TITLE)
    artwork.waves(canvas)
    for name, paint in ((FRONT, artwork.front), (BACK, artwork.back)):
        canvas.beginForm(name)
        paint(canvas)
        canvas.endForm()
    canvas.doForm(FRONT)
    codes, names = {}, {}
    for font in (REGULAR, BOLD):
        canvas.setFont(font, 1)
        canvas.drawString(0, 0, letters)  # so that reportlab keeps them; this content is thrown away
        face, document = pdfmetrics.getFont(font), canvas._doc
        codes[font] = {ord(letter): _code(face.splitString(letter, document)) for letter in letters}
        names[font] = face.getSubsetInternalName(0, document)
    canvas.showPage()
    canvas.doForm(BACK)
    canvas.showPage()
    canvas.save()
    return file.getvalue(), codes, names


def _code(parts: list[tuple[int, bytes]]) -> str:
    """The code of one letter in hexadecimal; all letters of a card fit into a font's first subset."""
    [(subset, code)] = parts
    if subset != 0 or len(code) != 1:
        raise ValueError("more letters than one subset of a font holds")
    return code.hex()


def _open(drawn: bytes) -> tuple[int, bytes, bytes]:
    """Take the front's content out of a document.

    Returns its object number, all that stands before it, and the table of offsets and trailer that
    follow it, where it begins exactly at the end of what stands before.
    """
    table = int(drawn[drawn.rindex(b"startxref") + 9 :].split()[0])
    offsets = _offsets(drawn, table)
    [front, _back] = (int(number) for number in CONTENTS.findall(drawn))
    ends = dict(zip(offsets.values(), [*list(offsets.values())[1:], table], strict=True))
    before = bytearray(drawn[: min(ends)])
    moved = {}
    for number, offset in offsets.items():
        if number != front:
            moved[number] = len(before)
            before += drawn[offset : ends[offset]]
    moved[front] = len(before)
    entries = b"".join(b"%010d 00000 n \n" % moved[number] for number in sorted(moved))
    trailer = drawn[drawn.index(b"trailer", table) : drawn.rindex(b"startxref")]
    size = len(moved) + 1
    return front, bytes(before), b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, entries, trailer)


def _offsets(drawn: bytes, table: int) -> dict[int, int]:
    """Object number → offset, in the order of the offsets, as the table at the end of a document says."""
    _xref, _first, count = drawn[table:].split(maxsplit=3)[:3]
    start = drawn.index(b"\n", drawn.index(b"\n", table) + 1) + 1
    entries = {n: int(drawn[start + n * ENTRY :][:10]) for n in range(1, int(count))}
    return dict(sorted(entries.items(), key=lambda entry: entry[1]))


rl_config.useA85 = 0  # streams as bytes: the letters-only form makes every card a quarter larger
