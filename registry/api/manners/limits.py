"""How much may a device, an address, or everybody together about one person ask?

Counted in Redis in fixed windows, in one round trip. Told in every answer (``RateLimit``,
``RateLimit-Policy``: IETF draft-ietf-httpapi-ratelimit-headers). Names of people and numbers of
receipts never reach Redis: a target is its keyed index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from registry.api.manners.problems import RateLimited, Unavailable
from registry.central.door import own_redis_client
from registry.models.resident import vault

COUNT = """
local found = {}
for i, key in ipairs(KEYS) do
    local count = redis.call('INCR', key)
    local left = redis.call('PTTL', key)
    if left < 0 then
        redis.call('PEXPIRE', key, ARGV[i])
        left = tonumber(ARGV[i])
    end
    found[#found + 1] = count
    found[#found + 1] = left
end
return found
"""
COUNT_SHA = hashlib.sha1(COUNT.encode(), usedforsecurity=False).hexdigest()  # how Redis names a script
MINUTE, HOUR = 60, 3600  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of ``name`` in so many seconds, counted for ``who``."""

    name: str
    quota: int
    window: int
    who: str

    @property
    def key(self) -> str:
        return f"api:limit:{self.name}:{self.who}"

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.quota};w={self.window}'


@dataclass(frozen=True, slots=True)
class Spent:
    """A limit after one more was asked for."""

    limit: Limit
    count: int
    resets_in: int  # seconds

    @property
    def remaining(self) -> int:
        return max(0, self.limit.quota - self.count)

    @property
    def is_over(self) -> bool:
        return self.count > self.limit.quota

    @property
    def header(self) -> str:
        return f'"{self.limit.name}";r={self.remaining};t={self.resets_in}'


def of_address(address: str) -> Limit:
    """Everything from one address."""
    return Limit("address", settings.API_PER_ADDRESS, MINUTE, address)


def of_device(device: str) -> Limit:
    """Everything from one device."""
    return Limit("device", settings.API_PER_DEVICE, MINUTE, device)


def of_failures(address: str) -> Limit:
    """Wrong keys and codes from one address."""
    return Limit("failures", settings.API_FAILURES_PER_ADDRESS, MINUTE, address)


def of_lookups(device: str) -> Limit:
    """Questions about people from one device."""
    return Limit("lookups", settings.API_LOOKUPS_PER_DEVICE, MINUTE, device)


def of_target(target: str) -> Limit:
    """Questions about one person or receipt, from wherever they come."""
    return Limit("target", settings.API_PER_TARGET, HOUR, vault().index(f"target:{target}").hex())


def spend(limits: Sequence[Limit], *, redis: Redis | None = None) -> list[Spent]:
    """Count one more against each. Raises RateLimited; RedisError when nobody counts."""
    counts = _count(
        redis or own_redis_client(),
        *(len(limits), *(limit.key for limit in limits), *(limit.window * 1000 for limit in limits)),
    )
    spent = [
        Spent(limit, int(counts[2 * place]), ceil(int(counts[2 * place + 1]) / 1000))
        for place, limit in enumerate(limits)
    ]
    over = [one for one in spent if one.is_over]
    if over:
        error = RateLimited(retry_after=max(1, *(one.resets_in for one in over)) if over else 1)
        error.spent = spent
        raise error
    return spent


def _count(redis: Redis, *asked: Any) -> Any:
    """Ask by the script's name; a Redis that was emptied or started anew is told the script again."""
    try:
        return redis.evalsha(COUNT_SHA, *asked)
    except NoScriptError:
        return redis.eval(COUNT, *asked)


def spend_or_refuse(limits: Sequence[Limit]) -> list[Spent]:
    """The same where counting is what protects people: without Redis nothing is told."""
    try:
        return spend(limits)
    except RedisError as error:
        raise Unavailable(retry_after=5) from error
