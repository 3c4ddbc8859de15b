"""What did we answer to this request the first time?

A device whose line drops sends again under the same key and gets the first answer again. The row is
written in the transaction of the effect, so neither is ever there without the other. The answer may
hold a receipt or a code; it is sealed like a NIK.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.sealed import SealedField


class StoredAnswer(models.Model):
    """The answer to one write of one device."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey("registry.Device", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    sealed = SealedField(bond="bond")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("jawaban tersimpan")
        verbose_name_plural = _("jawaban tersimpan")
        constraints = [models.UniqueConstraint(fields=["device", "key"], name="storedanswer_once")]
        indexes = [models.Index(fields=["created_at"], name="storedanswer_age")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.key}"

    @property
    def bond(self) -> str:
        """What the answer is sealed to."""
        return bond_of(self.device_id, self.key)


def bond_of(device: Any, key: str) -> str:
    """What the answer to this key of this device is sealed to."""
    return f"registry_storedanswer:{device}:{key}"
