"""In which hours does the office print?

Standing shifts come from code (``printing/shifts.py``); extra ones are rows a supervisor adds.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ShiftKind(models.TextChoices):
    """Why the office is open."""

    STANDING = "standing", _("giliran tetap")
    WEEKEND = "weekend", _("lembur akhir pekan")
    EVENING = "evening", _("lembur malam")
    HOLIDAY = "holiday", _("lembur hari libur")


class ExtraShift(models.Model):
    """Extra hours for given dates, planned by a supervisor."""

    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="extra_shifts", verbose_name=_("kantor")
    )
    kind = models.CharField(_("jenis"), max_length=10, choices=ShiftKind, default=ShiftKind.WEEKEND)
    starts_at = models.DateTimeField(_("mulai"))
    ends_at = models.DateTimeField(_("selesai"))
    printers = models.ManyToManyField(
        "printing.Printer",
        blank=True,
        related_name="extra_shifts",
        verbose_name=_("printer"),
        help_text=_("Hanya printer ini yang mencetak; kosong berarti semua."),
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="extra_shifts", verbose_name=_("petugas")
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("menggantikan"),
    )
    note = models.CharField(_("catatan"), max_length=200, blank=True)
    planned_by = models.CharField(_("direncanakan oleh"), max_length=150)
    planned_at = models.DateTimeField(_("direncanakan"))
    cancelled_at = models.DateTimeField(_("dibatalkan"), null=True, blank=True)
    cancelled_by = models.CharField(_("dibatalkan oleh"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("giliran tambahan")
        verbose_name_plural = _("giliran tambahan")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="extrashift_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["office", "ends_at"], name="extrashift_ends")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_at:%Y-%m-%d %H:%M}"


class HolidayOverride(models.Model):
    """A date on which the office decides otherwise than the calendar of national holidays."""

    day = models.DateField(_("tanggal"), unique=True)
    is_holiday = models.BooleanField(_("libur"), default=True)
    name = models.CharField(_("keterangan"), max_length=100)

    class Meta:
        verbose_name = _("pengecualian hari libur")
        verbose_name_plural = _("pengecualian hari libur")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class ShiftRun(models.Model):
    """That a shift really opened: one row per office, shift and business date, whoever asks twice."""

    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="shift_runs", verbose_name=_("kantor")
    )
    business_date = models.DateField(_("tanggal kerja"))
    name = models.CharField(_("giliran"), max_length=40)
    opened_at = models.DateTimeField(_("dibuka"))
    planned_end = models.DateTimeField(_("rencana selesai"))
    closed_at = models.DateTimeField(_("ditutup"), null=True, blank=True)
    printed = models.PositiveIntegerField(_("kartu tercetak"), null=True, blank=True)

    class Meta:
        verbose_name = _("pelaksanaan giliran")
        verbose_name_plural = _("pelaksanaan giliran")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["office", "business_date", "name"], name="shiftrun_once"),
        ]

    def __str__(self) -> str:
        return f"{self.business_date} {self.name}"
