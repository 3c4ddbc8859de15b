"""Do bells stop where nobody listens, and go on as soon as somebody does?"""

from __future__ import annotations

from collections.abc import Generator
from uuid import uuid4

import pytest
from redis import Redis

from printing.bells import UNHEARD, Bells
from printing.tasks import _ring, noop
from registry.central import door

QUEUE = "office"


@pytest.fixture
def broker() -> Generator[Redis]:
    """The broker, with an empty queue that no worker reads."""
    redis = door.redis_client()
    redis.delete(QUEUE)
    yield redis
    redis.delete(QUEUE)


@pytest.fixture
def lane() -> str:
    """A lane at which no loop has ever worked."""
    return f"test:{uuid4().hex}"


def leave_unheard(broker: Redis, bells: int) -> None:
    broker.lpush(QUEUE, *[b"a bell"] * bells)


class TestPump:
    def test_rings_for_the_loops_that_are_missing(self, broker: Redis, lane: str) -> None:
        with Bells(broker).loop(lane, worker="a"):
            _ring(noop, lane, loops=3)

        assert broker.llen(QUEUE) == 2

    def test_rings_for_nobody_where_bells_pile_up(self, broker: Redis, lane: str) -> None:
        leave_unheard(broker, UNHEARD)

        _ring(noop, lane, loops=3)

        assert broker.llen(QUEUE) == UNHEARD

    def test_rings_again_when_a_worker_takes_the_pile(self, broker: Redis, lane: str) -> None:
        leave_unheard(broker, UNHEARD)
        broker.rpop(QUEUE)

        _ring(noop, lane, loops=3)

        assert broker.llen(QUEUE) == UNHEARD - 1 + 3
