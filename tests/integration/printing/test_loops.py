"""Does the list of loops at work say who is there, and forget who is not?"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from redis import Redis

from printing.bells import Bells


@pytest.fixture
def bells() -> Iterator[Bells]:
    """A list that nobody has signed."""
    redis = Redis.from_url(settings.REDIS_URL)
    yield Bells(redis, prefix=f"test-{uuid4().hex}")
    redis.close()


class TestLoops:
    def test_counts_the_loops_of_each_lane(self, bells: Bells) -> None:
        with bells.loop("print:1", worker="printing@a"), bells.loop("print:1", worker="printing@b"):
            assert (bells.at_work("print:1"), bells.at_work("print:2")) == (2, 0)
        assert bells.at_work("print:1") == 0

    def test_strikes_out_the_loops_of_a_worker_that_begins_anew(self, bells: Bells) -> None:
        with bells.loop("authorize", worker="central@a"), bells.loop("authorize", worker="central@b"):
            bells.sign_out("central@a")
            assert bells.at_work("authorize") == 1

    def test_signs_out_however_a_loop_ends(self, bells: Bells) -> None:
        with pytest.raises(ZeroDivisionError), bells.loop("poll", worker="central@a"):
            raise ZeroDivisionError
        assert bells.at_work("poll") == 0
