"""When the registry's bells ring, who does what? The rows say what there is to do."""

from __future__ import annotations

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from registry import outbound
from registry.central.door import throttle
from registry.services import answers, feed, tallies, throttling, webhooks

LOOP_SECONDS = 20.0  # then the thread is given to others
ROWS = 5  # claimed at once, sent one after another: five calls of 10 s fit into a claim
BELL_EXPIRES = 30.0  # seconds; a bell that nobody heard is useless once beat has rung again


@shared_task(queue="office", expires=BELL_EXPIRES)
def deliver_news() -> None:
    """Send followers what happened to their rows."""
    started = time.monotonic()
    while feed.give_places() == feed.ROWS:
        pass
    webhooks.schedule(now=timezone.now())
    while time.monotonic() - started < LOOP_SECONDS:
        claimed = webhooks.claim(now=timezone.now(), at_most=ROWS)
        if not claimed:
            return
        for delivery in claimed:
            _send(delivery)


@shared_task(queue="office", expires=BELL_EXPIRES)
def forget_answers() -> None:
    """Throw away stored answers that nobody will ask for again."""
    answers.forget(now=timezone.now())


@shared_task(queue="office", expires=BELL_EXPIRES)
def fold_tallies() -> None:
    """Keep the counts of rows by state short."""
    tallies.fold()


@shared_task(queue="office", expires=BELL_EXPIRES)
def remind_throttle() -> None:
    """See that a Redis that was emptied holds to an administrator's pause and ceiling."""
    throttling.remind(throttle=throttle())


def _send(delivery: webhooks.WebhookDelivery) -> None:
    error = ""
    try:
        webhooks.send(delivery=delivery, inner_networks=settings.WEBHOOK_INNER_NETWORKS, now=timezone.now())
    except (outbound.AddressRefused, outbound.NotDelivered) as trouble:
        error = f"{type(trouble).__name__}: {trouble}"
    webhooks.record(delivery=delivery, error=error, now=timezone.now())
