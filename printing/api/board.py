"""What does the screen in the hall show? Counts only; nothing about anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from printing.selectors.board import board
from registry.central.door import throttle
from registry.models import Office

FRESH_SECONDS = 10  # a screen in the hall asks this often at most


class GateSerializer(serializers.Serializer[Any]):
    """What holds the line now."""

    name = serializers.CharField()
    reason = serializers.CharField(help_text="One sentence in Indonesian, with its number.")


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


@method_decorator(cache_control(public=True, max_age=FRESH_SECONDS), name="get")
class BoardView(APIView):
    """The hall's board."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="board", responses=BoardSerializer)
    def get(self, request: Request) -> Response:
        """Today's in, out and stuck, the blanks, the shifts, and the gate that holds the line."""
        office = Office.objects.filter(code=settings.OFFICE_CODE).first()
        if office is None:
            raise NotFound
        seen = board(office=office, throttle=throttle().snapshot(), now=timezone.now())
        return Response(BoardSerializer(seen).data)
