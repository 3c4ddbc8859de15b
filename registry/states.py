"""Which moves may a recording make, where may a blank go, and what does each word of the centre mean?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordingState(TextChoices):
    """What we do about a recording."""

    RECORDED = "recorded", _("terekam")
    SUBMITTED = "submitted", _("terkirim ke pusat")
    VISIBLE = "visible", _("muncul di pusat")
    EXCEPTION = "exception", _("perlu tindakan")


R = RecordingState
RECORDING_MOVES: Mapping[str, frozenset[str]] = {
    R.RECORDED: frozenset({R.SUBMITTED, R.VISIBLE, R.EXCEPTION}),
    R.SUBMITTED: frozenset({R.VISIBLE, R.EXCEPTION}),
    R.VISIBLE: frozenset({R.SUBMITTED, R.EXCEPTION}),  # the centre lost sight of it, or objects late
    R.EXCEPTION: frozenset({R.RECORDED, R.SUBMITTED, R.VISIBLE}),  # resent, waiting again, or mended there
}


class Place(TextChoices):
    """Where a blank can be. Centre and difference are the outside: they may be negative."""

    CENTRE = "centre", _("pusat")
    STORE = "store", _("gudang")
    RESERVED = "reserved", _("dipakai mencetak")
    PRINTED = "printed", _("tercetak")
    SPOILED = "spoiled", _("rusak")
    DESTROYED = "destroyed", _("dimusnahkan")
    LENT = "lent", _("dipinjamkan")
    LOST = "lost", _("hilang")
    DIFFERENCE = "difference", _("selisih hitung")


OUTSIDE = frozenset({Place.CENTRE, Place.DIFFERENCE})

P = Place
BLANK_MOVES: frozenset[tuple[str, str]] = frozenset(
    {
        (P.CENTRE, P.STORE),  # received, with minutes
        (P.STORE, P.CENTRE),  # returned
        (P.STORE, P.RESERVED),  # taken for an attempt, before the wire
        (P.RESERVED, P.STORE),  # the attempt surely never began
        (P.RESERVED, P.PRINTED),
        (P.RESERVED, P.SPOILED),
        (P.PRINTED, P.SPOILED),  # found bad at the check
        (P.STORE, P.SPOILED),  # damaged in the store
        (P.SPOILED, P.DESTROYED),  # with minutes and witnesses
        (P.STORE, P.LENT),
        (P.LENT, P.STORE),
        (P.STORE, P.LOST),
        (P.RESERVED, P.LOST),  # neither a card nor a blank is in the tray
        (P.LOST, P.STORE),  # found again
        (P.STORE, P.DIFFERENCE),  # counted fewer than booked
        (P.DIFFERENCE, P.STORE),  # counted more than booked
    }
)


class Effect(StrEnum):
    """What a word of the centre means for the card."""

    PRINTABLE = "printable"
    WAIT = "wait"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class ExceptionKind:
    """A failure with somebody to own it and something to do about it."""

    code: str
    label: str | Promise
    owner: str | Promise
    next_step: str | Promise
    days: int  # until the step should be done; a resident at the counter is told this


def _kinds(*kinds: ExceptionKind) -> Mapping[str, ExceptionKind]:
    return {kind.code: kind for kind in kinds}


_CLERK, _OPERATOR, _MINISTRY = (
    _("petugas loket"),
    _("operator perekaman"),
    _("kementerian (lewat supervisor)"),
)

EXCEPTIONS: Mapping[str, ExceptionKind] = _kinds(
    ExceptionKind(
        "second-recording",
        _("perekaman kedua untuk NIK yang sama"),
        _CLERK,
        _("Bandingkan kedua perekaman; batalkan yang keliru atau ajukan hapus ke kementerian."),
        days=3,
    ),
    ExceptionKind(
        "duplicate-record",
        _("data ganda di pusat"),
        _MINISTRY,
        _("Ajukan penghapusan data ganda ke kementerian, lalu kirim ulang."),
        days=14,
    ),
    ExceptionKind(
        "regional-failure",
        _("gagal rekam di daerah"),
        _OPERATOR,
        _("Kirim ulang; bila gagal lagi, rekam ulang penduduk."),
        days=1,
    ),
    ExceptionKind(
        "central-failure",
        _("gagal rekam di pusat"),
        _MINISTRY,
        _("Kirim ulang; bila gagal lagi, laporkan ke kementerian."),
        days=7,
    ),
    ExceptionKind(
        "search-failure",
        _("gagal pencarian di pusat"),
        _MINISTRY,
        _("Kirim ulang; bila gagal lagi, laporkan ke kementerian."),
        days=7,
    ),
    ExceptionKind(
        "adjudication",
        _("menunggu keputusan kementerian"),
        _MINISTRY,
        _("Kirim berkas pendukung ke kementerian dan tunggu keputusannya."),
        days=14,
    ),
    ExceptionKind(
        "validation",
        _("data diminta diperiksa"),
        _CLERK,
        _("Cocokkan biodata dengan kartu keluarga, perbaiki, lalu kirim ulang."),
        days=3,
    ),
    ExceptionKind(
        "invalid-data",
        _("data ditolak pusat"),
        _CLERK,
        _("Perbaiki isian yang disebut pusat, lalu kirim ulang."),
        days=1,
    ),
    ExceptionKind(
        "unknown-status",
        _("status pusat tidak dikenal"),
        _("administrator"),
        _("Tanyakan arti status ini ke kementerian; kartu tidak dicetak sampai jelas."),
        days=1,
    ),
    ExceptionKind(
        "wrong-answer",
        _("jawaban pusat untuk orang lain"),
        _("administrator"),
        _("Laporkan ke kementerian; jawaban itu tidak dipakai."),
        days=1,
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one status word means: printable, wait, or an exception of a kind."""

    effect: Effect
    exception: str = ""


