"""The clerks' pages for WHAT WE MAKE."""

from printing.admin import (
    authorizations,
    beat,
    handovers,
    heartbeats,
    imports,
    jobs,
    printers,
    requests,
    shifts,
    staff,
)

__all__ = [
    "authorizations",
    "beat",
    "handovers",
    "heartbeats",
    "imports",
    "jobs",
    "printers",
    "requests",
    "shifts",
    "staff",
]
