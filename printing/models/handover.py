"""To whom was the card given, and did the fingerprint match?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MatchResult(models.TextChoices):
    """The 1:1 comparison with the card's owner (no delegates)."""

    MATCHED = "matched", _("cocok")
    NO_MATCH = "no_match", _("tidak cocok")
    UNREADABLE = "unreadable", _("sidik jari tidak terbaca; dicocokkan petugas")


class Handover(models.Model):
    """The end of a request: its card is with its owner. Exactly one per request."""

    request = models.OneToOneField(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        related_name="handover",
        verbose_name=_("permohonan"),
    )
    collector = models.CharField(_("diterima oleh"), max_length=100)
    match = models.CharField(_("pencocokan 1:1"), max_length=10, choices=MatchResult)
    at = models.DateTimeField(_("waktu"))
    actor = models.CharField(_("petugas"), max_length=150)
    note = models.CharField(_("catatan"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("penyerahan")
        verbose_name_plural = _("penyerahan")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(match="no_match"), name="handover_only_to_the_owner"),
        ]
        indexes = [models.Index(fields=["at"], name="handover_at")]

    def __str__(self) -> str:
        return f"{self.request_id}"
