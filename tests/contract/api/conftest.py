"""How does schemathesis reach the interface? Through WSGI, with a device that may do everything."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection

from registry.central.door import redis_client
from tests import factories
from tests.devices import Speaker, a_device, a_recording


@pytest.fixture
def device(db: None) -> Speaker:
    """A device, and somebody it has delivered, so that some questions have an answer."""
    with connection.cursor() as cursor:  # hypothesis may think for long between two questions
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    speaker = a_device(factories.an_office())
    assert speaker.post("recordings", a_recording(1)).status_code == 201
    return speaker


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> Iterator[None]:
    """Here everything is asked a thousand times from one address."""
    settings.API_PER_DEVICE = settings.API_PER_ADDRESS = settings.API_LOOKUPS_PER_DEVICE = 10**9
    settings.API_PER_TARGET = settings.API_FAILURES_PER_ADDRESS = 10**9
    cache.clear()
    yield
    redis = redis_client()
    for key in redis.scan_iter("api:*"):
        redis.delete(key)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """The test's own transaction is the office's: no request may close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api_schema(device: Speaker, _one_connection: None) -> Any:
    """The schema as it is served, asked with the device's key."""
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
    # What a schema cannot say: a real date in a NIK, the check symbol of a receipt, a paper for a reason.
    schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "304", "4xx", "503"]
    return schema


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Each attempt is an act of its own."""
    if case.headers and "Idempotency-Key" in case.headers and len(case.headers["Idempotency-Key"]) >= 16:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
