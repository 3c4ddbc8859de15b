"""What happened to what this device handed in?"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.manners.fields import Answer
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.models import Subject
from registry.models.device import Scope
from registry.services import feed

PAGE = 100  # events at once, at most
MOST_DIGITS = 18


class EventShown(serializers.Serializer[Any]):
    """One move of one row; a webhook carries the same."""

    id = serializers.IntegerField(help_text="Its place in your feed: growing, with gaps.")
    at = serializers.DateTimeField()
    subject = serializers.ChoiceField(choices=[Subject.REQUEST.value, Subject.RECORDING.value])
    receipt = serializers.CharField(allow_null=True)
    recording_id = serializers.UUIDField(allow_null=True)
    to = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's."""
        return {**super().get_fields(), "from": serializers.CharField(allow_null=True)}


class EventsPage(Answer):
    """Events in the order of the feed. Keep `next_cursor` and ask again with it."""

    events = EventShown(many=True)
    next_cursor = serializers.CharField()
    more = serializers.BooleanField(help_text="There are more right now.")


class EventsView(ApiView):
    """The feed of the asking device."""

    scope = Scope.EVENTS

    @extend_schema(
        operation_id="events",
        parameters=[
            OpenApiParameter("cursor", {"type": "string", "pattern": r"^\d{1,18}$"}),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": PAGE, "default": PAGE}),
        ],
        responses={200: EventsPage},
    )
    @may_answer(400)
    def get(self, request: Request) -> Response:
        """What came after the cursor. None is ever skipped, and none comes late behind it."""
        unknown = set(request.query_params) - {"cursor", "limit"}
        if unknown:
            raise ValidationError({name: [_("Isian ini tidak dikenal.")] for name in sorted(unknown)})
        cursor = _number(request, "cursor", default=0, lowest=0, highest=10**MOST_DIGITS - 1)
        limit = _number(request, "limit", default=PAGE, lowest=1, highest=PAGE)
        feed.give_places()
        found = feed.news_after(device=request.user, position=cursor, at_most=limit + 1)
        page = found[:limit]
        return Response(
            {
                "events": [one.as_json() for one in page],
                "next_cursor": str(page[-1].position if page else cursor),
                "more": len(found) > limit,
            }
        )


def _number(request: Request, name: str, *, default: int, lowest: int, highest: int) -> int:
    if name not in request.query_params:
        return default
    text = request.query_params[name]
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and lowest <= int(text) <= highest:
        return int(text)
    raise ValidationError(
        {
            name: [
                _("Isi dengan bilangan dari %(lowest)d sampai %(highest)d.")
                % {"lowest": lowest, "highest": highest}
            ]
        }
    )
