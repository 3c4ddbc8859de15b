"""The rows of WHO: office, resident, recording, blank, and the events of every state."""

from registry.models.access import AccessLog
from registry.models.assignment import Assignment
from registry.models.blank import (
    BlankBalance,
    BlankMovement,
    BlankReceipt,
    LedgerSeal,
    StockCount,
)
from registry.models.event import Event, Subject
from registry.models.office import District, Office
from registry.models.recording import Recording
from registry.models.resident import Resident

__all__ = [
    "AccessLog",
    "Assignment",
    "BlankBalance",
    "BlankMovement",
    "BlankReceipt",
    "District",
    "Event",
    "LedgerSeal",
    "Office",
    "Recording",
    "Resident",
    "StockCount",
    "Subject",
]
