"""What can every printer do, whatever is behind it?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

PATIENCE = 120.0  # seconds one card may take: a minute at its slowest, and once as long to come to its turn

SEVERITY = re.compile(r"-(error|warning|report)$")  # suffix of a reason (RFC 8011 §5.4.12)

# IPP keyword → hold reason of the house plan; the first that a printer names wins.
HOLDING = {
    "media-empty": "no-blank",
    "media-needed": "no-blank",
    "marker-supply-empty": "no-ribbon",
    "toner-empty": "no-ribbon",  # what some card printers call their ribbon
    "marker-waste-full": "printer-down",
    "media-jam": "printer-down",
    "cover-open": "printer-down",
    "door-open": "printer-down",
    "interlock-open": "printer-down",
    "input-tray-missing": "printer-down",
    "output-area-full": "printer-down",
    "spool-area-full": "printer-down",
    "moving-to-paused": "printer-down",
    "paused": "printer-down",
    "shutdown": "printer-down",
    "stopped": "printer-down",
    "timed-out": "printer-down",
}


class PrintState(StrEnum):
    """How one job stands at the printer."""

    PENDING = "pending"  # accepted, not finished
    DONE = "done"  # a card came out
    FAILED = "failed"  # the printer says that no good card came out
    UNKNOWN = "unknown"  # the printer does not know the job, or not how it ended


@dataclass(frozen=True, slots=True)
class Condition:
    """What the printer says of itself. ``reasons`` are IPP keywords (RFC 8011 §5.4.12)."""

    accepting: bool
    reasons: tuple[str, ...] = ()

    @property
    def hold_reason(self) -> str:
        """Why nothing should be sent now: no-blank, no-ribbon, printer-down, or ``""``.

        Whatever its severity: an idle printer only *reports* ``media-empty``, having no job that
        misses the card. What is merely low (``marker-supply-low``) holds nothing; it is for people.
        """
        named = {SEVERITY.sub("", word) for word in self.reasons}
        for keyword, reason in HOLDING.items():
            if keyword in named:
                return reason
        return "" if self.accepting else "printer-down"


@dataclass(frozen=True, slots=True)
class PrintResult:
    """State of one job; ``detail`` is for a clerk, ``reference`` the printer's own job number."""

    state: PrintState
    reference: str = ""
    detail: str = ""


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
    """A printer. Every call has a timeout and may be made from many threads at once."""

    def condition(self) -> Condition:
        """How the printer is. Raises PrinterUnavailable."""
        ...

    def send(self, sheet: Sheet) -> PrintResult:
        """Hand over one document and wait until the printer says how it ended.

        PENDING when it has the document but was not done in time. Raises PrinterUnavailable when
        surely nothing was sent, PrintDoubt when it may have been.
        """
        ...

    def find(self, name: str) -> PrintResult:
        """How the job of this name stands; UNKNOWN when the printer has none. Raises PrinterUnavailable."""
        ...

    def withdraw(self, name: str) -> bool:
        """Make sure that no card of this name comes out. Raises PrinterUnavailable.

        True is a promise: none has come out, and none will, even if its sender is still alive and
        late. False: a card may be there, or the printer cannot promise; a person must look.
        """
        ...
