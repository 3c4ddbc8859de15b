"""Did the centre issue a print command for this request?"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from printing.states import AUTHORIZATION_LIVE, AUTHORIZATION_MOVES, AuthorizationState
from registry.models.event import Subject
from registry.models.moving import Moving, only_along
from registry.models.tally import counted_by_state

OFFICE = "(SELECT office_id FROM printing_cardrequest WHERE id = {row}.request_id)"


class PrintAuthorization(Moving):
    """One asking for one print command. ``key`` is the Idempotency-Key of every repeat."""

    MOVES = AUTHORIZATION_MOVES
    SUBJECT = Subject.AUTHORIZATION

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(_("kunci"), default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(
        "printing.CardRequest",
        on_delete=models.PROTECT,
        related_name="authorizations",
        verbose_name=_("permohonan"),
    )
    state = models.CharField(
        _("keadaan"), max_length=10, choices=AuthorizationState, default=AuthorizationState.WAITING
    )
    asked = models.PositiveIntegerField(_("kali ditanyakan"), default=0)
    claimed_until = models.DateTimeField(_("diambil pekerja sampai"), null=True, blank=True)
    due_at = models.DateTimeField(_("dikerjakan lagi"), null=True, blank=True)
    command_id = models.UUIDField(_("nomor perintah cetak"), null=True, blank=True, unique=True)
    issued_at = models.DateTimeField(_("diterbitkan"), null=True, blank=True)
    expires_at = models.DateTimeField(_("berlaku sampai"), null=True, blank=True)
    answer = models.CharField(_("jawaban terakhir"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("perintah cetak")
        verbose_name_plural = _("perintah cetak")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=models.Q(state__in=sorted(AUTHORIZATION_LIVE)),
                name="authorization_one_live",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["granted", "used"]) | models.Q(command_id__isnull=False),
                name="authorization_granted_has_command",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=AuthorizationState.ASKING) | models.Q(claimed_until__isnull=False),
                name="authorization_asking_has_claim",
            ),
        ]
        indexes = [
            models.Index(
                fields=["claimed_until"],
                condition=models.Q(state=AuthorizationState.ASKING),
                name="authorization_claims",
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=AuthorizationState.PENDING),
                name="authorization_pending",
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state=AuthorizationState.GRANTED),
                name="authorization_expiry",
            ),
        ]
        triggers = [only_along(AUTHORIZATION_MOVES), *counted_by_state(Subject.AUTHORIZATION, office=OFFICE)]

    def __str__(self) -> str:
        return str(self.command_id or self.key)

    @property
    def owner_id(self) -> Any:
        return self.request.resident_id
