"""Is the place in line exact, whatever has happened to the line?"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from printing.models import CardRequest, WaitingTally
from printing.models.request import Priority
from printing.selectors.line import place_in_line
from printing.services import requests
from printing.states import HoldReason, RequestState
from registry.models import Event, Office
from registry.models.recording import Source
from registry.services.intake import take_in
from tests import factories

DAYS = [
    datetime(2016, 12, 30, tzinfo=UTC),
    datetime(2017, 3, 1, tzinfo=UTC),
    datetime(2017, 3, 15, tzinfo=UTC),
]
PEOPLE = 120


def counted(request: CardRequest) -> int:
    """The place by counting everybody."""
    waiting = CardRequest.objects.filter(state=RequestState.WAITING).order_by("priority", "recorded_at", "id")
    return list(waiting.values_list("pk", flat=True)).index(request.pk) + 1


@pytest.fixture
def crowd(office: Office) -> list[CardRequest]:
    """People of a few days around the turns of year and month, many of them in the same minute."""
    chance = random.Random(7)
    moments = [
        chance.choice(DAYS) + timedelta(days=chance.randint(0, 3), hours=chance.choice([0, 16, 17, 23]))
        for _person in range(PEOPLE)
    ]
    taken = take_in(
        enrolments=[
            factories.an_enrolment(number, recorded_at=moment)
            for number, moment in enumerate(moments, start=1)
        ],
        office=office,
        source=Source.IMPORT,
        now=factories.NOW,
        actor=factories.ACTOR,
    )
    recordings = [one.recording for one in taken]
    requests.open_requests(wanted=[(row, "new") for row in recordings], now=factories.NOW, actor="test")
    factories.seen(recordings)
    return list(CardRequest.objects.order_by("id"))


class TestPlaceInLine:
    def test_agrees_with_a_count_of_everybody_through_moves_priorities_and_deletions(
        self, crowd: list[CardRequest]
    ) -> None:
        chance = random.Random(11)
        for request in chance.sample(crowd, 30):
            requests.hold(request=request, reason=HoldReason.POLICY, note="", actor="a", now=factories.NOW)
        for request in chance.sample(crowd, 20):
            request.refresh_from_db()
            requests.prioritise(request=request, reason="sakit", actor="a", now=factories.NOW)
        for request in CardRequest.objects.filter(state=RequestState.HELD)[:15]:
            requests.release(request=request, note="", actor="a", now=factories.NOW)
        CardRequest.objects.filter(pk__in=[row.pk for row in chance.sample(crowd, 10)]).delete()
        waiting = list(CardRequest.objects.filter(state=RequestState.WAITING))

        assert len(waiting) > 80
        assert {row.priority for row in waiting} == {Priority.URGENT, Priority.NORMAL}
        assert [place_in_line(request=row) for row in waiting] == [counted(row) for row in waiting]

    def test_is_none_for_one_who_does_not_wait(self, crowd: list[CardRequest]) -> None:
        held = requests.hold(
            request=crowd[0], reason=HoldReason.POLICY, note="", actor="a", now=factories.NOW
        )

        assert place_in_line(request=held) is None

    def test_takes_one_query(self, crowd: list[CardRequest]) -> None:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            place_in_line(request=crowd[5])

        assert len(queries) == 1

    def test_counts_no_other_office(self, crowd: list[CardRequest]) -> None:
        other = Office.objects.create(code="21.71", name="Batam", province="Kepulauan Riau")
        last = max(crowd, key=lambda row: (row.recorded_at, row.pk))
        before = place_in_line(request=last)
        CardRequest.objects.filter(pk=crowd[0].pk).update(office=other)

        assert before == PEOPLE
        assert place_in_line(request=last) == PEOPLE - 1


@pytest.mark.django_db(transaction=True)
class TestTwoBatches:
    def test_of_several_statements_do_not_wait_for_each_others_tallies(
        self, crowd: list[CardRequest]
    ) -> None:
        """PostgreSQL would end one of two that wait for each other, and its thread would tell."""
        in_2016 = [row for row in crowd if row.recorded_at.year == 2016]
        in_2017 = [row for row in crowd if row.recorded_at.year == 2017]
        met, ended = threading.Barrier(2), Counter[str]()

        def leave(*parts: list[CardRequest]) -> None:
            try:
                connection.ensure_connection()
                met.wait(20)
                with transaction.atomic():
                    for part in parts:
                        CardRequest.move_all(part, to=RequestState.AUTHORIZING, at=factories.NOW, actor="a")
                        time.sleep(0.3)  # the other has begun as well
                ended["done"] += 1
            except Exception as error:  # noqa: BLE001 (counted below)
                ended[type(error).__name__] += 1
            finally:
                connection.close()

        batches = [(in_2016[::2], in_2017[::2]), (in_2017[1::2], in_2016[1::2])]
        threads = [threading.Thread(target=leave, args=parts) for parts in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert ended == {"done": 2}
        assert sum(WaitingTally.objects.filter(span="year").values_list("waiting", flat=True)) == 0


class TestPrioritise:
    def test_leaves_the_reason_and_the_name_behind(self, crowd: list[CardRequest]) -> None:
        jumped = requests.prioritise(
            request=crowd[-1], reason="akan berobat", actor="siti", now=factories.NOW
        )

        event = Event.objects.filter(subject="request", subject_id=str(jumped.pk)).latest("id")
        assert (event.actor, event.why) == ("siti", "akan berobat")
        assert place_in_line(request=jumped) == 1

    def test_needs_a_reason(self, crowd: list[CardRequest]) -> None:
        with pytest.raises(requests.NotNow, match="alasan"):
            requests.prioritise(request=crowd[-1], reason=" ", actor="siti", now=factories.NOW)
