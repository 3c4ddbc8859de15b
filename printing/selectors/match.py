"""Do our rows, the centre's commands and counts, and the ledger say the same? Where not, what differs?

Reads only. What may still be on its way (an answer that is being recorded, a report that is due, a
card in the printer) is no difference: each side gets ``GRACE`` to hear of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from printing.models import CardRequest, PrintAttempt, PrintAuthorization
from printing.models.job import Outcome
from printing.states import AuthorizationState, JobState, RequestState
from registry.central.contract import CommandStatus, ListedAttempt, ListedCommand, MonthCounts
from registry.models import BlankReceipt, Office
from registry.models.blank import SETTLED
from registry.states import Place

GRACE = timedelta(hours=1)  # a report that keeps failing is tried again within the hour
SETTLING = timedelta(minutes=2)  # after a report until both sides have surely counted it
CENTRE_ZONE = ZoneInfo("Asia/Jakarta")  # in which the centre counts its months
UNDER_WAY = (JobState.SENDING, JobState.IN_DOUBT)  # somebody will still say what became of the blank
# One statement, and so one moment: what moves meanwhile is in neither side or in both. The ledger names
# its movements after the attempt: taken, settled, and found bad later.
ATTEMPTS_AND_BLANKS = f"""
    WITH moved AS (
        SELECT id, target, regexp_replace(reference, '(:reserved|:reserved{SETTLED}|:spoiled)$', '') AS name
        FROM registry_blankmovement WHERE office_id = %(office)s AND reference LIKE 'ektp-%%'
    ), lies AS (SELECT DISTINCT ON (name) name, target FROM moved ORDER BY name, id DESC),
    tried AS (
        SELECT attempt.name, attempt.blank, attempt.outcome, attempt.sent_at, job.state
        FROM printing_printattempt AS attempt
        JOIN printing_printjob AS job ON job.id = attempt.job_id
        JOIN printing_printauthorization AS command ON command.id = job.authorization_id
        JOIN printing_cardrequest AS request ON request.id = command.request_id
        WHERE request.office_id = %(office)s
    )
    SELECT name, tried.blank, tried.outcome, tried.sent_at, tried.state, lies.target
    FROM tried FULL JOIN lies USING (name) ORDER BY name
"""  # noqa: S608  (no word of it comes from outside)
# Where a blank may lie, by what was said of its attempt. A card that was found bad after the centre had
# heard of it stays "printed" there, and its blank is spoiled.
FITTING: Mapping[str, frozenset[str]] = {
    Outcome.PRINTED: frozenset({Place.PRINTED, Place.SPOILED}),
    Outcome.SPOILED: frozenset({Place.SPOILED, Place.LOST}),
    "": frozenset({Place.RESERVED}),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree: a kind of ``printing.findings``, what it is about, and how."""

    kind: str
    subject: str
    detail: str = ""


# --- Us and the centre ------------------------------------------------------------------------


def against_commands(
    *, office: Office, listed: Sequence[ListedCommand], now: datetime
) -> Iterator[Difference]:
    """Our commands and attempts beside the centre's list of them."""
    theirs = {command.command_id: command for command in listed}
    ours = {
        row["command_id"]: row
        for row in PrintAuthorization.objects.filter(request__office=office)
        .exclude(command_id=None)
        .values("command_id", "issued_at")
    }
    for command in listed:
        fresh = command.issued_at is None or command.issued_at > now - GRACE
        idle = command.status in (CommandStatus.EXPIRED, CommandStatus.REVOKED) and not command.attempts
        if command.command_id not in ours and not fresh and not idle:
            yield Difference("command-unknown-here", str(command.command_id), command.status)
    for command_id, row in ours.items():
        fresh = row["issued_at"] is None or row["issued_at"] > now - GRACE
        if command_id not in theirs and not fresh:
            yield Difference("command-unknown-there", str(command_id))
    yield from _against_attempts(office, theirs, now=now)


