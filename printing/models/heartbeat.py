"""When was each part of the machinery last seen alive?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last sign of life of beat and of each worker group; written through the whole chain."""

    name = models.CharField(_("bagian"), max_length=60, primary_key=True)
    at = models.DateTimeField(_("terakhir"))
    host = models.CharField(_("mesin"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("tanda hidup")
        verbose_name_plural = _("tanda hidup")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
