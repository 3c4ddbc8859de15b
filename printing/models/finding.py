"""Where do our rows, the centre's books and the ledger of blanks not agree, and since when?"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from printing.findings import KINDS, FindingKind


class MatchRun(models.Model):
    """One comparison of the three books. ``centre_heard`` is false when the centre could not be asked."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="+", verbose_name=_("kantor")
    )
    at = models.DateTimeField(_("waktu"), db_index=True)
    centre_heard = models.BooleanField(_("pusat menjawab"))
    commands = models.PositiveIntegerField(_("perintah cetak di pusat"), default=0)
    found = models.PositiveIntegerField(_("selisih"), default=0)

    class Meta:
        verbose_name = _("pencocokan")
        verbose_name_plural = _("pencocokan")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class Finding(models.Model):
    """One difference. It is open until a later comparison finds it true no more; nobody closes it by hand."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(
        "registry.Office", on_delete=models.PROTECT, related_name="findings", verbose_name=_("kantor")
    )
    kind = models.CharField(
        _("jenis"), max_length=32, choices=[(kind.code, kind.label) for kind in KINDS.values()]
    )
    subject = models.CharField(_("tentang"), max_length=100)
    detail = models.CharField(_("rincian"), max_length=300, blank=True)
    first_seen = models.DateTimeField(_("pertama terlihat"))
    last_seen = models.DateTimeField(_("terakhir terlihat"))
    resolved_at = models.DateTimeField(_("selesai"), null=True, blank=True)

    class Meta:
        verbose_name = _("selisih")
        verbose_name_plural = _("selisih")
        ordering = ["resolved_at", "kind", "first_seen"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "kind", "subject"],
                condition=models.Q(resolved_at__isnull=True),
                name="finding_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"

    @property
    def about(self) -> FindingKind:
        """Who owns it, and what is to be done."""
        return KINDS[self.kind]