_WAIT, _PRINTABLE = Verdict(Effect.WAIT), Verdict(Effect.PRINTABLE)

# A card that the centre itself counts as printed, shipped or issued belongs to an earlier command:
# the record is sound, so a further card (lost, damaged, ...) may be asked for.
VERDICTS: Mapping[str, Verdict] = {
    "BIO_CAPTURED": _WAIT,
    "PROCESSING": _WAIT,
    "SENT_FOR_ENROLLMENT": _WAIT,
    "RECEIVED_AT_CENTRAL": _WAIT,
    "ENROLL_FAILURE_AT_REGIONAL": Verdict(Effect.EXCEPTION, "regional-failure"),
    "ENROLL_FAILURE_AT_CENTRAL": Verdict(Effect.EXCEPTION, "central-failure"),
    "SEARCH_FAILURE_AT_CENTRAL": Verdict(Effect.EXCEPTION, "search-failure"),
    "ADJUDICATE_RECORD": Verdict(Effect.EXCEPTION, "adjudication"),
    "REQUEST_VALIDATION": Verdict(Effect.EXCEPTION, "validation"),
    "DUPLICATE_RECORD": Verdict(Effect.EXCEPTION, "duplicate-record"),
    "PRINT_READY_RECORD": _PRINTABLE,
    "SENT_FOR_CARD_PRINTING": _PRINTABLE,
    "CARD_PRINTED": _PRINTABLE,
    "CARD_SHIPPED": _PRINTABLE,
    "CARD_ISSUED": _PRINTABLE,
}
_UNKNOWN = Verdict(Effect.EXCEPTION, "unknown-status")

PROBABLY_ELSEWHERE_AFTER = timedelta(days=30)  # enrolment takes days; a month means another place has it


def verdict(status: str) -> Verdict:
    """What ``status`` means; a word that is not in the contract is never printable."""
    return VERDICTS.get(status, _UNKNOWN)
