"""What does the person who typed `make run` wish, and which services are given?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ektp_project.embedded.ground import free_port
from ektp_project.embedded.trouble import Trouble

BASE_DIR = Path(__file__).resolve().parent.parent.parent
WEB_PORT = 8000
HIGHEST_PORT = 65535

# What `manage.py` beside the running system must know too, where the person gave it.
PASSED_ON = (
    *("CENTRAL_TOKEN", "SECRET_KEY", "NIK_KEYS", "NIK_INDEX_KEY", "OFFICE_CODE", "OFFICE_TIME_ZONE"),
    *("CENTRAL_TIMEOUT", "CENTRAL_CONCURRENCY", "PRINT_CONCURRENCY", "PUMP_SECONDS", "READY_AHEAD"),
    *("CHECK_REQUIRED", "CLAIM_SECONDS", "PRINT_SECONDS", "SCENARIO"),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """An empty address means: start that service here."""

    port: int
    folder: Path
    database_url: str
    redis_url: str
    central_url: str
    environment: Mapping[str, str]

    def passed_on(self) -> dict[str, str]:
        """The settings that were given, for every process and for services.env."""
        return {name: self.environment[name] for name in PASSED_ON if self.environment.get(name)}


def read(environment: Mapping[str, str]) -> Wishes:
    """The wishes in the environment. Raises Trouble for nonsense."""
    return Wishes(
        port=_port(environment.get("PORT") or str(WEB_PORT)) or free_port(),
        folder=Path(environment.get("VAR_DIR") or BASE_DIR / "var").resolve(),
        database_url=environment.get("DATABASE_URL", ""),
        redis_url=environment.get("REDIS_URL", ""),
        central_url=environment.get("CENTRAL_URL", ""),
        environment=environment,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise Trouble(f"PORT is {text!r}; it must be a number up to {HIGHEST_PORT} (0: any free port).")
    return int(text)
