"""What one person proposes and another must decide (four eyes)?

That two people took part is a constraint of the database, not a habit of the code. A proposal changes
once, when it is decided; what was proposed never changes.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProposalKind(models.TextChoices):
    """What takes two people."""

    MOVE = "move", _("mutasi blanko")
    COUNT = "count", _("koreksi stok")
    DESTROY = "destroy", _("pemusnahan blanko")
    JUMP = "jump", _("mendahulukan permohonan")


class ProposalState(models.TextChoices):
    """How it ended, if it did."""

    OPEN = "open", _("menunggu keputusan")
    APPROVED = "approved", _("disetujui")
    REFUSED = "refused", _("ditolak")
    WITHDRAWN = "withdrawn", _("ditarik")


S = ProposalState
ENDS = (S.APPROVED, S.REFUSED, S.WITHDRAWN)


class Proposal(models.Model):
    """``details``: what the deed needs, by kind. ``subject``: what it is about; open once at a time."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("jenis"), max_length=10, choices=ProposalKind)
    subject = models.CharField(_("tentang"), max_length=60)
    details = models.JSONField(_("rincian"))
    why = models.CharField(_("alasan"), max_length=300)
    proposer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("diusulkan oleh")
    )
    proposed_at = models.DateTimeField(_("diusulkan"))
    state = models.CharField(_("keadaan"), max_length=10, choices=ProposalState, default=S.OPEN)
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("diputuskan oleh"),
    )
    decided_at = models.DateTimeField(_("diputuskan"), null=True, blank=True)
    note = models.CharField(_("catatan keputusan"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("usulan")
        verbose_name_plural = _("usulan (dua orang)")
        ordering = ["-id"]
        permissions = [("decide_proposal", _("Boleh memutuskan usulan orang lain"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[S.OPEN, S.WITHDRAWN]) | ~models.Q(decider=models.F("proposer")),
                name="proposal_four_eyes",
            ),
            models.CheckConstraint(
                condition=models.Q(state=S.OPEN, decider__isnull=True, decided_at__isnull=True)
                | models.Q(state__in=ENDS, decider__isnull=False, decided_at__isnull=False),
                name="proposal_end_has_a_name",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(state=S.OPEN), name="proposal_open_once"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_proposed",
                fields=["kind", "subject", "details", "why", "proposer", "proposed_at"],
            ),
            pgtrigger.FSM(
                name="decided_once",
                field="state",
                transitions=[(str(S.OPEN), str(end)) for end in ENDS],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
