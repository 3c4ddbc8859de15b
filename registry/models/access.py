"""Who looked at whose data, when, and why?

A resident may ask for this list and gets it within three days (Law 27/2022 on personal data). Rows are
only ever added.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.append_only import APPEND_ONLY


class Deed(models.TextChoices):
    """What was done with a person's data."""

    READ = "read", _("halaman dibaca")
    FOUND = "found", _("dicari dengan NIK")
    REVEALED = "revealed", _("NIK dibuka")
    EXPORTED = "exported", _("data diekspor")
    TRAIL = "trail", _("jejak akses diekspor")


class AccessLog(models.Model):
    """One look of one person at one resident's data."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("waktu"))
    actor = models.CharField(_("oleh"), max_length=150)
    resident = models.ForeignKey(
        "registry.Resident",
        on_delete=models.PROTECT,
        related_name="accesses",
        verbose_name=_("penduduk"),
        db_index=False,  # the index below begins with it
    )
    deed = models.CharField(_("perbuatan"), max_length=10, choices=Deed)
    page = models.CharField(_("halaman"), max_length=60)
    why = models.CharField(_("alasan"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("jejak akses")
        verbose_name_plural = _("jejak akses")
        ordering = ["-id"]
        permissions = [("export_accesslog", _("Boleh mengekspor jejak akses seorang penduduk"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(deed=Deed.REVEALED) | ~models.Q(why=""),
                name="accesslog_reveal_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["resident", "id"], name="accesslog_resident"),
            models.Index(fields=["actor", "at"], name="accesslog_actor"),
        ]
        triggers = [*APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.get_deed_display()}"