def _against_attempts(
    office: Office, theirs: Mapping[Any, ListedCommand], *, now: datetime
) -> Iterator[Difference]:
    ours: dict[tuple[Any, int], Any] = {
        (row["job__authorization__command_id"], row["n"]): row
        for row in PrintAttempt.objects.filter(job__authorization__request__office=office)
        .exclude(outcome="")
        .values("job__authorization__command_id", "n", "name", "outcome", "blank", "ended_at")
    }
    told = {(command.command_id, one.n): one for command in theirs.values() for one in command.attempts}
    for key, row in ours.items():
        if key not in told:
            if row["ended_at"] < now - GRACE and key[0] in theirs:
                yield Difference("card-not-counted", row["blank"], row["outcome"])
        elif (said := _said(told[key])) != (row["outcome"], row["blank"]):
            yield Difference("attempt-differs", row["blank"], " ".join(said))
    for key, one in told.items():
        if key not in ours:
            yield Difference("attempt-unknown-here", one.blank, one.outcome)


def _said(attempt: ListedAttempt) -> tuple[str, str]:
    return str(attempt.outcome), attempt.blank


def forgotten_cards(*, listed: Sequence[ListedCommand]) -> QuerySet[CardRequest]:
    """Who is ready to be printed on a command of which the centre was told a card already. Only an office
    that went back in time has such people."""
    told = [
        command.command_id
        for command in listed
        if any(attempt.outcome == Outcome.PRINTED for attempt in command.attempts)
    ]
    return CardRequest.objects.filter(
        state=RequestState.READY_TO_PRINT,
        authorizations__state=AuthorizationState.GRANTED,
        authorizations__command_id__in=told,
    )


def against_month(*, office: Office, counts: MonthCounts) -> Iterator[Difference]:
    """The centre's numbers of a month beside ours; ours are what we have told it."""
    since, until = month_bounds(counts.month)
    told = PrintAttempt.objects.filter(
        job__authorization__request__office=office,
        ended_at__gte=since,
        ended_at__lt=until,
        reported_at__isnull=False,
    )
    ours = Counter(told.values_list("outcome", flat=True))
    received = BlankReceipt.objects.filter(
        movement__office=office, received_on__gte=since.date(), received_on__lt=until.date()
    ).aggregate(sum=Sum("movement__quantity"))["sum"]
    for kind, here, there in (
        ("month-printed", ours[Outcome.PRINTED], counts.printed),
        ("month-spoiled", ours[Outcome.SPOILED], counts.spoiled),
        ("month-blanks", received or 0, counts.blanks_sent),
    ):
        if here != there:
            yield Difference(kind, counts.month, f"{here} ≠ {there}")


def reports_are_moving(*, office: Office, now: datetime) -> bool:
    """Whether the numbers of a month change while they are being compared."""
    attempts = PrintAttempt.objects.filter(job__authorization__request__office=office).exclude(outcome="")
    return attempts.filter(Q(reported_at=None) | Q(reported_at__gt=now - SETTLING)).exists()


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """[first moment, first moment of the next) of ``YYYY-MM``, as the centre counts."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=CENTRE_ZONE)
    return first, (first + timedelta(days=32)).replace(day=1)


def months_to_match(*, now: datetime) -> list[str]:
    """This month and the one before: late reports still change it."""
    today = now.astimezone(CENTRE_ZONE)
    before = today.replace(day=1) - timedelta(days=1)
    return [before.strftime("%Y-%m"), today.strftime("%Y-%m")]


# --- Us and the ledger --------------------------------------------------------------------------


def against_ledger(*, office: Office, now: datetime) -> Iterator[Difference]:
    """Every attempt beside the movements of its blank, and every blank that was taken beside its attempt."""
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS_AND_BLANKS, {"office": office.pk})
        rows = cursor.fetchall()
    for name, blank, outcome, sent_at, job_state, place in rows:
        if blank is None:
            if place != Place.STORE:
                yield Difference("blank-without-card", name, str(place))
        elif place is None:
            yield Difference("card-without-blank", blank, outcome)
        elif place not in FITTING[outcome]:
            yield Difference("blank-elsewhere", blank, f"{outcome or '?'} → {place}")
        elif outcome == "" and job_state not in UNDER_WAY and sent_at < now - GRACE:
            yield Difference("blank-without-card", blank, job_state)
