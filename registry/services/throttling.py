"""How does an administrator hold the calls to the centre back, and let them go on?

Each wish is one row with a name and a reason. The row is written first and stands only if the throttle
has heard: whoever reads the history reads what was done. Raises ValidationError, which names the field
and its rule, and RedisError, after which nothing has changed.

The throttle lives in Redis, which may lose its data; the wishes live here, and ``remind`` tells them again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from registry.central.throttle import Throttle
from registry.models.throttling import ThrottleChange, ThrottleDeed
from registry.services.reasons import a_reason

ONE_AT_A_TIME = 0x74686574  # an advisory lock of our own: no reminder undoes the wish that follows it
HIGHEST_CEILING = 10_000  # calls at once; twenty for each office of the country, so a slip of the finger


def pause(*, throttle: Throttle, why: str, actor: str, now: datetime) -> ThrottleChange:
    """No new calls until ``resume``; calls in flight finish."""
    reason = a_reason(why)
    return _do(
        ThrottleDeed.PAUSE,
        lambda: throttle.pause(reason=reason, actor=actor),
        why=reason,
        actor=actor,
        now=now,
    )


def resume(*, throttle: Throttle, why: str, actor: str, now: datetime) -> ThrottleChange:
    """Calls again, at the level that was learned."""
    return _do(ThrottleDeed.RESUME, throttle.resume, why=a_reason(why), actor=actor, now=now)


def set_ceiling(*, throttle: Throttle, ceiling: int, why: str, actor: str, now: datetime) -> ThrottleChange:
    """Never more calls at once than this, whatever is learned."""
    if not 1 <= ceiling <= HIGHEST_CEILING:
        rule = _("paling sedikit 1 dan paling banyak %(most)d; untuk berhenti, hentikan sementara.")
        raise ValidationError({"ceiling": rule % {"most": HIGHEST_CEILING}})
    return _do(
        ThrottleDeed.CEILING,
        lambda: throttle.set_ceiling(ceiling),
        why=a_reason(why),
        actor=actor,
        now=now,
        ceiling=ceiling,
    )


def lift_ceiling(*, throttle: Throttle, why: str, actor: str, now: datetime) -> ThrottleChange:
    """As many calls at once as are learned."""
    return _do(
        ThrottleDeed.NO_CEILING,
        lambda: throttle.set_ceiling(None),
        why=a_reason(why),
        actor=actor,
        now=now,
    )


def forget(*, throttle: Throttle, why: str, actor: str, now: datetime) -> ThrottleChange:
    """Learn the centre anew, as in another centre's first minute; a pause and a ceiling go too."""
    return _do(ThrottleDeed.FORGET, throttle.forget, why=a_reason(why), actor=actor, now=now)


def remind(*, throttle: Throttle) -> list[ThrottleChange]:
    """Tell a throttle that has forgotten its pause or its ceiling; returns the wishes it was reminded of."""
    told = []
    with transaction.atomic():
        _in_turn()
        seen = throttle.snapshot()
        pause = _last(ThrottleDeed.PAUSE, ThrottleDeed.RESUME)
        if pause and pause.deed == ThrottleDeed.PAUSE and not seen.paused:
            throttle.pause(reason=pause.why, actor=pause.actor)
            told.append(pause)
        ceiling = _last(ThrottleDeed.CEILING, ThrottleDeed.NO_CEILING)
        if ceiling and ceiling.ceiling is not None and seen.ceiling is None:
            throttle.set_ceiling(ceiling.ceiling)
            told.append(ceiling)
    return told


def _last(*deeds: ThrottleDeed) -> ThrottleChange | None:
    return ThrottleChange.objects.filter(deed__in=[*deeds, ThrottleDeed.FORGET]).order_by("-id").first()


def _in_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _do(
    deed: ThrottleDeed,
    tell: Callable[[], None],
    *,
    why: str,
    actor: str,
    now: datetime,
    ceiling: int | None = None,
) -> ThrottleChange:
    with transaction.atomic():
        _in_turn()
        change = ThrottleChange.objects.create(at=now, deed=deed, ceiling=ceiling, why=why, actor=actor)
        tell()  # last, so that a Redis that is gone takes the row along
    return change
