"""What do all papers on A4 have in common: letterhead, headings, tables, signatures, page numbers?

The letters are those of the card: Bitstream Vera comes inside reportlab and is embedded, so that a
paper looks the same on every printer and needs nothing from the system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import Any

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from printing.card.fonts import BOLD, REGULAR
from printing.paper import words

WIDTH, HEIGHT = A4
MARGIN = 20 * mm
TEXT_WIDTH = WIDTH - 2 * MARGIN
GAP = 8 * mm  # between the halves of a page
HALF = (TEXT_WIDTH - GAP) / 2
HEAD = 30 * mm  # of the letterhead, on the first page only
FOOT = 12 * mm

INK, QUIET, HAIR = HexColor("#16202a"), HexColor("#5a6672"), HexColor("#c3cad1")
SHADE: Color = HexColor("#eef1f4")

BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9.5, leading=14, textColor=INK, alignment=TA_JUSTIFY)
CELL = ParagraphStyle("cell", fontName=REGULAR, fontSize=8, leading=11, textColor=INK)
CELL_RIGHT = ParagraphStyle("cell-right", parent=CELL, alignment=TA_RIGHT)
CELL_HEAD = ParagraphStyle("cell-head", parent=CELL, fontName=BOLD)
CELL_HEAD_RIGHT = ParagraphStyle("cell-head-right", parent=CELL_HEAD, alignment=TA_RIGHT)
TITLE = ParagraphStyle(
    "title", fontName=BOLD, fontSize=13, leading=17, textColor=INK, alignment=TA_CENTER, spaceBefore=2 * mm
)
NUMBER = ParagraphStyle("number", parent=BODY, alignment=TA_CENTER, textColor=QUIET)
HEADING = ParagraphStyle(
    "heading", fontName=BOLD, fontSize=10, leading=14, textColor=INK, spaceBefore=3 * mm, spaceAfter=1 * mm
)
HEADING_INSET = ParagraphStyle("heading-inset", parent=HEADING, leftIndent=6)
NOTE = ParagraphStyle("note", parent=BODY, fontSize=8, leading=11, textColor=QUIET, spaceBefore=4 * mm)
SIGNER = ParagraphStyle("signer", parent=BODY, alignment=TA_CENTER)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The office whose paper it is: the Home-Affairs code, the regency's name and its province."""

    code: str
    name: str
    province: str

    @property
    def region(self) -> str:
        """``Kabupaten Karimun``."""
        return f"{words.kind_of_region(self.code)} {self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, its share of the width, and whether it holds numbers."""

    heading: str
    share: float
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One place to sign: in which role, and the name below the line where it is known."""

    role: str
    name: str = ""


def sheet(*, issuer: Issuer, title: str, number: str = "", foot: str = "", body: Sequence[Flowable]) -> bytes:
    """A paper of one or more A4 pages. ``foot`` stands at the lower edge of each page."""
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=13 * mm,
        bottomMargin=20 * mm,
        title=title.capitalize(),
        author=f"Dinas Dukcapil {issuer.region}",
        creator="Kantor cetak KTP-el",
        lang="id",
        invariant=True,
    )
    head = [Spacer(1, HEAD - 13 * mm), Paragraph(escape(title), TITLE)]
    if number:
        head.append(Paragraph(f"Nomor: {escape(number)}", NUMBER))
    head.append(Spacer(1, 5 * mm))

    def first_page(canvas: Canvas, _document: Any) -> None:
        _letterhead(canvas, issuer)

    class Numbered(_NumberedCanvas):
        words_below = foot

    document.build([*head, *body], onFirstPage=first_page, canvasmaker=Numbered)
    return file.getvalue()


def paragraph(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """Words of the office or of a person, never read as markup."""
    return Paragraph(escape(text), style)


def heading(text: str, *, above: float = TEXT_WIDTH) -> Paragraph:
    """A heading that stands as far in as the words of a table of this width below it."""
    return Paragraph(escape(text), HEADING if above == TEXT_WIDTH else HEADING_INSET)


def facts(pairs: Sequence[tuple[str, str]]) -> Table:
    """Names and values beside each other, as forms have them."""
    rows = [
        [paragraph(name, CELL), paragraph(":", CELL), paragraph(value, CELL_HEAD)] for name, value in pairs
    ]
    return Table(
        rows,
        colWidths=[0.34 * TEXT_WIDTH, 6 * mm, 0.66 * TEXT_WIDTH - 6 * mm],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 1.5)],
    )


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    total: Sequence[str] | None = None,
    width: float = TEXT_WIDTH,
) -> Table:
    """A ruled table whose headings are repeated on every page; ``total`` is its last, heavier row."""

    def line(cells: Sequence[str], left: ParagraphStyle, right: ParagraphStyle) -> list[Paragraph]:
        styles = [right if column.is_number else left for column in columns]
        return [paragraph(text, style) for text, style in zip(cells, styles, strict=True)]

    body = [line([column.heading for column in columns], CELL_HEAD, CELL_HEAD_RIGHT)]
    body += [line(row, CELL, CELL_RIGHT) for row in rows]
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HAIR),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    if total is not None:
        body.append(line(total, CELL_HEAD, CELL_HEAD_RIGHT))
        style += [("LINEABOVE", (0, -1), (-1, -1), 0.8, INK), ("BACKGROUND", (0, -1), (-1, -1), SHADE)]
    whole = sum(column.share for column in columns)
    widths = [column.share / whole * width for column in columns]
    return Table(body, colWidths=widths, repeatRows=1, style=style)


def beside(left: Sequence[Flowable], right: Sequence[Flowable]) -> Table:
    """Two halves of the page next to each other; tables in them are HALF wide."""
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    style += [("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0)]
    style.append(("BOTTOMPADDING", (0, 0), (-1, -1), 4 * mm))
    return Table([[list(left), "", list(right)]], colWidths=[HALF, GAP, HALF], style=style)


def signatures(*signers: Signature, place_and_day: str = "") -> KeepTogether:
    """Places to sign, two beside each other, never torn from each other by the end of a page."""
    cells = [_signature(signer) for signer in signers]
    rows = [cells[start : start + 2] for start in range(0, len(cells), 2)]
    style: list[Any] = []
    if len(rows[-1]) == 1:  # the odd one, usually the head of the office, stands in the middle
        rows[-1] += [[]]
        style.append(("SPAN", (0, -1), (1, -1)))
    where = [Paragraph(escape(place_and_day), ParagraphStyle("where", parent=BODY, alignment=TA_RIGHT))]
    return KeepTogether(
        [
            Spacer(1, 6 * mm),
            *(where if place_and_day else []),
            Table(rows, colWidths=[TEXT_WIDTH / 2] * 2, style=style),
        ]
    )


def qr(text: str, *, side: float) -> Flowable:
    """The text as a QR code of medium error correction (15 % may be damaged)."""
    return _QR(text, side)


def draw_qr(canvas: Canvas, text: str, *, x: float, y: float, side: float) -> None:
    """The code with its lower left corner at (x, y). The quiet zone is the caller's paper."""
    modules = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    step = side / len(modules)
    path = canvas.beginPath()
    for line, row in enumerate(modules):
        for column, dark in enumerate(row):
            if dark:
                path.rect(x + column * step, y + side - (line + 1) * step, step, step)
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)


