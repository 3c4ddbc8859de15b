"""Will the resident come for the card, and with which code?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.sealed import CodeDigestField


class Confirmation(models.Model):
    """What a resident said at a kiosk about coming."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        related_name="confirmations",
        verbose_name=_("permohonan"),
    )
    device = models.ForeignKey(
        "registry.Device",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("perangkat"),
        db_index=False,
    )
    coming = models.BooleanField(_("akan datang"))
    at = models.DateTimeField(_("waktu"))

    class Meta:
        verbose_name = _("konfirmasi")
        verbose_name_plural = _("konfirmasi")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.coming}"


class PickupCode(models.Model):
    """A code that is good for one hand-over. Only its digest is kept; one code of a request is open."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        related_name="pickup_codes",
        verbose_name=_("permohonan"),
    )
    digest = CodeDigestField(max_length=33, unique=True, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    expires_at = models.DateTimeField(_("berlaku sampai"))
    replaced_at = models.DateTimeField(_("diganti"), null=True, blank=True)
    used_at = models.DateTimeField(_("dipakai"), null=True, blank=True)
    used_by = models.CharField(_("dipakai oleh"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("kode pengambilan")
        verbose_name_plural = _("kode pengambilan")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(used_at__isnull=True, replaced_at__isnull=True),
                name="pickupcode_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}"
