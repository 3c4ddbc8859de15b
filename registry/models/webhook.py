"""To which address is a follower's news sent, and how did that go?"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.sealed import SealedField


class Webhook(models.Model):
    """An address of a device's owner. ``version`` grows with each change: its ETag."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey(
        "registry.Device", on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("perangkat")
    )
    url = models.URLField(_("alamat"), max_length=300)
    secret_sealed = SealedField(editable=False, bond="bond")
    enabled = models.BooleanField(_("aktif"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    position = models.BigIntegerField(
        default=0, editable=False, help_text=_("Kabar terakhir yang sudah dijadwalkan.")
    )

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhook")
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.url

    @property
    def bond(self) -> str:
        """What its secret is sealed to."""
        return f"registry_webhook.secret:{self.pk}"


class DeliveryState(models.TextChoices):
    """How the sending of one piece of news goes."""

    WAITING = "waiting", _("menunggu")
    DELIVERED = "delivered", _("terkirim")
    DEAD = "dead", _("gagal; perlu tindakan")


class WebhookDelivery(models.Model):
    """One piece of news for one address. A claim is a ``due_at`` in the future."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    notice = models.ForeignKey("registry.Notice", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        _("keadaan"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("kali dicoba"), default=0)
    due_at = models.DateTimeField(_("dikerjakan lagi"))
    created_at = models.DateTimeField(_("dibuat"))
    ended_at = models.DateTimeField(_("selesai"), null=True, blank=True)
    last_error = models.CharField(_("kesalahan terakhir"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pengiriman webhook")
        verbose_name_plural = _("pengiriman webhook")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["notice", "webhook"], name="webhookdelivery_once")]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="webhookdelivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webhook} {self.get_state_display()}"
