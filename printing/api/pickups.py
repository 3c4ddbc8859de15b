"""Will the resident come, and was the card given to its owner?"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from printing.api.people import Target, find, target_of
from printing.models.handover import MatchResult
from printing.qr import qr_svg
from printing.services import pickups
from printing.services.handovers import CannotHandOver
from printing.services.requests import NotNow
from printing.states import RequestState
from registry.api.manners.fields import Answer, OneOf, Strict, Text, YesNo, read
from registry.api.manners.once import once
from registry.api.manners.problems import CodeUsed, NothingFound, Refused
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.models.device import Scope


class ConfirmationSent(Target):
    """Whether the resident will come for the card."""

    coming = YesNo()


class ConfirmationTaken(Answer):
    """What was noted. With a card that is ready comes a code that is good for one hand-over."""

    coming = serializers.BooleanField()
    state = serializers.ChoiceField(choices=RequestState.choices)
    state_text = serializers.CharField()
    pickup_code = serializers.CharField(allow_null=True)
    pickup_code_expires_at = serializers.DateTimeField(allow_null=True)
    qr_svg = serializers.CharField(allow_null=True)


class PickupSent(Strict):
    """The code, and what the 1:1 comparison with the card's owner said."""

    code = Text(min_length=12, max_length=20)
    match = OneOf(choices=MatchResult.choices)


class PickupTaken(Answer):
    """The card is with its owner."""

    receipt = serializers.CharField()
    handed_over_at = serializers.DateTimeField()
    collector = serializers.CharField(help_text="Masked.")


class ConfirmationsView(ApiView):
    """What residents say about coming."""

    scope = Scope.CONFIRMATIONS
    counts_people = True

    @extend_schema(operation_id="confirm", request=ConfirmationSent, responses={201: ConfirmationTaken})
    @may_answer(404)
    @once
    def post(self, request: Request) -> Response:
        """I will come for it, or: I cannot."""
        sent = read(ConfirmationSent, request.data)
        self.spend_on_person(request, target_of(sent))
        found = find(sent)
        if not found.is_request:
            raise Refused(_("Pengajuan ini masih diperiksa atau tidak dapat diproses; tanyakan statusnya."))
        try:
            done = pickups.confirm(
                request_id=found.pk, coming=sent["coming"], device=request.user, now=timezone.now()
            )
        except NotNow as refusal:
            raise Refused(str(refusal)) from refusal
        return Response(
            {
                "coming": sent["coming"],
                "state": done.request.state,
                "state_text": str(done.request.get_state_display()),
                "pickup_code": done.code,
                "pickup_code_expires_at": done.expires_at,
                "qr_svg": qr_svg(done.code) if done.code else None,
            },
            status=201,
        )


class PickupsView(ApiView):
    """Hand-overs."""

    scope = Scope.PICKUPS
    counts_people = True

    @extend_schema(operation_id="pick_up", request=PickupSent, responses={201: PickupTaken})
    @may_answer(404)
    @once
    def post(self, request: Request) -> Response:
        """Give the card. A code that was used is refused, with who and when; one that is unknown, without."""
        sent = read(PickupSent, request.data)
        self.spend_on_person(request)
        try:
            handover = pickups.collect(
                code=sent["code"],
                match=MatchResult(sent["match"]),
                device=request.user,
                now=timezone.now(),
            )
        except pickups.NoSuchCode as error:
            raise NothingFound from error
        except pickups.UsedUp as error:
            raise CodeUsed(used_at=error.code.used_at, used_by=masked(error.code.used_by)) from error
        except CannotHandOver as refusal:
            raise Refused(str(refusal)) from refusal
        return Response(
            {
                "receipt": handover.request.receipt,
                "handed_over_at": handover.at,
                "collector": masked(handover.collector),
            },
            status=201,
        )


def masked(name: str) -> str:
    """The first letter of each word: ``S••• A•••``."""
    return " ".join(f"{word[0]}•••" for word in name.split())
