"""What goes on and into a box of cards that travels to a subdistrict?

Outside a label that is read from across a quay, inside a manifest on which each card is ticked when it
arrives and signed for when it is taken. The manifest shows masked NIKs only: boxes get lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from uuid import UUID

from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from printing.card.fonts import BOLD, REGULAR
from printing.paper import words
from printing.paper.sheet import (
    INK,
    QUIET,
    Column,
    Issuer,
    Signature,
    draw_qr,
    facts,
    heading,
    sheet,
    signatures,
    table,
)


@dataclass(frozen=True, slots=True)
class Card:
    """One card in a box. ``nik`` is masked; ``resident`` is the row whose access trail is told."""

    resident: UUID
    receipt: str
    name: str
    nik: str
    village: str


@dataclass(frozen=True, slots=True)
class Box:
    """A box for one subdistrict. ``number`` names it to whoever sends and whoever receives."""

    issuer: Issuer
    number: str
    district_code: str
    district: str
    on: date
    cards: Sequence[Card]


def label(box: Box) -> bytes:
    """A label on A5 across: to where, how many, which box."""
    width, height = landscape(A5)
    edge, side = 12 * mm, 44 * mm
    file = BytesIO()
    canvas = Canvas(file, pagesize=(width, height), invariant=True, lang="id")
    canvas.setTitle(f"Label kotak {box.number}")
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.2)
    canvas.rect(edge / 2, edge / 2, width - edge, height - edge)

    def write(text: str, y: float, *, font: str, size: float, colour: object = INK) -> None:
        canvas.setFont(font, size)
        canvas.setFillColor(colour)
        canvas.drawString(edge, y, text)

    write(f"Dari: Dinas Dukcapil {box.issuer.region}", height - 20 * mm, font=REGULAR, size=11, colour=QUIET)
    write("KEPADA KECAMATAN", height - 34 * mm, font=REGULAR, size=13)
    _fit(canvas, box.district.upper(), x=edge, y=height - 54 * mm, width=width - 2 * edge)
    write(f"{words.figures(len(box.cards))} kartu KTP-el", 48 * mm, font=BOLD, size=24)
    write(f"Kotak {box.number}", 36 * mm, font=BOLD, size=12)
    write(
        f"Dikemas {words.day(box.on)} · kode {box.district_code}",
        28 * mm,
        font=REGULAR,
        size=10,
        colour=QUIET,
    )
    write("Jangan ditinggalkan tanpa penjagaan.", 14 * mm, font=REGULAR, size=10)
    draw_qr(canvas, box.number, x=width - edge - side, y=12 * mm, side=side)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def manifest(box: Box) -> bytes:
    """The list inside, to be ticked on arrival and signed at the hand-over."""
    columns = (
        Column("No.", 0.07, is_number=True),
        Column("Nomor resi", 0.26),
        Column("Nama", 0.26),
        Column("NIK", 0.19),
        Column("Desa/kelurahan", 0.2),
        Column("Tiba", 0.08),
    )
    rows = [
        [str(n), card.receipt, card.name, card.nik, card.village, ""] for n, card in enumerate(box.cards, 1)
    ]
    return sheet(
        issuer=box.issuer,
        title="DAFTAR ISI KOTAK KTP-EL",
        number=box.number,
        foot=f"Kotak {box.number}",
        body=[
            facts(
                [
                    ("Kecamatan tujuan", f"{box.district} ({box.district_code})"),
                    ("Dikemas", words.day(box.on)),
                    ("Isi", f"{words.figures(len(box.cards))} ({words.in_words(len(box.cards))}) kartu"),
                ]
            ),
            heading("Kartu"),
            table(columns, rows),
            signatures(
                Signature("Yang mengemas,"),
                Signature("Pembawa,"),
                Signature("Penerima di kecamatan,"),
                place_and_day=f"{box.issuer.name}, {words.day(box.on)}",
            ),
        ],
    )


def _fit(canvas: Canvas, text: str, *, x: float, y: float, width: float) -> None:
    """The name as large as it fits on one line, at most 44 points."""
    size = 44.0
    while size > 16 and len(simpleSplit(text, BOLD, size, width)) > 1:
        size -= 1
    canvas.setFont(BOLD, size)
    canvas.setFillColor(INK)
    canvas.drawString(x, y, text)
