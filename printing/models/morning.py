"""How did the line stand when the day began?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MorningCount(models.Model):
    """The first count of a day of the office; what the day changed is told against it."""

    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("kantor"),
        db_index=False,
    )
    day = models.DateField(_("tanggal"))
    at = models.DateTimeField(_("dihitung"))
    waiting = models.PositiveIntegerField(_("menunggu"))
    printable = models.PositiveIntegerField(_("siap dan sedang dicetak"))
    held = models.PositiveIntegerField(_("tertahan"))
    exceptions = models.PositiveIntegerField(_("perlu tindakan"))
    in_doubt = models.PositiveIntegerField(_("diragukan"))
    ready = models.PositiveIntegerField(_("siap diambil"))

    class Meta:
        verbose_name = _("hitungan pagi")
        verbose_name_plural = _("hitungan pagi")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["office", "day"], name="morningcount_once")]

    def __str__(self) -> str:
        return f"{self.day}"
