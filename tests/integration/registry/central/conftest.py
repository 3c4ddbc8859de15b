"""Which Redis do the tests of the throttle learn in?"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from redis import Redis

from registry.central.throttle import Throttle


@pytest.fixture
def redis() -> Iterator[Redis]:
    """The session's own Valkey."""
    client = Redis.from_url(settings.REDIS_URL)
    yield client
    client.close()


@pytest.fixture
def throttle(redis: Redis) -> Iterator[Throttle]:
    """A throttle that knows nothing yet."""
    throttle = Throttle(redis, name=f"test-{uuid4().hex}")
    yield throttle
    throttle.forget()
