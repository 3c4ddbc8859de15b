"""Which events is a device told of, and in which order?

A device follows what it handed in itself. A trigger on the events writes a notice for each follower
in the same transaction, so none is lost. Its place in the feed is given later, by one at a time:
transactions end in another order than their numbers, and a cursor over those would skip some.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registry.models.event import Subject


class Follow(models.Model):
    """A device wants to hear of this row."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey("registry.Device", on_delete=models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=16, choices=Subject)
    subject_id = models.CharField(max_length=36)
    label = models.CharField(max_length=36)  # what the device calls it: a receipt, a recording's number

    class Meta:
        verbose_name = _("yang diikuti")
        verbose_name_plural = _("yang diikuti")
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id", "device"], name="follow_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"


class Notice(models.Model):
    """One event for one follower. ``position``: its place in the feed, once it has one."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey("registry.Device", on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey("registry.Event", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        verbose_name = _("kabar")
        verbose_name_plural = _("kabar")
        constraints = [models.UniqueConstraint(fields=["event", "device"], name="notice_once")]
        indexes = [
            models.Index(fields=["device", "position"], name="notice_feed"),
            models.Index(
                fields=["id"], condition=models.Q(position__isnull=True), name="notice_without_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}"
