"""What did a resident ask for at a kiosk, with which papers, and what became of it?

An application is taken from anybody, known or not, with a receipt at once: nobody learns at a kiosk
who is in the register. It is judged afterwards; accepted, it becomes a card request under the same
receipt.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from printing.models.request import CardReason
from printing.states import APPLICATION_MOVES, ApplicationState, Refusal
from registry.models.moving import only_along
from registry.models.sealed import SealedField


class Application(models.Model):
    """A wish for another card. NIK and family card number are sealed until it is judged, and then gone."""

    id = models.BigAutoField(primary_key=True)
    receipt = models.CharField(_("nomor resi"), max_length=24, unique=True)
    office = models.ForeignKey(
        "registry.Office",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("kantor"),
        db_index=False,
    )
    device = models.ForeignKey(
        "registry.Device",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("perangkat"),
        db_index=False,
    )
    claim_sealed = SealedField(null=True, editable=False, bond="bond")
    birth_date = models.DateField(_("tanggal lahir"))
    reason = models.CharField(_("alasan permohonan"), max_length=12, choices=CardReason)
    papers: models.JSONField[Any, Any] = models.JSONField(_("berkas pendukung"))
    state = models.CharField(
        _("keadaan"), max_length=10, choices=ApplicationState, default=ApplicationState.RECEIVED
    )
    refusal = models.CharField(_("alasan ditolak"), max_length=20, choices=Refusal, blank=True)
    created_at = models.DateTimeField(_("diterima"))
    judged_at = models.DateTimeField(_("diperiksa"), null=True, blank=True)
    request = models.OneToOneField(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="application",
        verbose_name=_("permohonan"),
    )

    class Meta:
        verbose_name = _("pengajuan kios")
        verbose_name_plural = _("pengajuan kios")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=ApplicationState.REFUSED) ^ models.Q(refusal=""),
                name="application_refused_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ApplicationState.ACCEPTED) ^ models.Q(request__isnull=True),
                name="application_accepted_has_request",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ApplicationState.RECEIVED) ^ models.Q(claim_sealed__isnull=True),
                name="application_claim_until_judged",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state=ApplicationState.RECEIVED),
                name="application_to_judge",
            ),
        ]
        triggers = [only_along(APPLICATION_MOVES)]

    def __str__(self) -> str:
        return self.receipt

    @property
    def bond(self) -> str:
        """What the claim is sealed to."""
        return f"printing_application.claim:{self.receipt}"
