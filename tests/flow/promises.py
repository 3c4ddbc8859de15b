"""What must be true of an office whatever befell it? DESIGN.md, section 6, asked by SQL and at the centre."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from redis import Redis
from redis.client import Monitor

from printing.models import CardRequest, PrintAttempt, PrintAuthorization, PrintJob
from printing.models.job import Outcome
from registry.central.client import HttpCentral
from registry.central.contract import CommandStatus, ListedCommand, every_command
from registry.models import Office, Recording
from registry.selectors.blanks import balances
from registry.states import OUTSIDE, Place

# A live good card: one that was found bad after the centre had heard of it stays "printed" there.
TWO_CARDS = """
    SELECT authorization_.request_id FROM printing_printattempt AS attempt
    JOIN printing_printjob AS job ON job.id = attempt.job_id
    JOIN printing_printauthorization AS authorization_ ON authorization_.id = job.authorization_id
    WHERE attempt.outcome = 'printed' AND job.state <> 'discarded'
    GROUP BY 1 HAVING count(*) > 1
"""
BROKEN_STORIES = """
    SELECT subject, subject_id FROM (
        SELECT subject, subject_id, source,
            lag(target, 1, '') OVER (PARTITION BY subject, subject_id ORDER BY id) AS before
        FROM registry_event
    ) AS told WHERE source <> before
"""
UNTOLD_STATES = """
    SELECT row.id FROM {table} AS row
    WHERE row.state IS DISTINCT FROM (
        SELECT target FROM registry_event AS event
        WHERE event.subject = %s AND event.subject_id = row.id::text ORDER BY event.id DESC LIMIT 1
    )
"""


def check_the_books(*, office: Office) -> None:
    """Nobody has two cards, every state has its event, every blank is in one place."""
    assert _rows(TWO_CARDS) == []
    assert _rows(BROKEN_STORIES) == []
    for model in (Recording, CardRequest, PrintAuthorization, PrintJob):
        untold = _rows(UNTOLD_STATES.format(table=model._meta.db_table), [str(model.SUBJECT)])
        assert untold == [], f"{model.__name__}: a state without its event"
    there = balances(office=office)
    assert sum(there.values()) == 0
    assert all(quantity >= 0 for place, quantity in there.items() if place not in OUTSIDE)
    assert there[Place.RESERVED] == 0
    ended = PrintAttempt.objects.exclude(outcome="").count()
    assert there[Place.PRINTED] + there[Place.SPOILED] == ended == PrintAttempt.objects.count()
    call_command("verify_ledger")  # ends the process with 1 when anything is wrong


def commands_at(address: str, *, office: Office) -> list[ListedCommand]:
    """Every print command that the centre has given this office."""
    central = HttpCentral(address, settings.CENTRAL_TOKEN)
    try:
        return list(every_command(central, office=office.code))
    finally:
        central.close()


def check_against_the_centre(listed: Sequence[ListedCommand]) -> None:
    """What the centre counts is what we count: each good card its used command, each blank told once."""
    by_id = {command.command_id: command for command in listed}
    ours = PrintAttempt.objects.select_related("job__authorization")
    for attempt in ours.filter(outcome=Outcome.PRINTED):
        command_id = attempt.job.authorization.command_id
        assert command_id is not None
        command = by_id[command_id]
        told = [(one.n, one.blank) for one in command.attempts if one.outcome == Outcome.PRINTED]
        assert told == [(attempt.n, attempt.blank)]
        assert command.status == CommandStatus.USED
    blanks = sorted(attempt.blank for command in listed for attempt in command.attempts)
    assert blanks == sorted(ours.values_list("blank", flat=True))


def used_by_person(listed: Iterable[ListedCommand]) -> dict[str, int]:
    """How many commands of each person were used up."""
    used: dict[str, int] = {}
    for command in listed:
        if command.status == CommandStatus.USED:
            used[command.nik] = used.get(command.nik, 0) + 1
    return used


# --- Nothing personal on the way --------------------------------------------------------------


@dataclass
class Ear:
    """Hears every command that Valkey gets."""

    niks: Sequence[str]
    commands: int = 0
    leaks: set[str] = field(default_factory=set)

    def hear(self, command: str) -> None:
        """One command, with what Celery has packed into it."""
        self.commands += 1
        packed = (base64.b64decode(body).decode() for body in re.findall(r'"body": "([\w+/=]+)"', command))
        text = " ".join([command, *packed])
        self.leaks.update(nik for nik in self.niks if nik in text)


@contextmanager
def listening(*, url: str, niks: Sequence[str]) -> Iterator[Ear]:
    """Overhear Valkey meanwhile: what lay there for a moment only counts too."""
    ear, over = Ear(niks), "the ear has heard enough"
    quiet = {"socket_timeout": None}  # nobody speaks while a list is brought in
    with Redis.from_url(url, **quiet) as client, client.monitor() as monitor:
        listener = Thread(target=_hear_until, args=(over, monitor, ear), daemon=True)
        listener.start()
        try:
            yield ear
        finally:
            client.echo(over)
            listener.join(timeout=30)


def _hear_until(over: str, monitor: Monitor, ear: Ear) -> None:
    for heard in monitor.listen():
        if over in heard["command"]:
            return
        ear.hear(heard["command"])


def leaks_in_logs(folder: Path, *, niks: Iterable[str]) -> set[str]:
    """NIKs that a process has written into its log."""
    logs = "".join(path.read_text(errors="replace") for path in folder.glob("*.log"))
    return {nik for nik in niks if nik in logs}


def _rows(query: str, parameters: Sequence[str] = ()) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
