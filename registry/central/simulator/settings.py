"""How does the simulated centre behave, and how may that be turned while it runs?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, time
from typing import Any


class BadSetting(ValueError):
    """A setting that makes no sense; the sentence names the field and the rule."""


@dataclass
class Settings:
    """Every knob of the simulator. Seconds, calls, shares from 0 to 1."""

    capacity: int = 20  # calls served at once
    service_seconds: float = 0.05  # of one call when nobody waits
    queue: int = 100  # calls that may wait; more are refused (0: refuses early)
    quota_per_second: float = 0.0  # calls a second that are served at all; 0: no such limit
    dead: bool = False  # nobody answers
    opens: str = ""  # HH:MM in UTC; empty: always open
    closes: str = ""
    retry_after: float = 0.0  # seconds in refusals; 0: none
    retry_after_as_date: bool = False
    lost_answers: float = 0.0  # share of calls that take effect and whose answer is cut
    resets: float = 0.0  # share of calls that are reset before anything happens
    half_bodies: float = 0.0
    html_errors: float = 0.0
    wrong_person: float = 0.0
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
        known = {field.name: field for field in fields(self)}
        if name not in known:
            raise BadSetting(f"{name}: no such setting")
        now = getattr(self, name)
        if isinstance(now, bool):
            if not isinstance(value, bool):
                raise BadSetting(f"{name}: true or false")
            return value
        if isinstance(now, str):
            return _text(name, value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadSetting(f"{name}: a number")
        if value < 0 or (name in SHARES and value > 1) or (name == "capacity" and value < 1):
            raise BadSetting(f"{name}: out of range")
        return int(value) if isinstance(now, int) else float(value)


SHARES = frozenset({"lost_answers", "resets", "half_bodies", "html_errors", "wrong_person"})


def _text(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    try:
        date.fromisoformat(value) if name == "sees_recordings_until" else time.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadSetting(f"{name}: an ISO date or time") from error
    return str(value)
