"""The clerks' pages for WHO: offices, residents, recordings, blanks, events."""

from registry.admin import blanks, events, offices, recordings, residents

__all__ = ["blanks", "events", "offices", "recordings", "residents"]
