"""The clerks' pages for WHO: offices, residents, recordings, blanks, events."""

from registry.admin import access, blanks, events, offices, recordings, residents

__all__ = ["access", "blanks", "events", "offices", "recordings", "residents"]
