"""The rows of WHAT WE MAKE: request, print command, job, printer, shift, box, hand-over, heartbeat."""

from printing.models.application import Application
from printing.models.authorization import PrintAuthorization
from printing.models.box import Box, BoxedCard
from printing.models.bulk import BulkJob, BulkRow
from printing.models.claim import Claim
from printing.models.finding import Finding, MatchRun
from printing.models.handover import Handover
from printing.models.heartbeat import Heartbeat
from printing.models.imports import ImportBatch, ImportRejection
from printing.models.job import PrintAttempt, PrintJob
from printing.models.morning import MorningCount
from printing.models.pickup import Confirmation, PickupCode
from printing.models.printer import Printer
from printing.models.request import CardRequest, WaitingTally
from printing.models.shift import ExtraShift, HolidayOverride, ShiftRun

__all__ = [
    "Application",
    "Box",
    "BoxedCard",
    "BulkJob",
    "BulkRow",
    "CardRequest",
    "Claim",
    "Confirmation",
    "ExtraShift",
    "Finding",
    "Handover",
    "Heartbeat",
    "HolidayOverride",
    "ImportBatch",
    "ImportRejection",
    "MatchRun",
    "MorningCount",
    "PickupCode",
    "PrintAttempt",
    "PrintAuthorization",
    "PrintJob",
    "Printer",
    "ShiftRun",
    "WaitingTally",
]
