"""Does anything grow, or lose its order, while the centre is away for three weeks and people keep coming?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from redis import Redis

from printing.models import CardRequest, Claim, PrintAuthorization, PrintJob
from printing.services import authorizations, claims
from printing.states import RequestState
from registry.central.gateway import Gateway
from registry.central.memory import MemoryCentral
from registry.central.throttle import Throttle
from registry.models import Office
from tests import factories

LEASE = timedelta(seconds=90)
DAYS, TURNS_A_DAY, ARRIVALS = 21, 6, 3
GROWTH = 200_000  # bytes; what a Redis may need more after three weeks of nothing but refusals
pytestmark = pytest.mark.django_db


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


def test_three_weeks_without_the_centre_grow_nothing_but_the_line(redis: Redis) -> None:
    office, now = factories.an_office(), factories.NOW
    factories.stock(office, 100)
    centre = MemoryCentral(clock=lambda: now)
    door = Gateway(central=centre, throttle=Throttle(redis, name="outage"), office=office.code)
    centre.break_down()
    people, grown = 0, []

    for day in range(DAYS):
        numbers = range(people + 1, people + ARRIVALS + 1)
        people += ARRIVALS
        for number in numbers:
            centre.see(factories.nik_of(number))
        factories.waiting(office, *numbers, now=now)
        for _turn in range(TURNS_A_DAY):
            now += timedelta(hours=24 / TURNS_A_DAY)
            ask(office, door, now)
        if day in (1, DAYS - 1):
            grown.append((redis.dbsize(), redis.info("memory")["used_memory"]))

    (keys_before, bytes_before), (keys_after, bytes_after) = grown
    assert keys_after <= keys_before
    assert bytes_after - bytes_before < GROWTH
    assert not PrintJob.objects.exists()
    assert not Claim.objects.exists()
    assert PrintAuthorization.objects.count() <= people, "one asking a person, however often"
    assert CardRequest.objects.filter(state=RequestState.WAITING).count() == people, "nobody is lost"

    centre.open()
    now += timedelta(hours=1)  # whoever was sent away at the last turn may come again
    redis.flushdb()  # the throttle's own patience is real time; it has its own tests
    served = []
    for _turn in range(people):
        served += [row.request_id for row in ask(office, door, now)]
    in_line = list(CardRequest.objects.order_by("recorded_at").values_list("pk", flat=True))
    assert served[: len(in_line)] == in_line, "nobody is overtaken"


def ask(office: Office, door: Gateway, now: datetime) -> list[PrintAuthorization]:
    """One turn of a worker, and the sweeps."""
    claimed = authorizations.claim(office=office, limit=2, now=now, lease=LEASE)
    claims.note(lane=claims.Lane.AUTHORIZE, rows=claimed, until=now + LEASE, holder="central@gone/1")
    answers = [authorizations.ask(authorization=row, central=door) for row in claimed]
    authorizations.record(answers=answers, now=now)
    authorizations.rescue(office=office, now=now)
    claims.take_back(now=now + 2 * LEASE)
    return [answer.authorization for answer in answers if answer.command]
