"""How does a resident ask for another card at a kiosk?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from printing.api.people import FamilyCardField, NikField, claimed, target_of
from printing.models.request import CardReason
from printing.qr import qr_svg
from printing.services.applications import apply
from printing.states import ApplicationState
from registry.api.manners.fields import Answer, Day, OneOf, Strict, Text, read
from registry.api.manners.once import once
from registry.api.manners.view import ApiView
from registry.models.device import Scope

# Presidential Regulation 96/2018, articles 16 to 18: what a further card asks for beside the family card.
PAPERS: Mapping[str, str] = {
    CardReason.LOST: "police-report",
    CardReason.DAMAGED: "old-card",
    CardReason.DATA_CHANGE: "change-proof",
    CardReason.MOVED: "moving-letter",
}
PAPER_NAMES: Mapping[str, Any] = {
    "police-report": _("surat keterangan hilang dari kepolisian"),
    "old-card": _("kartu lama yang rusak"),
    "change-proof": _("surat bukti perubahan data"),
    "moving-letter": _("surat keterangan pindah"),
}
PAPER_CHOICES = list(PAPER_NAMES.items())
MOST_PAPERS = 5


class Paper(Strict):
    """One paper the resident has in hand; a clerk sees it when the card is fetched."""

    kind = OneOf(choices=PAPER_CHOICES)
    number = Text(max_length=60, required=False, help_text="Not for an old card.")
    issued_on = Day(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] != "old-card" and "number" not in attrs:
            raise serializers.ValidationError({"number": [_("Isi nomor surat.")]}, code="required")
        return attrs


class ApplicationSent(Strict):
    """Who asks, why, and with which papers."""

    nik = NikField()
    birth_date = Day()
    family_card_number = FamilyCardField()
    reason = OneOf(choices=[(reason, CardReason(reason).label) for reason in PAPERS])
    papers = Paper(many=True, min_length=1, max_length=MOST_PAPERS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wanted = PAPERS[attrs["reason"]]
        if wanted not in {paper["kind"] for paper in attrs["papers"]}:
            raise serializers.ValidationError(
                {"papers": [_("Alasan ini memerlukan: %(paper)s.") % {"paper": PAPER_NAMES[wanted]}]}
            )
        return attrs


class ApplicationTaken(Answer):
    """Taken, not judged: ask what became of it with the receipt."""

    receipt = serializers.CharField()
    qr_svg = serializers.CharField()
    state = serializers.ChoiceField(choices=ApplicationState.choices)
    state_text = serializers.CharField()


class ApplicationsView(ApiView):
    """Wishes for another card."""

    scope = Scope.CARD_REQUESTS
    counts_people = True

    @extend_schema(operation_id="request_card", request=ApplicationSent, responses={202: ApplicationTaken})
    @once
    def post(self, request: Request) -> Response:
        """Hand in a wish. The answer is the same whether or not the person is known."""
        sent = read(ApplicationSent, request.data)
        self.spend_on_person(request, target_of(sent))
        application = apply(
            who=claimed(sent),
            reason=CardReason(sent["reason"]),
            papers=[_plain(paper) for paper in sent["papers"]],
            device=request.user,
            now=timezone.now(),
        )
        return Response(
            {
                "receipt": application.receipt,
                "qr_svg": qr_svg(application.receipt),
                "state": application.state,
                "state_text": str(ApplicationState(application.state).label),
            },
            status=202,
        )


def _plain(paper: Mapping[str, Any]) -> dict[str, Any]:
    issued = paper.get("issued_on")
    return {
        "kind": paper["kind"],
        "number": paper.get("number", ""),
        "issued_on": issued.isoformat() if issued else None,
    }
