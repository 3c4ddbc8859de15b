"""Which cards travel to a subdistrict in one box, who packed it, and is it there?

How far a box is, its times tell. Its cards stay ready for pickup on the way; what happens to the box is
told in the story of each card's owner.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def _both_or_neither(deed: str) -> Q:
    """A time and a name, or none of the two."""
    return Q(**{f"{deed}_at__isnull": True, f"{deed}_by": ""}) | (
        Q(**{f"{deed}_at__isnull": False}) & ~Q(**{f"{deed}_by": ""})
    )


class Box(models.Model):
    """One box. ``number`` stands on its label: subdistrict, day, how many-th of that day."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(_("nomor kotak"), max_length=30, unique=True)
    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="+", verbose_name=_("kantor")
    )
    district = models.ForeignKey(
        "registry.District", on_delete=models.PROTECT, related_name="+", verbose_name=_("kecamatan")
    )
    packed_at = models.DateTimeField(_("dikemas"))
    packed_by = models.CharField(_("dikemas oleh"), max_length=150)
    sent_at = models.DateTimeField(_("dikirim"), null=True, blank=True)
    sent_by = models.CharField(_("dikirim oleh"), max_length=150, blank=True)
    received_at = models.DateTimeField(_("diterima"), null=True, blank=True)
    received_by = models.CharField(_("diterima oleh"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("kotak kartu")
        verbose_name_plural = _("kotak kartu")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=_both_or_neither("sent"), name="box_sent_by_somebody"),
            models.CheckConstraint(condition=_both_or_neither("received"), name="box_received_by_somebody"),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(sent_at__isnull=False),
                name="box_sent_before_received",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_packed", fields=["number", "office", "district", "packed_at", "packed_by"]
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Fate(models.TextChoices):
    """How a card's way in a box ended."""

    ARRIVED = "arrived", _("tiba")
    MISSING = "missing", _("tidak ada di kotak")
    TAKEN_OUT = "taken_out", _("dikeluarkan sebelum dikirim")


class BoxedCard(models.Model):
    """One card in one box; on its way in one box at a time. ``fate`` is empty while it travels."""

    id = models.BigAutoField(primary_key=True)
    box = models.ForeignKey(
        Box, on_delete=models.PROTECT, related_name="cards", verbose_name=_("kotak kartu")
    )
    request = models.ForeignKey(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        related_name="boxed",
        verbose_name=_("permohonan"),
        db_index=False,  # the constraint below begins with it
    )
    travels = models.BooleanField(_("dalam perjalanan"), default=True)
    fate = models.CharField(_("akhirnya"), max_length=10, choices=Fate, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("kartu dalam kotak")
        verbose_name_plural = _("kartu dalam kotak")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "box"], name="boxedcard_once"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(travels=True), name="boxedcard_in_one_box_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(travels=False) | Q(fate=""), name="boxedcard_travels_until_its_fate"
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.box_id} {self.request_id}"
