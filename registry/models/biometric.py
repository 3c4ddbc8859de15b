"""How much of a biometric file has arrived?

The row begins with the first piece of a file. Its size and digest are those that the recording
promised; the bytes lie sealed in the vault's storage, one object for each piece.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The files of one recording."""

    PHOTO = "photo", _("foto")
    FINGERPRINTS = "fingerprints", _("sidik jari")
    IRIS = "iris", _("iris")
    SIGNATURE = "signature", _("tanda tangan")


class BiometricFile(models.Model):
    """One file of one recording, whole or on its way. ``pieces``: sizes in bytes, in their order."""

    id = models.BigAutoField(primary_key=True)
    recording = models.ForeignKey(
        "registry.Recording", on_delete=models.PROTECT, related_name="files", db_index=False
    )
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind)
    size = models.PositiveIntegerField(_("ukuran (bita)"))
    received = models.PositiveIntegerField(_("diterima (bita)"), default=0)
    pieces: models.JSONField[Any, Any] = models.JSONField(default=list)
    completed_at = models.DateTimeField(_("lengkap"), null=True, blank=True)
    key_version = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text=_("Kunci tertua yang masih diperlukan bagian-bagiannya.")
    )

    class Meta:
        verbose_name = _("berkas biometrik")
        verbose_name_plural = _("berkas biometrik")
        constraints = [
            models.UniqueConstraint(fields=["recording", "kind"], name="biometricfile_once"),
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="biometricfile_not_too_long"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recording_id} {self.kind}"
