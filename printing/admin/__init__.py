"""The clerks' pages for WHAT WE MAKE."""

from printing.admin import authorizations, handovers, heartbeats, imports, jobs, printers, requests, shifts

__all__ = ["authorizations", "handovers", "heartbeats", "imports", "jobs", "printers", "requests", "shifts"]
