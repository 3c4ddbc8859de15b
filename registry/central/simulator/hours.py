"""Is the centre open now, and when does that change?"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from registry.central.book import ZONE
from registry.central.contract import CentreStatus
from registry.central.simulator.settings import Settings

DAY = timedelta(days=1)


def hours(settings: Settings, now: datetime) -> CentreStatus:
    """The state of the door at ``now`` (aware)."""
    shut = datetime.fromisoformat(settings.shut_until) if settings.shut_until else now
    by_the_clock = _by_the_clock(settings, max(now, shut))
    if now >= shut:
        return by_the_clock
    opens_at = shut if by_the_clock.open else by_the_clock.opens_at
    return CentreStatus(open=False, opens_at=opens_at, closes_at=None, message="Tutup sementara.")


def _by_the_clock(settings: Settings, now: datetime) -> CentreStatus:
    if not (settings.opens and settings.closes):
        return CentreStatus(open=True, opens_at=None, closes_at=None, message="")
    here = now.astimezone(ZONE)
    opens, closes = _at(here, settings.opens), _at(here, settings.closes)
    if closes <= opens:
        closes += DAY
    if here < closes - DAY:  # what was opened yesterday is still open
        opens, closes = opens - DAY, closes - DAY
    if opens <= here < closes:
        return CentreStatus(open=True, opens_at=None, closes_at=closes, message="")
    following = opens if here < opens else opens + DAY
    return CentreStatus(open=False, opens_at=following, closes_at=None, message="Di luar jam layanan.")


def _at(day: datetime, clock: str) -> datetime:
    return datetime.combine(day.date(), time.fromisoformat(clock), ZONE)
