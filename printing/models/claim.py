"""Who holds which rows, so that they come back as soon as the holder is gone?"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Lane(models.TextChoices):
    """What the rows of a claim are, and what giving them back means."""

    AUTHORIZE = "authorize", _("perintah cetak")
    RECORDING = "recording", _("perekaman")
    REPORT = "report", _("laporan")
    PRINT = "print", _("cetak")
    SENDING = "sending", _("dikirim ke printer")


class Claim(models.Model):
    """One batch of one process. Nobody takes it away when the work is done: it is void after ``until``.

    A row belongs to the claim only while its own date still says ``until``; so a claim whose rows were
    recorded, or taken by somebody else, gives nothing back.
    """

    id = models.BigAutoField(primary_key=True)
    holder = models.CharField(_("pemegang"), max_length=120)
    lane = models.CharField(_("jenis"), max_length=12, choices=Lane)
    rows = ArrayField(models.CharField(max_length=36), verbose_name=_("baris"))
    until = models.DateTimeField(_("sampai"))

    class Meta:
        verbose_name = _("klaim")
        verbose_name_plural = _("klaim")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.lane} {self.holder}"
