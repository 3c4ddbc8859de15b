"""What stands on every card, whoever it is for?

Our own drawing: waves, for a regency of islands. No emblem, no seal, no official artwork, and on
both sides the words that this is a specimen.
"""

from __future__ import annotations

from reportlab.lib.colors import Color, HexColor, white
from reportlab.pdfgen.canvas import Canvas

from printing.card.fonts import BOLD, REGULAR
from printing.card.layout import HEIGHT, MARGIN, MM, PHOTO_LEFT, PHOTO_WIDTH, WIDTH

INK = HexColor("#17323f")
PAPER, WAVES = HexColor("#eef6f5"), HexColor("#d5e8e6")
SEA, SURF = HexColor("#1f5f6b"), HexColor("#2f7480")
WARNING, WATERMARK = HexColor("#b3261e"), HexColor("#efd9d4")
SHADE, FIGURE = HexColor("#dfe7ea"), HexColor("#a9bac2")

BAND = 3.6 * MM  # the red strip along the lower edge
SCALE = 4.6 * MM  # of the waves: the radius of one
RINGS = 4

NOTES = (
    "Kartu ini hasil uji cetak perangkat lunak.",
    "Bukan Kartu Tanda Penduduk, bukan bukti diri,",
    "dan tidak berlaku untuk keperluan apa pun.",
)
INKS = ("#f4c20d", "#c2185b", "#0a8fc7", "#17323f")  # one field per panel of a colour ribbon


def front(canvas: Canvas) -> None:
    """Background, watermark, photo and signature boxes."""
    _background(canvas, paper=PAPER, line=WAVES)
    _watermark(canvas)
    _photo(canvas)
    _signature(canvas)
    _band(canvas)


def back(canvas: Canvas) -> None:
    """A darker sea, what this card is not, and a strip to judge the ribbon by."""
    _background(canvas, paper=SEA, line=SURF)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 27)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 17.5 * MM, "CONTOH")
    canvas.setFont(REGULAR, 10)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 23 * MM, "SPECIMEN")
    canvas.setFont(REGULAR, 6.2)
    for n, note in enumerate(NOTES):
        canvas.drawCentredString(WIDTH / 2, HEIGHT - (29.5 + 3.1 * n) * MM, note)
    _ribbon_check(canvas)
    _band(canvas)


def waves(canvas: Canvas) -> None:
    """What both backgrounds are made of: a wave, and a row of waves, in the colours of the caller."""
    canvas.beginForm("wave", -SCALE - 1, -SCALE - 1, SCALE + 1, SCALE + 1)
    canvas.setLineWidth(0.5)
    for ring in range(RINGS):
        canvas.circle(0, 0, SCALE * (1 - ring / RINGS), stroke=1, fill=1)
    canvas.endForm()
    columns = int(WIDTH / (2 * SCALE)) + 3
    canvas.beginForm("row", -SCALE - 1, -SCALE - 1, 2 * columns * SCALE, SCALE + 1)
    for _column in range(columns):
        canvas.doForm("wave")
        canvas.translate(2 * SCALE, 0)
    canvas.endForm()


def _background(canvas: Canvas, *, paper: Color, line: Color) -> None:
    """Rows of waves, each row half hidden by the one below it, as roof tiles are."""
    canvas.setFillColor(paper)
    canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
    canvas.setStrokeColor(line)
    for row in range(int(HEIGHT / (SCALE / 2)) + 3, -1, -1):
        canvas.saveState()
        canvas.translate(-SCALE if row % 2 else 0, (row - 1) * SCALE / 2)
        canvas.doForm("row")
        canvas.restoreState()


def _watermark(canvas: Canvas) -> None:
    """Pale letters below everything, so that they never make a word unreadable."""
    canvas.saveState()
    canvas.setFillColor(WATERMARK)
    canvas.setFont(BOLD, 38)
    canvas.translate(34 * MM, 27 * MM)
    canvas.rotate(24)
    canvas.drawCentredString(0, -9, "CONTOH")
    canvas.restoreState()


