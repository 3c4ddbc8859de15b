"""The clerks' pages for WHAT WE MAKE."""

from printing.admin import (
    applications,
    authorizations,
    beat,
    boxes,
    bulk,
    findings,
    handovers,
    heartbeats,
    imports,
    jobs,
    printers,
    proposals,
    requests,
    shifts,
    staff,
)

__all__ = [
    "applications",
    "authorizations",
    "beat",
    "boxes",
    "bulk",
    "findings",
    "handovers",
    "heartbeats",
    "imports",
    "jobs",
    "printers",
    "proposals",
    "requests",
    "shifts",
    "staff",
]
