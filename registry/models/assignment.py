"""Which clerk has a row of a desk in hands?

Taken for a while only: a clerk who goes home gives nothing back by hand, so time does. One row per
row of a desk; who takes it while it is free or run out wins a conditional UPDATE or an INSERT.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.event import Subject


class Assignment(models.Model):
    """One row of a desk in one clerk's hands, until ``until``."""

    id = models.BigAutoField(primary_key=True)
    subject = models.CharField(_("objek"), max_length=16, choices=Subject)
    subject_id = models.CharField(_("nomor objek"), max_length=36)
    clerk = models.CharField(_("petugas"), max_length=150)
    assigned_by = models.CharField(_("ditugaskan oleh"), max_length=150)
    at = models.DateTimeField(_("sejak"))
    until = models.DateTimeField(_("sampai"))

    class Meta:
        verbose_name = _("penugasan")
        verbose_name_plural = _("penugasan")
        ordering = ["until"]
        constraints = [models.UniqueConstraint(fields=["subject", "subject_id"], name="assignment_one")]
        indexes = [models.Index(fields=["clerk", "until"], name="assignment_clerk")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}: {self.clerk}"
