"""The rows of WHO: office, resident, recording, blank, device, and the events of every state."""

from registry.models.access import AccessLog
from registry.models.answer import StoredAnswer
from registry.models.assignment import Assignment
from registry.models.biometric import BiometricFile
from registry.models.blank import (
    BlankBalance,
    BlankMovement,
    BlankReceipt,
    LedgerSeal,
    StockCount,
)
from registry.models.device import Device, DeviceInvitation, DeviceKey
from registry.models.event import Event, Subject
from registry.models.feed import Follow, Notice
from registry.models.office import District, Office
from registry.models.preference import Preference
from registry.models.proposal import Proposal
from registry.models.recording import Recording
from registry.models.resident import Resident
from registry.models.restoration import Restoration
from registry.models.tally import StateTally
from registry.models.throttling import ThrottleChange
from registry.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "AccessLog",
    "Assignment",
    "BiometricFile",
    "BlankBalance",
    "BlankMovement",
    "BlankReceipt",
    "Device",
    "DeviceInvitation",
    "DeviceKey",
    "District",
    "Event",
    "Follow",
    "LedgerSeal",
    "Notice",
    "Office",
    "Preference",
    "Proposal",
    "Recording",
    "Resident",
    "Restoration",
    "StateTally",
    "StockCount",
    "StoredAnswer",
    "Subject",
    "ThrottleChange",
    "Webhook",
    "WebhookDelivery",
]
