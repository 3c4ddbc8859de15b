"""Which news goes to which address, when again, and when no more?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from rest_framework.utils.encoders import JSONEncoder

from registry import outbound
from registry.models import Device, Notice, Webhook, WebhookDelivery
from registry.models.resident import vault
from registry.models.webhook import DeliveryState
from registry.services.feed import news_of

MOST_PER_DEVICE = 5  # addresses
ROWS = 200  # news scheduled for one address in one turn
CLAIM = timedelta(seconds=60)  # longer than one call takes (10 s); a dead worker's news comes back
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 15  # from 5 s doubling to 6 h: about a day and a half
ERROR_LENGTH = 200


class TooMany(Exception):
    """The device has as many addresses as it may."""


def add(*, device: Device, url: str, now: datetime) -> tuple[Webhook, str]:
    """A new address, and the secret that signs what is sent there. Raises TooMany."""
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=device.pk)
        if device.webhooks.count() >= MOST_PER_DEVICE:
            raise TooMany
        latest = Notice.objects.filter(position__isnull=False).order_by("-position").first()
        webhook = Webhook(
            device=device, url=url, created_at=now, position=(latest.position or 0) if latest else 0
        )
        secret = outbound.new_secret()
        webhook.secret_sealed = vault().seal(secret, bound_to=webhook.bond)
        webhook.save(force_insert=True)
    return webhook, secret


def change(*, webhook: Webhook, **facts: Any) -> bool:
    """Write these facts if nobody changed the row since it was read; False otherwise."""
    changed = Webhook.objects.filter(pk=webhook.pk, version=webhook.version).update(
        version=F("version") + 1, **facts
    )
    if changed:
        webhook.refresh_from_db()
    return bool(changed)


def remove(*, webhook: Webhook) -> bool:
    """Take the address away if nobody changed it since it was read."""
    removed, _rows = Webhook.objects.filter(pk=webhook.pk, version=webhook.version).delete()
    return bool(removed)


def schedule(*, now: datetime) -> int:
    """Write down a delivery for each piece of news that an address has not been given; how many."""
    count = 0
    live = Webhook.objects.filter(enabled=True, device__revoked_at__isnull=True)
    for pk in list(live.values_list("pk", flat=True)):
        with transaction.atomic():
            webhook = Webhook.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if webhook is None:
                continue
            fresh = list(
                Notice.objects.filter(device=webhook.device_id, position__gt=webhook.position).order_by(
                    "position"
                )[:ROWS]
            )
            if not fresh:
                continue
            WebhookDelivery.objects.bulk_create(
                [
                    WebhookDelivery(webhook=webhook, notice=notice, due_at=now, created_at=now)
                    for notice in fresh
                ],
                ignore_conflicts=True,
            )
            Webhook.objects.filter(pk=pk).update(position=fresh[-1].position)
            count += len(fresh)
    return count


def claim(*, now: datetime, at_most: int) -> list[WebhookDelivery]:
    """Take due deliveries; until the claim runs out nobody else takes them."""
    with transaction.atomic():
        rows = list(
            WebhookDelivery.objects.filter(
                state=DeliveryState.WAITING,
                due_at__lte=now,
                webhook__enabled=True,
                webhook__device__revoked_at__isnull=True,
            )
            .select_related("webhook", "notice")
            .order_by("due_at", "notice_id")
            .select_for_update(skip_locked=True, of=("self",))[:at_most]
        )
        WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            due_at=now + CLAIM, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def send(*, delivery: WebhookDelivery, inner_networks: list[str], now: datetime) -> None:
    """One call. Raises outbound.AddressRefused and outbound.NotDelivered."""
    webhook = delivery.webhook
    body = json.dumps(
        news_of(notice=delivery.notice).as_json(), cls=JSONEncoder
    ).encode()  # as the feed tells it
    outbound.post(
        outbound.check(webhook.url, inner_networks=inner_networks),
        body=body,
        message_id=str(delivery.pk),
        timestamp=int(now.timestamp()),
        secret=vault().open(bytes(webhook.secret_sealed), bound_to=webhook.bond),
    )


def record(*, delivery: WebhookDelivery, error: str, now: datetime) -> None:
    """How a call ended: done, again later, or dead until a clerk looks at it."""
    facts: dict[str, Any]
    if not error:
        facts = {"state": DeliveryState.DELIVERED, "ended_at": now, "last_error": ""}
    elif delivery.attempts >= MOST_ATTEMPTS:
        facts = {"state": DeliveryState.DEAD, "ended_at": now, "last_error": error[:ERROR_LENGTH]}
    else:
        wait = min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)
        facts = {"due_at": now + wait, "last_error": error[:ERROR_LENGTH]}
    WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(**facts)


def revive(*, delivery: WebhookDelivery, now: datetime) -> bool:
    """A clerk wants a dead one tried again."""
    return bool(
        WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD).update(
            state=DeliveryState.WAITING, attempts=0, due_at=now, ended_at=None
        )
    )
