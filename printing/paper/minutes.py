"""Which minutes (berita acara) prove that blanks came, or were destroyed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from printing.paper import words
from printing.paper.sheet import (
    CELL,
    TEXT_WIDTH,
    Issuer,
    Signature,
    facts,
    heading,
    paragraph,
    sheet,
    signatures,
)

ACROSS = 4  # serial numbers beside each other


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of blanks from the centre, and what it made of the store."""

    issuer: Issuer
    number: str
    on: date
    quantity: int
    before: int
    after: int
    booked_by: str


@dataclass(frozen=True, slots=True)
class Destruction:
    """Spoiled blanks that were destroyed before witnesses.

    ``serials``: the numbers of those that were spoiled in a printer. ``unnumbered``: the rest, which
    were spoiled in the store before they had a number.
    """

    issuer: Issuer
    number: str
    on: date
    quantity: int
    serials: Sequence[str]
    unnumbered: int
    witnesses: Sequence[str]
    booked_by: str


def delivery(rows: Delivery) -> bytes:
    """Minutes of receipt of blanks."""
    return sheet(
        issuer=rows.issuer,
        title="BERITA ACARA PENERIMAAN BLANKO KTP-EL",
        number=rows.number,
        foot=f"Penerimaan blanko {rows.number}",
        body=[
            paragraph(
                f"Pada hari ini, {words.day_in_words(rows.on)} ({rows.on:%d-%m-%Y}), telah diterima dari "
                "Direktorat Jenderal Kependudukan dan Pencatatan Sipil, Kementerian Dalam Negeri, blanko "
                f"KTP-el untuk {rows.issuer.region} sebanyak:"
            ),
            Spacer(1, 3 * mm),
            facts(
                [
                    ("Jumlah", f"{words.figures(rows.quantity)} ({words.in_words(rows.quantity)}) lembar"),
                    ("Stok gudang sebelum penerimaan", f"{words.figures(rows.before)} lembar"),
                    ("Stok gudang sesudah penerimaan", f"{words.figures(rows.after)} lembar"),
                    ("Dicatat dalam buku blanko oleh", rows.booked_by),
                ]
            ),
            Spacer(1, 3 * mm),
            paragraph(
                "Blanko telah dihitung bersama dan diterima dalam keadaan baik. Demikian berita acara ini "
                "dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya."
            ),
            signatures(
                Signature("Yang menyerahkan,"),
                Signature("Yang menerima,"),
                Signature("Mengetahui, Kepala Dinas"),
                place_and_day=f"{rows.issuer.name}, {words.day(rows.on)}",
            ),
        ],
    )


def destruction(rows: Destruction) -> bytes:
    """Minutes of destruction with witnesses and the serial number of every card."""
    signers = [Signature(f"Saksi {n},", name) for n, name in enumerate(rows.witnesses, 1)]
    return sheet(
        issuer=rows.issuer,
        title="BERITA ACARA PEMUSNAHAN BLANKO KTP-EL RUSAK",
        number=rows.number,
        foot=f"Pemusnahan blanko {rows.number}",
        body=[
            paragraph(
                f"Pada hari ini, {words.day_in_words(rows.on)} ({rows.on:%d-%m-%Y}), di Dinas Kependudukan "
                f"dan Pencatatan Sipil {rows.issuer.region}, telah dimusnahkan blanko KTP-el yang rusak "
                f"sebanyak {words.figures(rows.quantity)} ({words.in_words(rows.quantity)}) lembar, "
                "disaksikan oleh yang bertanda tangan di bawah, dengan cara: ............................"
            ),
            *_serials(rows.serials),
            *_unnumbered(rows.unnumbered),
            Spacer(1, 3 * mm),
            paragraph(
                "Nomor di atas adalah nomor dalam buku blanko kantor; tidak satu pun dapat dipakai lagi. "
                "Demikian berita acara ini dibuat dengan sebenarnya."
            ),
            signatures(
                Signature("Petugas,", rows.booked_by),
                *signers,
                Signature("Mengetahui, Kepala Dinas"),
                place_and_day=f"{rows.issuer.name}, {words.day(rows.on)}",
            ),
        ],
    )


def _serials(serials: Sequence[str]) -> list[Flowable]:
    if not serials:
        return []
    lines = -(-len(serials) // ACROSS)  # filled down the columns, as one reads a list
    rows = [
        [
            paragraph(f"{n + 1}. {serials[n]}" if n < len(serials) else "", CELL)
            for n in range(line, lines * ACROSS, lines)
        ]
        for line in range(lines)
    ]
    grid = Table(rows, colWidths=[TEXT_WIDTH / ACROSS] * ACROSS, style=[("TOPPADDING", (0, 0), (-1, -1), 0)])
    return [heading("Nomor blanko yang dimusnahkan"), grid]


def _unnumbered(quantity: int) -> list[Flowable]:
    if not quantity:
        return []
    return [
        paragraph(
            f"Selain itu {words.figures(quantity)} ({words.in_words(quantity)}) lembar yang rusak di gudang "
            "sebelum diberi nomor."
        )
    ]
