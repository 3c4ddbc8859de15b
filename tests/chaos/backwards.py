"""What is known of cards printed after the backup, once an office has gone back to it without its journal?

The last act of a run, because whoever came after the backup is forgotten by nature. Before anybody works
again the three books are compared: every card that lies in a tray and in no row has to be a finding, and
nobody whose card the centre knows may still be ready to print.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.utils import timezone

from printing.models import Finding, PrintAttempt
from printing.models.job import Outcome
from printing.selectors.match import forgotten_cards
from printing.services import match
from registry.central.client import HttpCentral
from tests.chaos.office import Office, patiently

PEOPLE = 6  # before the backup, and as many after it


def go_back(office: Office, *, seconds: float) -> tuple[int, list[str]]:
    """How many cards the office does not remember, and what is wrong with what it says of them."""
    backup = office.folder / "backup-last"
    office.bring_in(count=PEOPLE)
    office.database.back_up(backup)
    office.bring_in(count=PEOPLE)
    if not office.until_quiet(seconds=seconds):
        return 0, ["not quiet before going back"]
    office.close()
    connection.close()
    office.database.fail_over_to(backup, journal=False)
    return patiently(lambda: _compare(office))


def _compare(office: Office) -> tuple[int, list[str]]:
    central = HttpCentral(office.start_the_centre_again(), settings.CENTRAL_TOKEN)
    try:
        heard = match.collect(office=office.row, central=central, now=timezone.now())
    finally:
        central.close()
    match.compare(office=office.row, heard=heard, now=timezone.now())
    forgotten = _cards(office) - PrintAttempt.objects.filter(outcome=Outcome.PRINTED).count()
    wrong = list(_unsaid(forgotten))
    if heard is not None and (again := forgotten_cards(listed=heard.commands).count()):
        wrong.append(f"{again} people of whose card the centre knows are ready to be printed again")
    return forgotten, wrong


def _unsaid(forgotten: int) -> Iterator[str]:
    named = Finding.objects.filter(
        kind="attempt-unknown-here", detail=Outcome.PRINTED, resolved_at__isnull=True
    ).count()
    if forgotten < PEOPLE:
        yield f"{forgotten} cards forgotten: nothing was printed after the backup"
    if named != forgotten:
        yield f"{forgotten} cards forgotten, {named} of them found"


def _cards(office: Office) -> int:
    return sum(len(list(tray.glob("*.pdf"))) for tray in office.trays)
