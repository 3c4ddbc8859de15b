"""Are the counts by state exact, whoever moves what, and as cheap after a long history?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from printing.models import CardRequest, PrintAuthorization, PrintJob
from printing.selectors.board import board
from printing.selectors.day import day
from printing.selectors.status import status
from printing.selectors.work import commands_wanted
from printing.services import requests
from registry.central.throttle import Snapshot
from registry.models import Office, Recording, StateTally
from registry.selectors.tallies import by_state
from registry.services.tallies import fold
from tests import factories

COUNTED: tuple[Any, ...] = (Recording, CardRequest, PrintAuthorization, PrintJob)


@pytest.fixture
def office(db: None) -> Office:
    """Five wait, one of them is held, and two have a print command, one of these a job."""
    office = factories.an_office()
    rows = factories.waiting(office, 1, 2, 3, 4, 5)
    now = timezone.now()
    requests.cancel(request=rows[0], reason="pindah", actor="uji", now=now)
    for row in rows[1:3]:
        PrintAuthorization.objects.create(request=row, state_since=now)
    first = PrintAuthorization.objects.first()
    PrintJob.objects.create(authorization=first, state_since=now)
    return office


def counted(model: Any) -> dict[str, int]:
    return dict(Counter(model.objects.values_list("state", flat=True)))


def assert_exact(office: Office) -> None:
    told = by_state(office=office)
    for model in COUNTED:
        assert told[model.SUBJECT] == counted(model), model


class TestTally:
    def test_follows_rows_that_come_and_move(self, office: Office) -> None:
        assert_exact(office)
        assert by_state(office=office)["request"] == {"waiting": 4, "cancelled": 1}
        assert by_state(office=office)["authorization"] == {"waiting": 2}
        assert by_state(office=office)["job"] == {"queued": 1}

    def test_follows_rows_that_go(self, office: Office) -> None:
        PrintJob.objects.all().delete()
        PrintAuthorization.objects.all().delete()
        assert_exact(office)

    def test_leaves_nothing_for_a_row_that_stays_in_its_state(self, office: Office) -> None:
        before = StateTally.objects.count()
        CardRequest.objects.update(due_at=timezone.now())
        assert StateTally.objects.count() == before

    def test_forgets_what_was_rolled_back(self, office: Office) -> None:
        with transaction.atomic():
            CardRequest.objects.filter(state="waiting").update(state="authorizing")
            assert_exact(office)
            transaction.set_rollback(True)
        assert_exact(office)

    def test_keeps_offices_apart(self, office: Office) -> None:
        assert by_state(office=Office(pk=office.pk + 1))["request"] == {}


class TestFold:
    def test_changes_no_count_and_leaves_a_row_for_each(self, office: Office) -> None:
        before = by_state(office=office)
        fold()
        assert by_state(office=office) == before
        assert StateTally.objects.count() == sum(len(states) for states in before.values())

    @pytest.mark.django_db(transaction=True)
    def test_loses_nothing_while_others_move_and_fold(self, office: Office) -> None:
        def move() -> None:
            for _n in range(20):
                CardRequest.objects.filter(state="waiting").update(state="authorizing")
                CardRequest.objects.filter(state="authorizing").update(state="waiting")
            connection.close()

        def keep_folding() -> None:
            for _n in range(20):
                fold()
            connection.close()

        threads = [Thread(target=deed) for deed in (move, keep_folding, keep_folding)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert_exact(office)


HISTORY = 3000  # cards handed over long ago


def grow(office: Office) -> None:
    """A past: requests, commands and jobs that ended long ago."""
    first = CardRequest.objects.select_related("resident", "recording").earliest("pk")
    now = timezone.now() - timedelta(days=400)
    past = CardRequest.objects.bulk_create(
        CardRequest(
            receipt=f"lama-{n}",
            office=office,
            resident=first.resident,
            recording=first.recording,
            state="handed_over",
            **dict.fromkeys(("recorded_at", "created_at", "due_at", "state_since"), now),
        )
        for n in range(HISTORY)
    )
    commands = PrintAuthorization.objects.bulk_create(
        PrintAuthorization(request=row, state="used", state_since=now, command_id=uuid4()) for row in past
    )
    PrintJob.objects.bulk_create(
        PrintJob(authorization=command, state="checked", state_since=now) for command in commands
    )
    fold()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows_read(queries: list[dict[str, str]]) -> int:
    """How many rows these queries took from tables and indexes, by the server's own account."""
    return sum(_touched(_plan(query["sql"])) for query in queries if query["sql"].startswith("SELECT"))


def _plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        plan: dict[str, Any] = cursor.fetchone()[0][0]["Plan"]
        return plan


def _touched(node: dict[str, Any]) -> int:
    here = 0
    if "Scan" in node["Node Type"]:
        here = int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    return here + sum(_touched(child) for child in node.get("Plans", ()))


SEEN = Snapshot(state="searching")
LOOKS: dict[str, Callable[[Office, datetime], object]] = {
    "status": lambda office, now: status(office=office, throttle=SEEN, now=now),
    "board": lambda office, now: board(office=office, throttle=SEEN, now=now),
    "first page": lambda office, now: day(office=office, throttle=SEEN, now=now),
    "pump": lambda office, now: commands_wanted(office=office, ready_ahead=10, now=now),
}


def read_by(look: str, office: Office) -> int:
    with CaptureQueriesContext(connection) as seen:
        LOOKS[look](office, timezone.now())
    return rows_read(seen.captured_queries)


class TestStatus:
    def test_tells_what_a_count_would(self, office: Office) -> None:
        told = status(office=office, throttle=SEEN, now=timezone.now())
        assert {state: n for state, n in told.jobs.items() if n} == counted(PrintJob)
        assert {state: n for state, n in told.requests.items() if n} == counted(CardRequest)


@pytest.mark.parametrize("look", LOOKS)
def test_reads_no_more_rows_after_a_long_history(office: Office, look: str) -> None:
    fold()
    before = read_by(look, office)
    grow(office)
    assert_exact(office)
    assert read_by(look, office) <= before + 5  # the counts of states that there were not before
