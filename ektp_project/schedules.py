"""Which bell does beat ring when, and which of several beats rings?

The table STANDING is the only place where standing bells are set; beat writes it into the database
under ``standing: …`` and takes what is no longer in it away. What people plan (``extra: …``, or a
row of their own) it follows without a restart. A person may switch a standing bell off in the admin;
any other change to one is undone when beat starts again.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler
from redis.exceptions import RedisError

from ektp_project.processes import WORKERS
from printing.bells import Bells
from printing.services.heartbeats import beat_of
from printing.shifts import CLOSES, OPENS
from registry.central.door import redis_client

PREFIX = "standing: "
LEADER_KEY = 0x65_4B_54_50_62_65_61_74  # "eKTPbeat": the advisory lock of the beat that rings
STANDBY_SECONDS = 2.0  # between two looks of a beat that waits, or has lost its database
SIGN_SECONDS = 5.0  # between two signs of life; silence is measured in minutes
# A lone machine that loses its power says no farewell: the server lets go of its lock after half a minute.
SESSION = {
    "application_name": "ektp beat leader",
    "options": "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
    "keepalives_idle": 15,
    "tcp_user_timeout": 10_000,  # milliseconds
}

log = logging.getLogger(__name__)


# --- The table --------------------------------------------------------------------------------

EXPIRES_AT_LEAST = 10.0  # seconds; clocks of two machines differ, and a bell must not be stale on arrival


@dataclass(frozen=True, slots=True)
class Every:
    """A bell at a steady pace."""

    task: str
    queue: str
    seconds: float
    args: tuple[str, ...] = ()

    @property
    def expires(self) -> int:
        """Seconds after which a bell is void: a worker who returns throws the old ones away unrun."""
        return ceil(max(2 * self.seconds, EXPIRES_AT_LEAST))


@dataclass(frozen=True, slots=True)
class At:
    """A bell by the clock of the office's zone, in the words of cron."""

    task: str
    queue: str
    minute: int
    hour: str = "*"
    day_of_week: str = "*"
    expires: int = 3600  # the hourly repeat comes by then
    args: tuple[str, ...] = ()


SEAL_SECONDS = 30.0 if settings.DEMO else 300.0  # what is not sealed yet could be changed unseen
WORKDAYS = "1-5"  # Monday to Friday, as cron counts; on a holiday the task finds no shift

STANDING: Mapping[str, Every | At] = {
    # The line
    "pump_visibility": Every("printing.tasks.pump_visibility", "office", settings.PUMP_SECONDS),
    "pump_authorizations": Every("printing.tasks.pump_authorizations", "office", settings.PUMP_SECONDS),
    "pump_reports": Every("printing.tasks.pump_reports", "office", settings.PUMP_SECONDS),
    "pump_printing": Every("printing.tasks.pump_printing", "office", settings.PUMP_SECONDS),
    # What others left lying
    "sweep_claims": Every("printing.tasks.sweep_claims", "office", 2.0),
    "sweep_sending": Every("printing.tasks.sweep_sending", "printing", 2.0),
    "expire_commands": Every("printing.tasks.expire_commands", "office", 10.0),
    "resume_bulk": Every("printing.tasks.resume_bulk", "office", 30.0),
    "resume_imports": Every("printing.tasks.resume_imports", "office", 30.0),
    "check_printers": Every("printing.tasks.check_printers", "printing", 10.0),
    "count_morning": Every("printing.tasks.count_morning", "office", 60.0),
    "seal_ledger": Every("printing.tasks.seal_ledger", "office", SEAL_SECONDS),
    "fold_tallies": Every("registry.tasks.fold_tallies", "office", 30.0),
    "remind_throttle": Every("registry.tasks.remind_throttle", "office", 5.0),
    "forget_lists": At("printing.tasks.forget_lists", "office", 27, hour="2"),
    # Kiosks and followers
    "judge_applications": Every("printing.tasks.judge_applications", "office", settings.PUMP_SECONDS),
    "deliver_news": Every("registry.tasks.deliver_news", "office", settings.PUMP_SECONDS),
    "forget_answers": At("registry.tasks.forget_answers", "office", 17, hour="2"),
    # Signs of life, through the broker and back
    **{
        f"heartbeat {group.queue}": Every(
            "printing.tasks.heartbeat", group.queue, SIGN_SECONDS, args=(group.queue,)
        )
        for group in WORKERS
    },
    # After the day's cards; the centre may close at 15:00 or at midnight, so every hour until it answers.
    "match_centre": At("printing.tasks.match_centre", "central", minute=40, hour="14-23"),
    # Shifts. The hourly repeat serves an office that was switched on late, and comes a minute after
    # the hours, so that a worker whose clock is behind has reached them too.
    "open_shift": At(
        "printing.tasks.open_shift", "office", OPENS.minute, hour=str(OPENS.hour), day_of_week=WORKDAYS
    ),
    "close_shift": At(
        "printing.tasks.close_shift", "office", CLOSES.minute, hour=str(CLOSES.hour), day_of_week=WORKDAYS
    ),
    "open_shift hourly": At("printing.tasks.open_shift", "office", OPENS.minute + 1),
    "close_shift hourly": At("printing.tasks.close_shift", "office", CLOSES.minute + 1),
}


