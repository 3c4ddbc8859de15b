"""Was anything lost, done twice, or left unexplained? By SQL, the trays, the centre, and what people saw."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

from django.db.models import Q

from printing.models import CardRequest
from printing.states import RequestState
from registry.models import Event
from registry.models.event import Subject
from registry.selectors.blanks import balances
from registry.states import Place
from tests.chaos.office import Office, patiently
from tests.flow import promises


def violations(office: Office, *, quiet: bool) -> list[str]:
    """Everything that is not as DESIGN.md, section 6, promises; nothing of it is ever forgiven."""
    return patiently(lambda: list(_violations(office, quiet=quiet)))


def _violations(office: Office, *, quiet: bool) -> Iterator[str]:
    yield from _lost(office)
    yield from _twice(office)
    yield from _untold(office)
    if not quiet:
        yield f"not quiet: {_undone(office)}"
        return
    yield from _books(office)


def _undone(office: Office) -> list[tuple[object, ...]]:
    """Where those stand who have no card that the centre knows of."""
    rows = (
        CardRequest.objects.filter(receipt__in=list(office.history.taken))
        .filter(~Q(state=RequestState.READY_FOR_PICKUP) | Q(authorizations__job__tries__reported_at=None))
        .values_list(
            "id",
            "state",
            "hold_reason",
            "recording__state",
            "authorizations__state",
            "authorizations__job__state",
            "authorizations__job__claimed_until",
            "authorizations__job__tries__outcome",
            "authorizations__job__tries__report_due_at",
        )
    )
    return list(rows[:5])


def _lost(office: Office) -> Iterator[str]:
    """Whoever was told "taken in" is there."""
    there = set(CardRequest.objects.values_list("receipt", flat=True))
    for receipt in office.history.taken.keys() - there:
        yield f"lost request {receipt}"


def _twice(office: Office) -> Iterator[str]:
    """A tray holds at most one good card of each job, and there is at most one job per command."""
    cards = Counter(
        file.name.partition("ektp-")[2].split("-")[0] for tray in office.trays for file in tray.glob("*.pdf")
    )
    for job, count in cards.items():
        if count > 1:
            yield f"job {job}: {count} cards"
    printed = balances(office=office.row)[Place.PRINTED]
    reserved = balances(office=office.row)[Place.RESERVED]
    if not printed <= sum(cards.values()) <= printed + reserved:
        yield f"{sum(cards.values())} cards in the trays; the ledger has {printed}, and {reserved} on the way"


def _untold(office: Office) -> Iterator[str]:
    """Every state that somebody saw is an event, in the order in which they were seen."""
    told: dict[str, list[str]] = {}
    for subject_id, target in (
        Event.objects.filter(subject=Subject.REQUEST).order_by("id").values_list("subject_id", "target")
    ):
        told.setdefault(subject_id, []).append(target)
    for request, seen in list(office.history.seen.items()):
        story = iter(told.get(str(request), []))
        if not all(state in story for state in list(seen)):
            yield f"request {request}: seen {seen}, told {told.get(str(request))}"


def _books(office: Office) -> Iterator[str]:
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            promises.check_the_books(office=office.row)
            listed = promises.commands_at(office.centre, office=office.row)
            promises.check_against_the_centre(listed)
    except AssertionError as broken:
        yield f"promise broken: {str(broken)[:300] or 'see tests/flow/promises.py'}"
        return
    except SystemExit:
        yield f"the ledger does not hold: {said.getvalue()[-300:]}"
        return
    for nik, count in promises.used_by_person(listed).items():
        if count > 1:
            yield f"{count} commands used for one person ({nik[-4:]})"