class _QR(Flowable):  # type: ignore[misc]
    def __init__(self, text: str, side: float) -> None:
        super().__init__()
        self.text, self.width, self.height = text, side, side

    def draw(self) -> None:
        draw_qr(self.canv, self.text, x=0, y=0, side=self.width)


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """A canvas that knows how many pages there are before it writes the foot of the first."""

    words_below = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for state in self._kept:
            self.__dict__.update(state)
            self._foot(len(self._kept))
            super().showPage()
        super().save()

    def _foot(self, pages: int) -> None:
        self.setFont(REGULAR, 7.5)
        self.setFillColor(QUIET)
        self.drawString(MARGIN, FOOT, self.words_below)
        self.drawRightString(WIDTH - MARGIN, FOOT, f"Halaman {self._pageNumber} dari {pages}")


def _letterhead(canvas: Canvas, issuer: Issuer) -> None:
    top = HEIGHT - 14 * mm
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 10.5)
    canvas.drawCentredString(WIDTH / 2, top, f"PEMERINTAH {issuer.region.upper()}")
    canvas.setFont(BOLD, 13)
    canvas.drawCentredString(WIDTH / 2, top - 6 * mm, "DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL")
    canvas.setFont(REGULAR, 8.5)
    canvas.setFillColor(QUIET)
    canvas.drawCentredString(
        WIDTH / 2, top - 11 * mm, f"Provinsi {issuer.province} · kode wilayah {issuer.code}"
    )
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.6)
    canvas.line(MARGIN, top - 14 * mm, WIDTH - MARGIN, top - 14 * mm)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, top - 14.9 * mm, WIDTH - MARGIN, top - 14.9 * mm)


def _signature(signer: Signature) -> list[Flowable]:
    name = f"( {signer.name} )" if signer.name else "( ............................................ )"
    return [paragraph(signer.role, SIGNER), Spacer(1, 15 * mm), paragraph(name, SIGNER), Spacer(1, 3 * mm)]
