"""What does every test of the interface need?"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches

from printing.api.lookups import gate_of
from registry.central.door import redis_client
from registry.models import Office
from tests import factories
from tests.devices import Speaker, a_device


@pytest.fixture
def office(db: None) -> Office:
    return factories.an_office()


@pytest.fixture
def device(office: Office) -> Speaker:
    """A device that may do everything."""
    return a_device(office)


@pytest.fixture(autouse=True)
def _fresh_counts() -> Any:
    """No test spends another one's limits, or sees its board."""
    redis = redis_client()
    for key in redis.scan_iter("api:*"):
        redis.delete(key)
    for known in settings.CACHES:
        caches[known].clear()
    gate_of.cache_clear()
