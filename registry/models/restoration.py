"""When did the office go back to a backup, and who let it print again?

What came after the backup is forgotten, cards among it. So each row holds the printing until a person
who has compared the books with the centre's releases it.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _


class Restoration(models.Model):
    """One way back. ``backed_up_at``: the moment to which it led. Unreleased: ``released_at`` is empty."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("dipulihkan"))
    backup = models.CharField(_("cadangan"), max_length=100)
    backed_up_at = models.DateTimeField(_("dicadangkan"))
    released_at = models.DateTimeField(_("dilepas"), null=True, blank=True)
    released_by = models.CharField(_("oleh"), max_length=150, blank=True)
    why = models.CharField(_("alasan"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pemulihan")
        verbose_name_plural = _("pemulihan")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released_at=None, released_by="", why="")
                | (models.Q(released_at__isnull=False) & ~models.Q(released_by="") & ~models.Q(why="")),
                name="restoration_released_with_name_and_reason",
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.backup}"
