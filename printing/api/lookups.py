"""Where is my card, and when?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from printing.api.board import GateSerializer
from printing.api.people import Target, find, target_of
from printing.models.request import CardReason
from printing.selectors.lookup import STATES, Found, Standing, by_receipt, standing
from printing.selectors.status import gate
from printing.states import HoldReason
from registry.api.manners.auth import stood
from registry.api.manners.fields import Answer, read
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.central.door import throttle
from registry.models import Office
from registry.models.device import Scope
from registry.selectors.tallies import by_state

GATE_SECONDS = 5  # how long one look at the gate serves all who ask


class Hold(serializers.Serializer[Any]):
    """What keeps the request out of the line for now."""

    reason = serializers.ChoiceField(choices=HoldReason.choices)
    text = serializers.CharField()


class StandingShown(Answer):
    """Where it stands, since when, what comes next, and what holds it. Nothing about who it is."""

    state = serializers.ChoiceField(choices=STATES)
    state_text = serializers.CharField()
    since = serializers.DateTimeField()
    reason = serializers.ChoiceField(choices=CardReason.choices)
    reason_text = serializers.CharField()
    next = serializers.CharField(help_text="One sentence for the resident.")
    place_in_line = serializers.IntegerField(allow_null=True, help_text="While waiting.")
    hold = Hold(allow_null=True)
    gate = GateSerializer(allow_null=True, help_text="What limits the office now, while it matters here.")
    can_confirm = serializers.BooleanField()


class StatusLookupsView(ApiView):
    """Questions about one request."""

    scope = Scope.STATUS
    remembers_keys = True
    counts_people = True

    @extend_schema(operation_id="look_up_status", request=Target, responses={200: StandingShown})
    @may_answer(404)
    def post(self, request: Request) -> Response:
        """By receipt number, or by NIK, birth date and family card number. Unknown and wrong: one answer."""
        sent = read(Target, request.data)
        self.spend_on_person(request, target_of(sent))
        return Response(_shown(standing(found=self._find(request, sent))))

    def _find(self, request: Request, sent: Mapping[str, Any]) -> Found:
        """What the target means, with the key in the same question where a number leads to it."""
        if "receipt" in sent and request._request.unproven:  # type: ignore[attr-defined]
            found = by_receipt(receipt=sent["receipt"], badge=request.auth)
            if found is not None:
                stood(request)
                return found
        self.prove(request)
        return find(sent)


def _shown(seen: Standing) -> dict[str, Any]:
    held = {"reason": seen.hold_reason, "text": seen.hold_text} if seen.hold_reason else None
    return {
        "state": seen.state,
        "state_text": seen.state_text,
        "since": seen.since,
        "reason": seen.reason,
        "reason_text": seen.reason_text,
        "next": seen.next,
        "place_in_line": seen.place_in_line,
        "hold": held,
        "gate": _gate(seen.gate_of) if seen.gate_of else None,
        "can_confirm": seen.can_confirm,
    }


def _gate(office_id: int) -> dict[str, str]:
    return gate_of(office_id, get_language(), time.monotonic() // GATE_SECONDS)


@lru_cache(maxsize=16)
def gate_of(office_id: int, language: str | None, turn: float) -> dict[str, str]:
    """The office's gate in the language of now; ``turn`` is another one when it is time to look again."""
    office = Office.objects.get(pk=office_id)
    found = gate(
        office=office, throttle=throttle().snapshot(), counts=by_state(office=office), now=timezone.now()
    )
    return {"name": found.name, "reason": str(found.reason)}
