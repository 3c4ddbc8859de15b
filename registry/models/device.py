"""Which machines may ask the office something, and how do we know that it is they?

A device shows a key: a public prefix that finds the row, and 256 random bits of which only the
SHA-256 is kept (NIST SP 800-63B: a secret of that strength needs no slow hash). While a key is being
changed two of them live.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from ipaddress import ip_address, ip_network

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.sealed import CodeDigestField


class Scope(models.TextChoices):
    """What a device may do; a kiosk gets what it needs and no more."""

    RECORDINGS = "recordings", _("menyerahkan perekaman")
    CARD_REQUESTS = "card-requests", _("mengajukan permohonan kartu")
    STATUS = "status", _("menanyakan status")
    CONFIRMATIONS = "confirmations", _("mencatat konfirmasi penduduk")
    PICKUPS = "pickups", _("mencatat penyerahan")
    EVENTS = "events", _("mengikuti kabar permohonannya sendiri")


def is_network(text: str) -> None:
    """Refuse what is not ``10.21.2.0/24`` or ``fd00::/8``."""
    try:
        ip_network(text)
    except ValueError:
        raise ValidationError(
            _("“%(text)s” bukan jaringan; tulis seperti 10.21.2.0/24."), params={"text": text}
        ) from None


class Device(models.Model):
    """A kiosk, a recording station, a counter, or a system that follows its own requests."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("nama"), max_length=80, unique=True)
    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="devices", verbose_name=_("kantor")
    )
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope), verbose_name=_("wewenang"))
    networks = ArrayField(
        models.CharField(max_length=43, validators=[is_network]),
        verbose_name=_("jaringan yang diizinkan"),
        default=list,
        blank=True,
        help_text=_("Dipisahkan koma, misalnya 10.21.2.0/24. Kosong: dari mana saja."),
    )
    created_at = models.DateTimeField(_("dibuat"))
    last_seen_at = models.DateTimeField(_("terakhir terlihat"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("dicabut"), null=True, blank=True, editable=False)
    revoked_by = models.CharField(_("dicabut oleh"), max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("perangkat")
        verbose_name_plural = _("perangkat")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """The name under which its deeds stand in the events."""
        return f"device:{self.name}"

    def is_allowed_from(self, address: str) -> bool:
        """Whether ``address`` lies in one of its networks; without networks, everywhere."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in ip_network(network) for network in self.networks)


class DeviceKey(models.Model):
    """One key of one device. The key itself is shown once, to the device."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="keys", verbose_name=_("perangkat")
    )
    prefix = models.CharField(_("awalan"), max_length=12, unique=True)
    digest = models.BinaryField(_("sidik kunci"), max_length=32, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    expires_at = models.DateTimeField(_("berlaku sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("kunci perangkat")
        verbose_name_plural = _("kunci perangkat")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.prefix

    def is_live(self, *, now: datetime) -> bool:
        """Whether it opens the door now."""
        return is_live(revoked_at=self.device.revoked_at, expires_at=self.expires_at, now=now)


def is_live(*, revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a key opens the door now: its device was not shut out, and its time is not over."""
    return revoked_at is None and (expires_at is None or now < expires_at)


class DeviceInvitation(models.Model):
    """A one-time code with which a device fetches its first key itself."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("perangkat")
    )
    code_digest = CodeDigestField(max_length=33, unique=True, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    created_by = models.CharField(_("dibuat oleh"), max_length=150)
    expires_at = models.DateTimeField(_("berlaku sampai"))
    used_at = models.DateTimeField(_("dipakai"), null=True, blank=True)

    class Meta:
        verbose_name = _("kode pendaftaran perangkat")
        verbose_name_plural = _("kode pendaftaran perangkat")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.device} {self.created_at:%Y-%m-%d %H:%M}"
