"""Who may speak to the office's interface, and with which key?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils.translation import gettext as _

from registry import keys
from registry.models import Device, DeviceInvitation, DeviceKey, Office
from registry.models.device import Scope, is_live
from registry.models.resident import vault
from registry.postgresql.prepared import ask

INVITATION_SYMBOLS = 12  # 60 bits, for an hour, behind a limit
INVITATION_LIVES = timedelta(hours=1)  # a clerk walks to the kiosk and types it in
OLD_KEY_LIVES = timedelta(days=7)  # a station on an island may be away from its line that long
SEEN_EVERY = timedelta(minutes=1)  # a write for each request would cost more than the request
NO_KEY = keys.digest("")  # compared with when there is no such key, so that the time is the same

# Written by hand: it is asked before nearly every request, and Django's own way of asking took ten times
# as long as PostgreSQL's of answering.
OF_DEVICE = ("id", "name", "office_id", "scopes", "networks", "last_seen_at", "revoked_at")
# Which transactions wrote the rows as they are, and where: an UPDATE changes both.
VERSIONS = "concat_ws(' ', key.xmin, key.ctid, device.xmin, device.ctid)"
WITH_DEVICE = "registry_devicekey AS key JOIN registry_device AS device ON device.id = key.device_id"
KEY = f"""
SELECT key.digest, key.expires_at, {VERSIONS}, {", ".join(f"device.{name}" for name in OF_DEVICE)}
FROM {WITH_DEVICE} WHERE key.prefix = %s
"""  # noqa: S608 (names of our own columns)
# For the statement that answers: nothing about the key or its device has changed since it was asked for.
STANDS = f"""EXISTS (SELECT FROM {WITH_DEVICE}
  WHERE key.prefix = %(badge)s AND {VERSIONS} = %(versions)s)"""
MOST_KEPT = 4096  # badges; a country's kiosks, and no more memory than a picture


class DeviceRefused(Exception):
    """The device cannot be enrolled or changed like this; the sentence is for a clerk."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A device and the key that it is given now."""

    device: Device
    key: keys.NewKey
    previous_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A key that fitted, and what its rows said then."""

    prefix: str
    digest: bytes
    versions: str
    expires_at: datetime | None
    last_seen_at: datetime | None
    of_device: Sequence[Any]  # the values of OF_DEVICE

    def device(self) -> Device:
        """The device, for one request; it is not shut out."""
        return Device.from_db(DEFAULT_DB_ALIAS, OF_DEVICE, self.of_device)

    @property
    def facts(self) -> Mapping[str, str]:
        """Those of STANDS."""
        return {"badge": self.prefix, "versions": self.versions}

    def is_fresh(self, *, now: datetime) -> bool:
        """Whether it would open the door now if nothing has changed, and its device was seen lately."""
        seen = self.last_seen_at is not None and now - self.last_seen_at <= SEEN_EVERY
        return seen and is_live(revoked_at=None, expires_at=self.expires_at, now=now)


_kept: dict[str, Badge] = {}  # prefix → badge, of this process


def register(
    *, name: str, office: Office, scopes: Sequence[str], now: datetime, networks: Sequence[str] = ()
) -> Device:
    """A device without a key yet. Raises DeviceRefused."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise DeviceRefused(
            _("Wewenang tidak dikenal: %(unknown)s. Pilih dari: %(known)s.")
            % {"unknown": ", ".join(unknown) or "—", "known": ", ".join(Scope.values)}
        )
    if Device.objects.filter(name=name).exists():
        raise DeviceRefused(_("Perangkat “%(name)s” sudah ada.") % {"name": name})
    return Device.objects.create(
        name=name, office=office, scopes=list(dict.fromkeys(scopes)), networks=list(networks), created_at=now
    )


def grant_key(*, device: Device, now: datetime) -> Granted:
    """Give the device one more key. What it had lives on for a week; at most two live at once.

    Raises DeviceRefused when the device is revoked.
    """
    with transaction.atomic():
        locked = Device.objects.select_for_update().get(pk=device.pk)
        if locked.revoked_at is not None:
            raise DeviceRefused(_("Perangkat ini sudah dicabut."))
        live = [key for key in locked.keys.order_by("-created_at", "-id") if key.is_live(now=now)]
        for older in live[1:]:
            older.expires_at = now
            older.save(update_fields=["expires_at"])
        expires_at = None
        if live:
            expires_at = live[0].expires_at = now + OLD_KEY_LIVES
            live[0].save(update_fields=["expires_at"])
        key = keys.new_key()
        DeviceKey.objects.create(device=locked, prefix=key.prefix, digest=key.digest, created_at=now)
    return Granted(locked, key, expires_at)


def invite(*, device: Device, now: datetime, actor: str) -> str:
    """A one-time code for this device; an older one that was not used ends. Raises DeviceRefused."""
    if device.revoked_at is not None:
        raise DeviceRefused(_("Perangkat ini sudah dicabut."))
    code = keys.new_code(INVITATION_SYMBOLS)
    with transaction.atomic():
        device.invitations.filter(used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
        DeviceInvitation.objects.create(
            device=device,
            code_digest=vault().index(_text(code)),
            created_at=now,
            created_by=actor,
            expires_at=now + INVITATION_LIVES,
        )
    return code


def redeem(*, code: str, now: datetime) -> Granted | None:
    """The first key for the device this code was made for; None for a wrong, used or old code."""
    with transaction.atomic():
        invitation = (
            DeviceInvitation.objects.select_for_update(of=("self",))
            .select_related("device")
            .filter(
                code_digest__in=vault().indexes(_text(code)),
                used_at__isnull=True,
                expires_at__gt=now,
                device__revoked_at__isnull=True,
            )
            .first()
        )
        if invitation is None:
            return None
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        return grant_key(device=invitation.device, now=now)


def revoke(*, device: Device, actor: str, now: datetime) -> bool:
    """Shut the device out at once; False when it was already."""
    return bool(
        Device.objects.filter(pk=device.pk, revoked_at__isnull=True).update(revoked_at=now, revoked_by=actor)
    )


def recognise(*, prefix: str, secret: str, now: datetime) -> Badge | None:
    """The badge of a live key; None for any other."""
    row = ask(KEY, [prefix])
    if not keys.fits(secret, row[0] if row else NO_KEY) or row is None:
        return None
    digest, expires_at, versions, *of_device = row
    device, last_seen_at, revoked_at = of_device[0], *of_device[-2:]
    if not is_live(revoked_at=revoked_at, expires_at=expires_at, now=now):
        return None
    badge = Badge(prefix, digest, versions, expires_at, last_seen_at, of_device)
    if badge.is_fresh(now=now):
        _keep(badge)
    else:
        Device.objects.filter(pk=device).update(last_seen_at=now)
    return badge


def recall(*, prefix: str, secret: str, now: datetime) -> Badge | None:
    """The badge as this process knows it, for whoever asks STANDS before anything is done or told.

    None when it has to be asked for: nobody asked lately, or the device was not seen for a minute.
    """
    badge = _kept.get(prefix)
    if badge is None or not keys.fits(secret, badge.digest):
        return None
    return badge if badge.is_fresh(now=now) else None


def _keep(badge: Badge) -> None:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[badge.prefix] = badge


def _text(code: str) -> str:
    return f"invitation:{keys.plain_code(code)}"
