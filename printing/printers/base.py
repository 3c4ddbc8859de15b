"""What can every printer do, whatever is behind it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


class PrintState(StrEnum):
    """How one job stands at the printer."""

    PENDING = "pending"  # accepted, not finished
    DONE = "done"  # a card came out
    FAILED = "failed"  # the printer says that no good card came out
    UNKNOWN = "unknown"  # the printer does not know the job


@dataclass(frozen=True, slots=True)
class Condition:
    """What the printer says of itself. ``reasons`` are IPP keywords (RFC 8011 §5.4.12)."""

    accepting: bool
    reasons: tuple[str, ...] = ()

    @property
    def hold_reason(self) -> str:
        """Why nothing should be sent now: media-empty, jam, no-ribbon, offline, or ``""``."""
        for keyword, reason in HOLDING:
            if any(word.startswith(keyword) for word in self.reasons):
                return reason
        return "" if self.accepting else "printer-down"


# IPP keyword prefix → hold reason of the house plan; the first that matches wins.
HOLDING = (
    ("media-empty", "no-blank"),
    ("media-needed", "no-blank"),
    ("marker-supply-empty", "no-ribbon"),
    ("marker-waste-full", "printer-down"),
    ("media-jam", "printer-down"),
    ("cover-open", "printer-down"),
    ("door-open", "printer-down"),
    ("paused", "printer-down"),
    ("shutdown", "printer-down"),
    ("stopped", "printer-down"),
)


@dataclass(frozen=True, slots=True)
class PrintResult:
    """State of one job; ``detail`` is for a clerk, ``reference`` the printer's own job number."""

    state: PrintState
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CardFace:
    """What is drawn on a card: the fields of an e-KTP, already in words (Indonesian)."""

    nik: str
    name: str
    birth_place: str
    birth_date: date
    sex: str
    blood_type: str
    address: str
    rt: str
    rw: str
    village: str
    district: str
    religion: str
    marital_status: str
    occupation: str
    citizenship: str
    province: str
    regency: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Sheet:
    """One job: ``name`` is unique for each attempt, ``document`` a two-page PDF at CR80 size."""

    name: str
    document: bytes = field(repr=False)


class PrinterUnavailable(Exception):
    """Nothing was sent: the printer cannot be reached or does not accept jobs."""


class PrintDoubt(Exception):
    """The document left us, but nobody said whether it arrived: look before sending again."""


class Printer(Protocol):
    """A printer. Every call has a timeout and raises PrinterUnavailable or PrintDoubt."""

    def condition(self) -> Condition:
        """How the printer is. Raises PrinterUnavailable."""
        ...

    def send(self, sheet: Sheet) -> PrintResult:
        """Hand over one document and wait until the printer says how it ended.

        Raises PrinterUnavailable when surely nothing was sent, PrintDoubt when it may have been.
        """
        ...

    def find(self, name: str) -> PrintResult:
        """How the job of this name stands; UNKNOWN when the printer has none. Raises PrinterUnavailable."""
        ...
