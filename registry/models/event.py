"""What happened to a row: who, when, from, to, why?

One table for every state machine of the office, so that a resident's whole story is one query.
Rows are only ever added: a trigger refuses changes.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.append_only import APPEND_ONLY
from registry.models.notify import NOTIFY


class Subject(models.TextChoices):
    """Whose state moved."""

    RECORDING = "recording", _("perekaman")
    REQUEST = "request", _("permohonan")
    AUTHORIZATION = "authorization", _("perintah cetak")
    JOB = "job", _("cetak")


class Event(models.Model):
    """One move of one row. ``source`` is empty for the first state a row ever had."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("waktu"))
    subject = models.CharField(_("objek"), max_length=16, choices=Subject)
    subject_id = models.CharField(_("nomor objek"), max_length=36)
    resident = models.ForeignKey(
        "registry.Resident",
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name=_("penduduk"),
        db_index=False,  # the index below begins with it
    )
    source = models.CharField(_("dari"), max_length=20, blank=True)
    target = models.CharField(_("ke"), max_length=20)
    why = models.CharField(_("alasan"), max_length=300, blank=True)
    actor = models.CharField(_("oleh"), max_length=150)

    class Meta:
        verbose_name = _("peristiwa")
        verbose_name_plural = _("peristiwa")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["resident", "id"], name="event_resident"),
            models.Index(fields=["subject", "subject_id"], name="event_subject"),
            # Rows come in the order of time, so a few pages of it find all events since a day.
            BrinIndex(fields=["at"], name="event_at", autosummarize=True),
        ]
        triggers = [*APPEND_ONLY, NOTIFY]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}: {self.source or '∅'} → {self.target}"
