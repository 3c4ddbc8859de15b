"""Which printers are there, and can they print now?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from printing.states import HoldReason

RIBBON_CARDS = 500  # one ribbon prints 500 cards (Karimun, 2017)


class Driver(models.TextChoices):
    """How a printer is spoken to."""

    IPP = "ipp", "IPP"
    FOLDER = "folder", _("folder (PDF)")
    MEMORY = "memory", _("memori (uji)")


class Printer(models.Model):
    """One card printer. ``depth``: jobs it may have at once, the one it prints among them."""

    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="printers", verbose_name=_("kantor")
    )
    name = models.CharField(_("nama"), max_length=40, unique=True)
    driver = models.CharField(_("penggerak"), max_length=10, choices=Driver, default=Driver.IPP)
    address = models.CharField(_("alamat"), max_length=200, help_text=_("ipp://… atau folder"))
    enabled = models.BooleanField(_("dipakai"), default=True)
    depth = models.PositiveSmallIntegerField(_("pekerjaan sekaligus"), default=1)
    ribbon_cards = models.PositiveIntegerField(_("kartu per pita"), default=RIBBON_CARDS)
    film_cards = models.PositiveIntegerField(_("kartu per film"), default=RIBBON_CARDS)
    ribbon_left = models.IntegerField(_("sisa pita (kartu)"), default=RIBBON_CARDS)
    film_left = models.IntegerField(_("sisa film (kartu)"), default=RIBBON_CARDS)
    hold_reason = models.CharField(_("alasan tertahan"), max_length=20, choices=HoldReason, blank=True)
    condition = models.CharField(_("kata printer"), max_length=200, blank=True)
    condition_at = models.DateTimeField(_("terakhir dijawab"), null=True, blank=True)

    class Meta:
        verbose_name = _("printer")
        verbose_name_plural = _("printer")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
