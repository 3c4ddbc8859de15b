"""Does the first page's reader tell the truth of an empty office, of a busy one, and since the morning?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from printing.models import ExtraShift, MorningCount, Printer
from printing.selectors.day import day, line, minutes_open
from printing.services import requests
from printing.services.mornings import count_morning
from printing.states import HoldReason
from registry.central.throttle import Snapshot
from registry.models import Office
from registry.selectors.tallies import by_state
from tests import factories
from tests.factories import ACTOR, NOW

CENTRE = Snapshot(state="holding", limit=4.0)


class TestDay:
    def test_is_right_for_an_office_with_nothing_in_it(self, office: Office) -> None:
        seen = day(office=office, throttle=CENTRE, now=NOW)
        assert (seen.line.waiting, seen.line.held_sum, seen.line.ready) == (0, 0, 0)
        assert seen.blanks.cover is None
        assert seen.output.possible == 0
        assert [age.cards for age in seen.uncollected] == [0, 0, 0, 0]

    def test_asks_no_more_for_many_than_for_few(self, office: Office) -> None:
        factories.waiting(office, 1)
        with CaptureQueriesContext(
            connection,
        ) as few:
            day(office=office, throttle=CENTRE, now=NOW)
        factories.waiting(office, *range(2, 40))
        with CaptureQueriesContext(connection) as many:
            day(office=office, throttle=CENTRE, now=NOW)
        assert len(many) == len(few)

    def test_counts_those_held_by_their_reason(self, office: Office) -> None:
        first, second, third = factories.waiting(office, 1, 2, 3)
        for row, reason in ((first, HoldReason.POLICY), (second, HoldReason.POLICY)):
            requests.hold(request=row, reason=reason, note="", actor=ACTOR, now=NOW)
        seen = line(office=office, counts=by_state(office=office))
        assert seen.held == {"policy": 2}
        assert seen.waiting == 1
        assert third.state == "waiting"

    def test_allows_no_more_than_the_blanks_and_the_people(self, office: Office) -> None:
        Printer.objects.create(office=office, name="P1", address="x")
        factories.waiting(office, 1, 2, 3)
        factories.stock(office, 2)
        assert day(office=office, throttle=CENTRE, now=NOW).output.possible == 2


class TestMinutesOpen:
    def test_counts_the_standing_hours_until_now(self, office: Office) -> None:
        assert minutes_open(office=office, now=NOW) == 150  # from half past seven to ten

    def test_counts_an_extra_shift_across_standing_hours_once(self, office: Office) -> None:
        ExtraShift.objects.create(
            office=office,
            starts_at=NOW - timedelta(hours=4),
            ends_at=NOW + timedelta(hours=1),
            planned_by=ACTOR,
            planned_at=NOW,
        )
        assert minutes_open(office=office, now=NOW) == 240


class TestCountMorning:
    @pytest.fixture(autouse=True)
    def _somebody(self, office: Office) -> None:
        factories.waiting(office, 1, 2)

    def test_counts_once_a_day(self, office: Office) -> None:
        assert count_morning(office=office, now=NOW)
        factories.waiting(office, 3)
        assert not count_morning(office=office, now=NOW + timedelta(hours=3))
        assert MorningCount.objects.get().waiting == 2

    def test_counts_again_on_the_next_day(self, office: Office) -> None:
        count_morning(office=office, now=NOW)
        assert count_morning(office=office, now=NOW + timedelta(days=1))
