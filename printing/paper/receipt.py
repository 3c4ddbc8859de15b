"""What does a resident take home to ask after the card?

A strip of 80 mm for the counter's receipt printer, or half an A4 page where there is none. The code
holds the receipt number and nothing else: a kiosk reads it, and whoever finds the paper learns no NIK.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from printing.card.fonts import BOLD, REGULAR
from printing.paper import words
from printing.paper.sheet import HAIR, INK, QUIET, Issuer, draw_qr

STRIP = 80 * mm
EDGE = 6 * mm  # such printers print 72 mm of the 80
ADVICE = (
    "Simpan resi ini. Tanyakan kartu Anda di anjungan atau loket dengan nomor di atas.",
    "Kartu hanya diserahkan kepada pemiliknya sesudah sidik jarinya cocok; tidak dapat diwakilkan.",
    "Pengurusan KTP-el tidak dipungut biaya.",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One request as its owner may know it. ``nik`` is masked; ``received_at`` is in the office's zone."""

    issuer: Issuer
    number: str
    name: str
    nik: str
    reason: str
    district: str
    received_at: datetime


def strip(receipt: Receipt) -> bytes:
    """The receipt on a strip of 80 mm, as long as its words need."""
    return _paper(receipt, width=STRIP, edge=EDGE)


def page(receipt: Receipt) -> bytes:
    """The receipt on A4, twice: one half for the resident, one for the office's file."""
    file = BytesIO()
    canvas = _canvas(file, receipt, size=A4)
    half = A4[1] / 2
    for bottom, whose in ((half, "Lembar untuk pemohon"), (0.0, "Lembar untuk arsip")):
        writer = _Writer(canvas, width=A4[0], edge=55 * mm, top=bottom + half - 14 * mm)
        writer.small(whose)
        _write(writer, receipt)
    canvas.setStrokeColor(HAIR)
    canvas.setDash(2, 2)
    canvas.line(0, half, A4[0], half)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _paper(receipt: Receipt, *, width: float, edge: float) -> bytes:
    measured = _Writer(_canvas(BytesIO(), receipt, size=(width, 1000 * mm)), width=width, edge=edge, top=0)
    _write(measured, receipt)
    height = EDGE - measured.y
    file = BytesIO()
    canvas = _canvas(file, receipt, size=(width, height))
    _write(_Writer(canvas, width=width, edge=edge, top=height - EDGE), receipt)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _canvas(file: BytesIO, receipt: Receipt, *, size: tuple[float, float]) -> Canvas:
    canvas = Canvas(file, pagesize=size, invariant=True, lang="id")
    canvas.setTitle(f"Resi {receipt.number}")
    canvas.setAuthor(f"Dinas Dukcapil {receipt.issuer.region}")
    return canvas


def _write(writer: _Writer, receipt: Receipt) -> None:
    writer.middle("DINAS DUKCAPIL", font=BOLD, size=11)
    writer.middle(receipt.issuer.region.upper(), font=REGULAR, size=9)
    writer.rule()
    writer.middle("TANDA TERIMA PERMOHONAN KTP-EL", font=BOLD, size=8.5)
    writer.code(receipt.number, side=34 * mm)
    writer.middle(receipt.number, font=BOLD, size=9.5)
    writer.rule()
    writer.pair("Nama", receipt.name)
    writer.pair("NIK", receipt.nik)
    writer.pair("Permohonan", receipt.reason)
    writer.pair("Kecamatan", receipt.district)
    writer.pair("Diterima", words.moment(receipt.received_at))
    writer.rule()
    for sentence in ADVICE:
        writer.small(sentence)


class _Writer:
    """Writes downwards between two edges. ``y`` is where the next line begins."""

    def __init__(self, canvas: Canvas, *, width: float, edge: float, top: float) -> None:
        self.canvas, self.left, self.right, self.y = canvas, edge, width - edge, top

    def middle(self, text: str, *, font: str, size: float) -> None:
        for line in simpleSplit(text, font, size, self.right - self.left):
            self._down(size * 1.35)
            self.canvas.setFont(font, size)
            self.canvas.setFillColor(INK)
            self.canvas.drawCentredString((self.left + self.right) / 2, self.y, line)

    def pair(self, name: str, value: str) -> None:
        column = self.left + 22 * mm
        lines = simpleSplit(value, BOLD, 8, self.right - column) or [""]
        for n, line in enumerate(lines):
            self._down(11)
            if n == 0:
                self.canvas.setFont(REGULAR, 8)
                self.canvas.setFillColor(QUIET)
                self.canvas.drawString(self.left, self.y, name)
            self.canvas.setFont(BOLD, 8)
            self.canvas.setFillColor(INK)
            self.canvas.drawString(column, self.y, line)

    def small(self, text: str) -> None:
        self._down(2)
        for line in simpleSplit(text, REGULAR, 7, self.right - self.left):
            self._down(9)
            self.canvas.setFont(REGULAR, 7)
            self.canvas.setFillColor(QUIET)
            self.canvas.drawString(self.left, self.y, line)

    def code(self, text: str, *, side: float) -> None:
        self._down(side + 3 * mm)
        draw_qr(self.canvas, text, x=(self.left + self.right - side) / 2, y=self.y, side=side)
        self._down(1.5 * mm)

    def rule(self) -> None:
        self._down(2.5 * mm)
        self.canvas.setStrokeColor(HAIR)
        self.canvas.line(self.left, self.y, self.right, self.y)
        self._down(1 * mm)

    def _down(self, points: float) -> None:
        self.y -= points
