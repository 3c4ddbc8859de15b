"""``manage.py status [--json]``: where does everything stand?"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from printing.selectors.status import Status, status
from registry.central.door import throttle
from registry.models import Office


class Command(BaseCommand):
    """Counts per state, blanks per place, throttle, shift, heartbeats, and the gate with its reason."""

    help = "Tells where everything stands and which gate holds the line now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    def handle(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=settings.OFFICE_CODE).first()
        if office is None:
            raise CommandError(f"There is no office {settings.OFFICE_CODE} yet: run `manage.py migrate`.")
        now = status(office=office, throttle=throttle().snapshot(), now=timezone.now())
        self.stdout.write(
            json.dumps(now.as_json(), ensure_ascii=False, indent=2) if options["json"] else _lines(now)
        )


def _lines(now: Status) -> str:
    seen = now.throttle
    parts = {
        "gate": f"{now.gate.name}: {now.gate.reason}",
        "shift": f"open until {now.shift_until}" if now.shift_open else "closed",
        "throttle": f"{seen.state}, {seen.in_flight} in flight of {seen.limit:g}; {seen.why}",
        "recordings": _counts(now.recordings),
        "requests": _counts(now.requests),
        "held": _counts(now.held),
        "authorizations": _counts(now.authorizations),
        "jobs": _counts(now.jobs),
        "blanks": _counts(now.blanks),
        "heartbeats": ", ".join(f"{name} {at:%H:%M:%S}" for name, at in now.heartbeats.items()) or "none",
    }
    return "\n".join(f"{name:<15}{text}" for name, text in parts.items())


def _counts(counts: Any) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"