def _photo(canvas: Canvas) -> None:
    """A figure without a face, behind the word that it is none."""
    bottom, height = HEIGHT - 35.8 * MM, 24.8 * MM
    middle = PHOTO_LEFT + PHOTO_WIDTH / 2
    canvas.saveState()
    box = canvas.beginPath()
    box.rect(PHOTO_LEFT, bottom, PHOTO_WIDTH, height)
    canvas.clipPath(box, stroke=0, fill=0)
    canvas.setFillColor(SHADE)
    canvas.rect(PHOTO_LEFT, bottom, PHOTO_WIDTH, height, stroke=0, fill=1)
    canvas.setFillColor(FIGURE)
    canvas.ellipse(middle - 7.4 * MM, bottom - 8 * MM, middle + 7.4 * MM, bottom + 9 * MM, stroke=0, fill=1)
    canvas.setFillColor(SHADE)
    canvas.circle(middle, bottom + 14.2 * MM, 5.2 * MM, stroke=0, fill=1)
    canvas.setFillColor(FIGURE)
    canvas.ellipse(
        middle - 3.9 * MM, bottom + 9.4 * MM, middle + 3.9 * MM, bottom + 19.2 * MM, stroke=0, fill=1
    )
    canvas.setFillColor(WARNING)
    canvas.translate(middle, bottom + height / 2)
    canvas.rotate(52)
    canvas.setFont(BOLD, 11)
    canvas.drawCentredString(0, -4, "SPECIMEN")
    canvas.restoreState()
    canvas.setStrokeColor(FIGURE)
    canvas.setLineWidth(0.4)
    canvas.rect(PHOTO_LEFT, bottom, PHOTO_WIDTH, height, stroke=1, fill=0)


def _signature(canvas: Canvas) -> None:
    left, bottom, height = PHOTO_LEFT, HEIGHT - 49.2 * MM, 6.6 * MM
    canvas.saveState()
    canvas.setFillColor(white)
    canvas.setStrokeColor(FIGURE)
    canvas.setLineWidth(0.4)
    canvas.rect(left, bottom, PHOTO_WIDTH, height, stroke=1, fill=1)
    canvas.setFillColor(FIGURE)
    canvas.setFont(REGULAR, 3.6)
    canvas.drawCentredString(left + PHOTO_WIDTH / 2, bottom + 1.0 * MM, "tanda tangan contoh")
    canvas.setLineWidth(0.6)
    pen = canvas.beginPath()
    pen.moveTo(left + 3 * MM, bottom + 3.4 * MM)
    for n in range(4):
        x = left + (3 + 3 * n) * MM
        pen.curveTo(
            x + 1 * MM, bottom + 6.6 * MM, x + 2 * MM, bottom + 1.6 * MM, x + 3 * MM, bottom + 3.6 * MM
        )
    canvas.drawPath(pen, stroke=1, fill=0)
    canvas.restoreState()


def _ribbon_check(canvas: Canvas) -> None:
    """One field per panel of the ribbon: a panel that ends early shows here first."""
    side, gap = 3.2 * MM, 0.8 * MM
    left = (WIDTH - len(INKS) * side - (len(INKS) - 1) * gap) / 2
    for n, ink in enumerate(INKS):
        canvas.setFillColor(HexColor(ink))
        canvas.rect(left + n * (side + gap), HEIGHT - 44.4 * MM, side, side, stroke=0, fill=1)


def _band(canvas: Canvas) -> None:
    canvas.setFillColor(WARNING)
    canvas.rect(0, 0, WIDTH, BAND, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 5.6)
    canvas.drawString(MARGIN, 1.15 * MM, "CONTOH / SPECIMEN")
    canvas.drawRightString(WIDTH - MARGIN, 1.15 * MM, "BUKAN DOKUMEN RESMI")
