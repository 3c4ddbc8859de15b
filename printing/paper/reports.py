"""What does the office tell its head every day, and the ministry every month?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from printing.paper import words
from printing.paper.sheet import (
    HALF,
    NOTE,
    TEXT_WIDTH,
    Column,
    Issuer,
    Signature,
    beside,
    heading,
    paragraph,
    sheet,
    signatures,
    table,
)

CONTENT = (Column("Uraian", 0.72), Column("Jumlah", 0.28, is_number=True))


@dataclass(frozen=True, slots=True)
class Blanks:
    """The store of a period: what was there, what came and went, what is left."""

    before: int
    received: int
    given_back: int
    printed: int
    spoiled: int
    other: int  # lent, lost, counted: in less out
    in_work: int  # taken for a card whose outcome nobody has said yet: at the end less at the beginning
    left: int

    @property
    def adds_up(self) -> bool:
        came = self.before + self.received + self.other
        return came - self.given_back - self.printed - self.spoiled - self.in_work == self.left


@dataclass(frozen=True, slots=True)
class Line:
    """How many requests were in which stage when the period ended."""

    print_ready: int
    held: int
    on_the_way: int
    ready_for_pickup: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the office. ``until``: the moment up to which it was counted, in the office's zone."""

    issuer: Issuer
    on: date
    until: datetime
    recorded: int
    requested: int
    printed: int
    spoiled: int
    handed_over: int
    line: Line
    held: Sequence[tuple[str, int]]
    printers: Sequence[tuple[str, int, int]]  # name, printed, spoiled
    blanks: Blanks


@dataclass(frozen=True, slots=True)
class DistrictRow:
    """One subdistrict in a month."""

    code: str
    name: str
    recorded: int
    printed: int
    handed_over: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the office. ``until``: as in Day."""

    issuer: Issuer
    first: date
    until: datetime
    districts: Sequence[DistrictRow]
    reasons: Sequence[tuple[str, int]]
    blanks: Blanks


def daily(day: Day) -> bytes:
    """The day on one page: recordings, prints, print-ready left, blanks left, spoiled."""
    return sheet(
        issuer=day.issuer,
        title="LAPORAN HARIAN PENCETAKAN KTP-EL",
        foot=f"Laporan harian {words.day(day.on)}",
        body=[
            paragraph(f"Hari dan tanggal: {words.weekday(day.on)}, {words.day(day.on)}"),
            Spacer(1, 3 * mm),
            beside(
                _counted(
                    "Kegiatan hari ini",
                    [
                        ("Perekaman diterima", day.recorded),
                        ("Permohonan diterima", day.requested),
                        ("Kartu tercetak", day.printed),
                        ("Kartu rusak", day.spoiled),
                        ("Kartu diserahkan", day.handed_over),
                    ],
                    width=HALF,
                ),
                _counted(
                    "Antrean pada akhir hari",
                    [
                        ("Sisa siap cetak", day.line.print_ready),
                        ("Diminta, siap, atau sedang dicetak", day.line.on_the_way),
                        ("Tertahan", day.line.held),
                        ("Siap diambil", day.line.ready_for_pickup),
                    ],
                    width=HALF,
                ),
            ),
            beside(_blanks(day.blanks, width=HALF), _printers(day.printers)),
            *_held(day.held),
            _counted_until(day.until),
            signatures(
                Signature("Pembuat laporan,"),
                Signature("Mengetahui, Kepala Bidang"),
                place_and_day=f"{day.issuer.name}, {words.day(day.on)}",
            ),
        ],
    )


def monthly(month: Month) -> bytes:
    """The sheet for the ministry: per subdistrict, per reason, and the account of the blanks."""
    columns = (
        Column("Kode", 0.13),
        Column("Kecamatan", 0.31),
        Column("Perekaman", 0.14, is_number=True),
        Column("Tercetak", 0.14, is_number=True),
        Column("Diserahkan", 0.14, is_number=True),
        Column("Belum cetak", 0.14, is_number=True),
    )
    numbers = [field.name for field in fields(DistrictRow) if field.name not in ("code", "name")]
    rows = [
        [row.code, row.name, *(words.figures(getattr(row, name)) for name in numbers)]
        for row in month.districts
    ]
    sums = [words.figures(sum(getattr(row, name) for row in month.districts)) for name in numbers]
    return sheet(
        issuer=month.issuer,
        title="LAPORAN BULANAN PENERBITAN KTP-EL",
        number="............/............/............",
        foot=f"Laporan bulanan {words.month(month.first)}",
        body=[
            paragraph(f"Bulan: {words.month(month.first)}"),
            heading("Menurut kecamatan"),
            table(columns, rows, total=["", "Jumlah", *sums]),
            *_counted("Kartu tercetak menurut alasan", month.reasons, total=True),
            *_blanks(month.blanks),
            _counted_until(month.until),
            signatures(
                Signature("Pembuat laporan,"),
                Signature("Kepala Dinas,"),
                place_and_day=f"{month.issuer.name}, ............................",
            ),
        ],
    )


def _counted(
    title: str, rows: Sequence[tuple[str, int]], *, total: bool = False, width: float = TEXT_WIDTH
) -> list[Flowable]:
    summed = ["Jumlah", words.figures(sum(count for _name, count in rows))] if total else None
    lines = [[name, words.figures(count)] for name, count in rows]
    return [heading(title, above=width), table(CONTENT, lines, total=summed, width=width)]


def _held(held: Sequence[tuple[str, int]]) -> list[Flowable]:
    return _counted("Tertahan menurut alasan (saat laporan dibuat)", held, total=True) if held else []


def _blanks(blanks: Blanks, *, width: float = TEXT_WIDTH) -> list[Flowable]:
    signed = [
        ("Stok awal", blanks.before),
        ("Diterima dari pusat", blanks.received),
        ("Dikembalikan ke pusat", -blanks.given_back),
        ("Menjadi kartu", -blanks.printed),
        ("Rusak", -blanks.spoiled),
        ("Dipinjamkan, hilang, selisih", blanks.other),
        ("Sedang dipakai mencetak", -blanks.in_work),
    ]
    kept = [row for row in signed if row[1] or row[0] == "Stok awal"]
    lines = [[name, _signed(count) if n else words.figures(count)] for n, (name, count) in enumerate(kept)]
    return [
        heading("Blanko", above=width),
        table(CONTENT, lines, total=["Sisa di gudang", words.figures(blanks.left)], width=width),
    ]


def _printers(printers: Sequence[tuple[str, int, int]]) -> list[Flowable]:
    if not printers:
        return []
    columns = (
        Column("Printer", 0.5),
        Column("Tercetak", 0.25, is_number=True),
        Column("Rusak", 0.25, is_number=True),
    )
    rows = [[name, words.figures(printed), words.figures(spoiled)] for name, printed, spoiled in printers]
    return [heading("Menurut printer", above=HALF), table(columns, rows, width=HALF)]


def _counted_until(until: datetime) -> Flowable:
    return paragraph(f"Dihitung sampai {words.moment(until)} waktu setempat.", NOTE)


def _signed(count: int) -> str:
    return f"{'+' if count > 0 else '−'}{words.figures(abs(count))}"
