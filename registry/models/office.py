"""Which offices are there, and which subdistricts belong to them?"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Office(models.Model):
    """A regency's civil-registry office, under the Home-Affairs code (``21.02``)."""

    code = models.CharField(
        _("kode"), max_length=5, unique=True, validators=[RegexValidator(r"^\d{2}\.\d{2}$")]
    )
    name = models.CharField(_("nama"), max_length=100)
    province = models.CharField(_("provinsi"), max_length=100)
    quota_resets_at = models.DateTimeField(
        _("kuota pusat terbuka lagi"),
        null=True,
        blank=True,
        help_text=_("Sampai saat itu tidak ada perintah cetak."),
    )

    class Meta:
        verbose_name = _("kantor")
        verbose_name_plural = _("kantor")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class District(models.Model):
    """A subdistrict (kecamatan), under the Home-Affairs code (``21.02.03``)."""

    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="districts", verbose_name=_("kantor")
    )
    code = models.CharField(
        _("kode"), max_length=8, unique=True, validators=[RegexValidator(r"^\d{2}\.\d{2}\.\d{2}$")]
    )
    name = models.CharField(_("nama"), max_length=100)

    class Meta:
        verbose_name = _("kecamatan")
        verbose_name_plural = _("kecamatan")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
