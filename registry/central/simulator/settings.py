"""How does the simulated centre behave, and how may that be turned while it runs?"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time
from typing import Any


class BadSetting(ValueError):
    """A setting that makes no sense; the sentence names the field and the rule."""


@dataclass
class Settings:
    """Every knob of the simulator. Seconds, calls, shares from 0 to 1; hours in Jakarta's time."""

    # How much it can bear.
    capacity: int = 20  # calls served at once
    service_seconds: float = 0.05  # of one call when nobody waits
    queue: int = 100  # calls that may wait; more are refused (0: refuses early)
    quota_per_second: float = 0.0  # calls a second that are served at all; 0: no such limit
    retry_after: float = 0.0  # seconds in refusals; 0: none
    retry_after_as_date: bool = False
    # Whether it is there.
    dead: bool = False  # nobody answers
    silent: bool = False  # a dead centre swallows calls, where it would otherwise reset them
    opens: str = ""  # HH:MM; empty: always open
    closes: str = ""  # before ``opens``: on the next day
    shut_until: str = ""  # a moment with its offset: closed until then, whatever the hours say
    # What goes wrong, by share of calls.
    slow_answers: float = 0.0  # the effect happens, and the answer takes its time
    slow_seconds: float = 10.0
    lost_answers: float = 0.0  # the effect happens, and the connection is cut
    half_bodies: float = 0.0  # the effect happens, and the answer ends in its middle
    resets: float = 0.0  # the connection is cut before anything happens
    html_errors: float = 0.0  # a proxy's page instead of an answer, nothing happens
    wrong_person: float = 0.0  # the answer speaks of somebody else
    # Its rules.
    daily_quota: int = 0  # print commands per office and day; 0: none
    command_days: float = 7.0  # lifetime of a print command
    pending_seconds: float = 60.0
    sees_recordings_until: str = ""  # ISO date; later recordings stay invisible; empty: sees all

    def change(self, wishes: dict[str, Any]) -> None:
        """Turn the knobs in ``wishes``, all or none. Raises BadSetting."""
        turned = {name: self._checked(name, value) for name, value in wishes.items()}
        for name, value in turned.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All knobs by name."""
        return asdict(self)

    def _checked(self, name: str, value: Any) -> Any:
        if name not in NAMES:
            raise BadSetting(f"{name}: no such setting")
        now = getattr(self, name)
        if isinstance(now, bool):
            if not isinstance(value, bool):
                raise BadSetting(f"{name}: true or false")
            return value
        return (
            _text(name, value) if isinstance(now, str) else _number(name, value, whole=isinstance(now, int))
        )


NAMES = frozenset(field.name for field in fields(Settings))
SHARES = frozenset({"slow_answers", "lost_answers", "half_bodies", "resets", "html_errors", "wrong_person"})
HIGHEST = 1e6


def _number(name: str, value: Any, *, whole: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadSetting(f"{name}: a number")
    least, most = (1 if name == "capacity" else 0), (1 if name in SHARES else HIGHEST)
    if not least <= value <= most:
        raise BadSetting(f"{name}: from {least} to {most:g}")
    return int(value) if whole else float(value)


def _text(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    try:
        if name == "sees_recordings_until":
            date.fromisoformat(value)
        elif name == "shut_until":
            if datetime.fromisoformat(value).tzinfo is None:
                raise ValueError(value)
        else:
            time.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadSetting(f"{name}: {FORMS[name]}") from None
    return str(value)


FORMS = {
    "opens": "a time like 07:30",
    "closes": "a time like 15:00",
    "shut_until": "a moment like 2017-11-28T15:00:00+07:00",
    "sees_recordings_until": "a date like 2017-09-30",
}
