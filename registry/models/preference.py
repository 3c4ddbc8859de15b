"""In which language does a person of the office read the desk?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Preference(models.Model):
    """What a person chose for themselves; whoever chose nothing has no row."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="preference",
        verbose_name=_("pengguna"),
    )
    language = models.CharField(_("bahasa"), max_length=5, choices=settings.LANGUAGES)

    class Meta:
        verbose_name = _("pilihan pengguna")
        verbose_name_plural = _("pilihan pengguna")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.language}"
