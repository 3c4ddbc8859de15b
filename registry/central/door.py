"""Which centre does this process speak to? One throttled door per office and process."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from registry.central.client import shared
from registry.central.gateway import Gateway
from registry.central.throttle import Throttle


def door(*, office: str) -> Gateway:
    """The way to the centre for this office (its code). Raises ImproperlyConfigured without an address."""
    return _door(office, os.getpid())


def throttle() -> Throttle:
    """The throttle that all workers on all machines share."""
    return _throttle(os.getpid())


def redis_client() -> Redis:
    """This process's connection pool to Redis."""
    return _redis(os.getpid())


def own_redis_client() -> Redis:
    """This thread's own connection to Redis, for what is asked with every request: no pool to lock and look.

    Whatever is asked here may be asked twice: a connection that turns out to be lost is made anew.
    """
    if _own.pid != os.getpid():
        _own.client = _connect(single_connection_client=True, retry=Retry(NoBackoff(), 1))
        _own.pid = os.getpid()
    return _own.client


def be(name: str) -> None:
    """From now on this process, and whatever it forks, takes its permits under this name."""
    _names["holder"] = name
    _throttle.cache_clear()
    _door.cache_clear()


def _connect(**more: Any) -> Redis:
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=5,  # seconds; an answer takes under a millisecond, so five mean: gone
        socket_connect_timeout=2,
        health_check_interval=30,
        **more,
    )


class _Own(threading.local):
    client: Redis
    pid = 0


_own = _Own()
_names = {"holder": ""}

# The process id in each key: a forked child never shares its parent's sockets.


@cache
def _redis(pid: int) -> Redis:
    return _connect()


@cache
def _throttle(pid: int) -> Throttle:
    return Throttle(_redis(pid), lease=settings.PERMIT_LEASE_SECONDS, process=_names["holder"])


@cache
def _door(office: str, pid: int) -> Gateway:
    if not settings.CENTRAL_URL:
        raise ImproperlyConfigured("CENTRAL_URL is not set: there is no centre to ask.")
    central = shared(settings.CENTRAL_URL, settings.CENTRAL_TOKEN, timeout=settings.CENTRAL_TIMEOUT)
    return Gateway(central=central, throttle=_throttle(pid), office=office)
