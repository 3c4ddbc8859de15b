"""How much work is due now? Counts that a pump may ask for every second: each stops at its limit."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from printing.models import CardRequest, PrintAttempt, PrintAuthorization, PrintJob
from printing.states import AuthorizationState, JobState, RequestState
from registry.models import BlankBalance, Office
from registry.states import Place

EXPIRY_MARGIN = timedelta(seconds=60)  # a command must outlive the card begun on it: a minute at best
ON_THE_WAY = (JobState.QUEUED, JobState.CLAIMED, JobState.SENDING)
# The same, in the words of the two partial indexes: jobs that ended long ago are not looked at.
ON_THE_WAY_BY_INDEX = Q(state=JobState.QUEUED) | Q(state__in=[JobState.CLAIMED, JobState.SENDING])


def blanks_in_store(*, office: Office) -> int:
    """Blanks that may be reserved."""
    balance = BlankBalance.objects.filter(office=office, place=Place.STORE).values_list("quantity", flat=True)
    return balance.first() or 0


def commands_wanted(*, office: Office, ready_ahead: int, now: datetime, batch: int = 1) -> int:
    """How many more print commands can become cards soon, pending ones that are due among them.

    A command expires, and without a blank it is of no use; so no more are asked for than
    ``ready_ahead`` or than blanks, less what is already being asked for or made. While half of that is
    on its way nobody is in need, and fewer than a ``batch`` are not worth a batch's statements: 0.
    """
    room = min(ready_ahead, blanks_in_store(office=office))
    made = PrintJob.objects.filter(ON_THE_WAY_BY_INDEX, authorization__request__office=office).order_by()
    asked = PrintAuthorization.objects.filter(
        Q(state=AuthorizationState.ASKING) | Q(state=AuthorizationState.PENDING, due_at__gt=now),
        request__office=office,
    ).order_by()
    on_the_way = made[:room].count() + asked[:room].count()
    wanted = max(0, room - on_the_way)
    return 0 if wanted < batch and 2 * on_the_way >= room else wanted


def askable(*, office: Office, now: datetime, at_most: int) -> int:
    """Requests that may be asked for now, and pending commands that are due."""
    if at_most <= 0:
        return 0
    waiting = CardRequest.objects.filter(office=office, state=RequestState.WAITING, due_at__lte=now)
    pending = PrintAuthorization.objects.filter(
        state=AuthorizationState.PENDING, due_at__lte=now, request__office=office
    )
    return min(at_most, waiting.values("pk")[:at_most].count() + pending.values("pk")[:at_most].count())


def printable(*, office: Office, now: datetime, at_most: int) -> int:
    """Jobs that a printer may take now."""
    jobs = PrintJob.objects.filter(
        state=JobState.QUEUED,
        authorization__state=AuthorizationState.GRANTED,
        authorization__expires_at__gt=now + EXPIRY_MARGIN,
        authorization__request__state=RequestState.READY_TO_PRINT,
        authorization__request__office=office,
    )
    return jobs.values("pk")[:at_most].count()


def reportable(*, office: Office, now: datetime, at_most: int) -> int:
    """Outcomes that the centre should hear of now."""
    due = PrintAttempt.objects.filter(
        ~Q(outcome=""), report_due_at__lte=now, job__authorization__request__office=office
    )
    return due.values("pk")[:at_most].count()
