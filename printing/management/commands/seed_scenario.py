"""How does an empty database become the office of a story?

``make run`` calls this at every start. SCENARIO says which story: ``karimun-2017``, which is what an
empty database gets in the demo, or ``none``. What is there already is left as it is.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from printing.scenarios import karimun_2017
from printing.scenarios.roles import make_logins
from registry.services.offices import load_office

KARIMUN_2017, NONE = "karimun-2017", "none"


class Command(BaseCommand):
    help = "Seed the demo's scenario (SCENARIO: karimun-2017 for an empty database, or none). Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        wished = settings.SCENARIO
        if wished not in ("", KARIMUN_2017, NONE):
            raise CommandError(f"SCENARIO is {wished!r}; it must be {KARIMUN_2017} or {NONE}.")
        if wished == KARIMUN_2017 and not settings.DEMO:
            raise CommandError("Made-up people belong into the demo only (EKTP_DEMO=1).")
        if wished != NONE and settings.DEMO and self._is_for_the_story():
            self._tell()
            return
        load_office()
        if settings.DEMO:
            make_logins()

    def _is_for_the_story(self) -> bool:
        if karimun_2017.is_empty() or karimun_2017.has_begun():
            return True
        if settings.SCENARIO == KARIMUN_2017:
            raise CommandError(
                "There are people in the database who are not of this scenario; nothing was changed."
            )
        return False

    def _tell(self) -> None:
        karimun_2017.seed(
            folder=settings.VAR_DIR,
            central_url=settings.CENTRAL_URL,
            now=timezone.now(),
            told=self._say,
        )

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
