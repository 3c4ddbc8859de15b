"""Which list was brought in, how far is it, and which of its rows were refused?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """How one list stands."""

    PREVIEWED = "previewed", _("pratinjau")
    RUNNING = "running", _("berjalan")
    DONE = "done", _("selesai")
    FAILED = "failed", _("gagal")


class OnSecond(models.TextChoices):
    """What becomes of a further recording of somebody whom the office has already."""

    RECORD = "record", _("catat, agar petugas membandingkan")
    SKIP = "skip", _("lewati")


class ImportBatch(models.Model):
    """One file that was brought in, by whom, and its counters. ``digest`` finds the same file again."""

    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="imports", verbose_name=_("kantor")
    )
    file = models.FileField(_("berkas"), upload_to="imports/", blank=True)
    file_name = models.CharField(_("nama berkas"), max_length=200)
    digest = models.CharField(_("SHA-256 berkas"), max_length=64)
    state = models.CharField(_("keadaan"), max_length=10, choices=ImportState, default=ImportState.PREVIEWED)
    on_second = models.CharField(
        _("perekaman kedua"), max_length=6, choices=OnSecond, default=OnSecond.RECORD
    )
    created_at = models.DateTimeField(_("dibuat"))
    finished_at = models.DateTimeField(_("selesai"), null=True, blank=True)
    actor = models.CharField(_("oleh"), max_length=150)
    rows = models.PositiveIntegerField(_("baris"), default=0)
    rows_done = models.PositiveIntegerField(_("baris selesai"), default=0)
    accepted = models.PositiveIntegerField(_("diterima"), default=0)
    known = models.PositiveIntegerField(_("sudah ada"), default=0)
    exceptions = models.PositiveIntegerField(_("perekaman kedua"), default=0)
    skipped = models.PositiveIntegerField(_("dilewati"), default=0)
    rejected = models.PositiveIntegerField(_("ditolak"), default=0)
    warnings = models.PositiveIntegerField(_("peringatan"), default=0)
    failure = models.CharField(_("kegagalan"), max_length=300, blank=True)
    claimed_until = models.DateTimeField(_("diambil pekerja sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("impor daftar")
        verbose_name_plural = _("impor daftar")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def share_done(self) -> int:
        """How far the list is, in percent."""
        return 100 * self.rows_done // self.rows if self.rows else 0


class ImportRejection(models.Model):
    """One refused cell: line, column and rule, so that it can be corrected and sent again."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="rejections", verbose_name=_("impor")
    )
    line = models.PositiveIntegerField(_("baris"))
    column = models.CharField(_("kolom"), max_length=40, blank=True)
    rule = models.CharField(_("aturan"), max_length=40)
    message = models.CharField(_("penjelasan"), max_length=300)
    is_warning = models.BooleanField(_("hanya peringatan"), default=False)

    class Meta:
        verbose_name = _("penolakan impor")
        verbose_name_plural = _("penolakan impor")
        ordering = ["line", "id"]

    def __str__(self) -> str:
        return f"{self.line} {self.column}: {self.rule}"
