"""Which deed is being done to many rows, how far is it, and which of them were skipped and why?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BulkState(models.TextChoices):
    """How a bulk job stands."""

    RUNNING = "running", _("berjalan")
    DONE = "done", _("selesai")
    STOPPED = "stopped", _("dihentikan")


class RowOutcome(models.TextChoices):
    """What became of one row; empty while its turn has not come."""

    DONE = "done", _("selesai")
    SKIPPED = "skipped", _("dilewati")


class BulkJob(models.Model):
    """One deed for many rows: begun by a clerk, done by a worker row by row."""

    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="+", verbose_name=_("kantor")
    )
    deed = models.CharField(_("tindakan"), max_length=40)
    words: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(_("isian"), default=dict)
    state = models.CharField(_("keadaan"), max_length=10, choices=BulkState, default=BulkState.RUNNING)
    total = models.PositiveIntegerField(_("baris"))
    done = models.PositiveIntegerField(_("selesai"), default=0)
    skipped = models.PositiveIntegerField(_("dilewati"), default=0)
    actor = models.CharField(_("oleh"), max_length=150)
    created_at = models.DateTimeField(_("dimulai"))
    finished_at = models.DateTimeField(_("berakhir"), null=True, blank=True)
    stopped_by = models.CharField(_("dihentikan oleh"), max_length=150, blank=True)
    claimed_until = models.DateTimeField(_("diambil pekerja sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("pekerjaan massal")
        verbose_name_plural = _("pekerjaan massal")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=BulkState.RUNNING) ^ models.Q(finished_at__isnull=False),
                name="bulkjob_end_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(total__gte=models.F("done") + models.F("skipped")), name="bulkjob_counts"
            ),
        ]
        indexes = [
            models.Index(
                fields=["claimed_until"], condition=models.Q(state=BulkState.RUNNING), name="bulkjob_running"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.pk}"

    @property
    def left(self) -> int:
        """Rows whose turn has not come."""
        return self.total - self.done - self.skipped


class BulkRow(models.Model):
    """One row of a bulk job. ``label`` is how a clerk calls it: a receipt number."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(
        BulkJob, on_delete=models.CASCADE, related_name="rows", verbose_name=_("pekerjaan"), db_index=False
    )
    row_id = models.CharField(_("nomor objek"), max_length=36)
    label = models.CharField(_("baris"), max_length=60)
    outcome = models.CharField(_("hasil"), max_length=8, choices=RowOutcome, blank=True)
    why = models.CharField(_("alasan"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("baris pekerjaan massal")
        verbose_name_plural = _("baris pekerjaan massal")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["job", "row_id"], name="bulkrow_once")]
        indexes = [models.Index(fields=["job", "outcome", "id"], name="bulkrow_outcome")]

    def __str__(self) -> str:
        return self.label