def install() -> None:
    """Write the table into the database, and take away what it no longer has."""
    with transaction.atomic():
        for name, bell in STANDING.items():
            PeriodicTask.objects.update_or_create(name=PREFIX + name, defaults=_fields(bell))
        current = [PREFIX + name for name in STANDING]
        PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=current).delete()


def _fields(bell: Every | At) -> dict[str, Any]:
    """Not ``enabled``: that switch belongs to the people in the office."""
    if isinstance(bell, Every):
        interval, crontab = _interval(bell.seconds), None
    else:
        interval, crontab = None, _crontab(bell)
    return {
        "task": bell.task,
        "args": json.dumps(bell.args),
        "queue": bell.queue,
        "expire_seconds": bell.expires,
        "interval": interval,
        "crontab": crontab,
        "clocked": None,
        "solar": None,
        "one_off": False,
    }


def _interval(seconds: float) -> IntervalSchedule:
    whole = seconds.is_integer()
    every = round(seconds) if whole else round(seconds * 1_000_000)
    period = IntervalSchedule.SECONDS if whole else IntervalSchedule.MICROSECONDS
    found = IntervalSchedule.objects.filter(every=every, period=period).first()
    return found or IntervalSchedule.objects.create(every=every, period=period)


def _crontab(bell: At) -> CrontabSchedule:
    fields = {
        "minute": str(bell.minute),
        "hour": bell.hour,
        "day_of_week": bell.day_of_week,
        "day_of_month": "*",
        "month_of_year": "*",
        "timezone": settings.TIME_ZONE,
    }
    return CrontabSchedule.objects.filter(**fields).first() or CrontabSchedule.objects.create(**fields)


# --- The beat that rings ------------------------------------------------------------------------


class Leadership:
    """An advisory lock on a connection of its own: PostgreSQL lets go of it when its holder dies."""

    def __init__(self) -> None:
        self._session: psycopg.Connection[Any] | None = None
        self.held = False

    def ask(self) -> bool:
        """Whether we lead, proved at the server. Raises psycopg.Error when it is away."""
        if self._session is None:
            self._session = psycopg.connect(**connection.get_connection_params() | SESSION, autocommit=True)
        if self.held:
            self._session.execute("SELECT 1")  # the lock lives as long as the session
        else:
            row = self._session.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_KEY]).fetchone()
            assert row is not None
            self.held = bool(row[0])
        return self.held

    def leave(self) -> None:
        """Let another lead."""
        self.held = False
        if self._session is not None:
            self._session.close()
            self._session = None


class OfficeScheduler(DatabaseScheduler):  # type: ignore[misc]
    """django-celery-beat's scheduler, of which only one rings, and which outlives its database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.leadership = Leadership()
        self._signed_at = 0.0  # by the monotonic clock
        self._away = self._broker_away = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing yet: the table is written by the beat that leads."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Ring at most one bell; returns the seconds until the next look."""
        try:
            seconds = self._tick_as_leader(*args, **kwargs)
        except (Error, psycopg.Error) as error:
            self._step_down(error)
            return STANDBY_SECONDS
        self._away = False
        return seconds

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Ring, unless this bell comes again soon and nobody listens.

        A bell of a certain moment is written down at once, lest a successor repeat it.
        """
        comes_again = entry.model.interval is not None
        if comes_again and not self._is_heard(entry.options.get("queue")):
            return
        super().apply_entry(entry, producer=producer)
        if not comes_again:
            self.sync()

    def close(self) -> None:
        """Write what is unwritten, and let another beat take over at once."""
        super().close()
        self.leadership.leave()

    def _tick_as_leader(self, *args: Any, **kwargs: Any) -> float:
        led = self.leadership.held
        if not self.leadership.ask():
            return STANDBY_SECONDS
        if not led:
            self._take_over()
        self._sign()
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, SIGN_SECONDS)

    def _take_over(self) -> None:
        log.info("beat leads")
        install()
        self._forget()

    def _step_down(self, error: Exception) -> None:
        if not self._away:  # said once for each time that the database goes away
            log.warning("beat waits for the database: %s", error)
        self._away = True
        self.leadership.leave()
        connection.close()
        self._forget()

    def _forget(self) -> None:
        """Read every row anew: meanwhile another beat may have rung."""
        self._dirty.clear()
        self._schedule = None
        self._initial_read = True
        self._last_timestamp = None
        self._heap = None

    def _is_heard(self, queue: str | None) -> bool:
        try:
            heard = Bells(redis_client()).is_heard(queue or self.app.conf.task_default_queue)
        except RedisError as error:
            if not self._broker_away:  # said once for each time that the broker goes away
                log.warning("beat waits for the broker: %s", error)
            self._broker_away = True
            return False
        self._broker_away = False
        return heard

    def _sign(self) -> None:
        if time.monotonic() - self._signed_at < SIGN_SECONDS and self._signed_at:
            return
        beat_of(name="beat", host=socket.gethostname(), now=timezone.now())
        self._signed_at = time.monotonic()
