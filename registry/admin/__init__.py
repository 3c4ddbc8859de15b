"""The clerks' pages for WHO: offices, residents, recordings, blanks, devices, events."""

from registry.admin import (
    access,
    blanks,
    devices,
    events,
    offices,
    recordings,
    residents,
    restorations,
    throttling,
    webhooks,
)

__all__ = [
    "access",
    "blanks",
    "devices",
    "events",
    "offices",
    "recordings",
    "residents",
    "restorations",
    "throttling",
    "webhooks",
]
