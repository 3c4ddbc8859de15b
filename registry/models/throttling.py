"""When did an administrator hold the calls to the centre back, or let them go on, and why?

The throttle itself lives in Redis and knows only how it stands. Rows are only ever added.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.append_only import APPEND_ONLY


class ThrottleDeed(models.TextChoices):
    """What was asked of the throttle."""

    PAUSE = "pause", _("dihentikan sementara")
    RESUME = "resume", _("dilanjutkan")
    CEILING = "ceiling", _("batas tetap dipasang")
    NO_CEILING = "no_ceiling", _("batas tetap dilepas")
    FORGET = "forget", _("yang dipelajari dilupakan")


class ThrottleChange(models.Model):
    """One wish of one person. ``ceiling`` is the number of calls at once, where that was the wish."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("waktu"))
    deed = models.CharField(_("perubahan"), max_length=10, choices=ThrottleDeed)
    ceiling = models.PositiveSmallIntegerField(_("batas tetap"), null=True, blank=True)
    why = models.CharField(_("alasan"), max_length=200)
    actor = models.CharField(_("oleh"), max_length=150)

    class Meta:
        verbose_name = _("perubahan panggilan ke pusat")
        verbose_name_plural = _("perubahan panggilan ke pusat")
        ordering = ["-id"]
        permissions = [("steer_throttle", _("Boleh menghentikan dan membatasi panggilan ke pusat"))]
        constraints = [
            models.CheckConstraint(condition=~models.Q(why=""), name="throttlechange_has_reason"),
            models.CheckConstraint(
                condition=models.Q(deed=ThrottleDeed.CEILING) ^ models.Q(ceiling__isnull=True),
                name="throttlechange_ceiling_has_number",
            ),
        ]
        triggers = [*APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.get_deed_display()}"
