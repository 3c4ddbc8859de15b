"""What does the screen in the hall show? Counts only; nothing about anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from printing.selectors.board import board
from registry.api.manners.conditional import representation
from registry.api.manners.problems import NothingFound
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.central.door import throttle
from registry.models import Office

FRESH_SECONDS = 10  # a screen in the hall asks this often at most


class GateSerializer(serializers.Serializer[Any]):
    """What holds the line now."""

    name = serializers.CharField()
    reason = serializers.CharField(help_text="One sentence, with its number.")


class BoardSerializer(serializers.Serializer[Any]):
    """The office at a glance. Times are RFC 3339 with offset."""

    office = serializers.CharField(help_text="Home-Affairs code.")
    server_time = serializers.DateTimeField()
    received_today = serializers.IntegerField()
    printed_today = serializers.IntegerField()
    handed_over_today = serializers.IntegerField()
    waiting = serializers.IntegerField()
    held = serializers.DictField(child=serializers.IntegerField(), help_text="Held requests by reason.")
    ready_for_pickup = serializers.IntegerField()
    blanks_in_store = serializers.IntegerField()
    shift_open_until = serializers.DateTimeField(allow_null=True)
    next_opening = serializers.DateTimeField(allow_null=True)
    last_heard_from_centre = serializers.DateTimeField(allow_null=True)
    gate = GateSerializer()


class BoardView(ApiView):
    """The hall's board."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(
        operation_id="board",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: BoardSerializer, 304: None},
    )
    @may_answer(404)
    def get(self, request: Request) -> Response:
        """Today's in, out and stuck, the blanks, the shifts, and the gate that holds the line."""
        office = Office.objects.filter(code=settings.OFFICE_CODE).first()
        if office is None:
            raise NothingFound
        response = representation(
            request,
            cache.get_or_set(f"board:{office.pk}:{get_language()}", lambda: _look(office), FRESH_SECONDS),
        )
        patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        return response


def _look(office: Office) -> dict[str, Any]:
    return dict(
        BoardSerializer(board(office=office, throttle=throttle().snapshot(), now=timezone.now())).data
    )
