"""How does a device get its key, and change it?"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.manners import limits
from registry.api.manners.auth import address_of
from registry.api.manners.fields import Answer, Strict, Text, read
from registry.api.manners.once import once
from registry.api.manners.problems import NothingFound, Refused
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.models.device import Scope
from registry.services import devices


class DeviceEnrolment(Strict):
    """A one-time code as a clerk read it out."""

    code = Text(min_length=12, max_length=20, help_text="From the admin; good for an hour.")


class Enrolled(Answer):
    """The device's first key; it is not shown again."""

    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    key = serializers.CharField(help_text="`Authorization: Device <key>`")


class NewKey(Answer):
    """A further key. The one used so far lives until `previous_expires_at`."""

    key = serializers.CharField()
    prefix = serializers.CharField()
    previous_expires_at = serializers.DateTimeField(allow_null=True)


class NoFields(Strict):
    """An empty object."""


class KeyShown(serializers.Serializer[Any]):
    """A live key, by its public part."""

    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class DeviceShown(Answer):
    """What the office knows of the asking device."""

    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    keys = KeyShown(many=True)


class DeviceEnrolmentView(ApiView):
    """The way in."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(operation_id="enrol_device", request=DeviceEnrolment, responses={201: Enrolled})
    @may_answer(404)
    def post(self, request: Request) -> Response:
        """Trade a one-time code for a key. Wrong, used and old codes are one answer."""
        sent = read(DeviceEnrolment, request.data)
        self.spend(request, limits.of_failures(address_of(request)), strictly=True)
        granted = devices.redeem(code=sent["code"], now=timezone.now())
        if granted is None:
            raise NothingFound
        device = granted.device
        return Response({"name": device.name, "scopes": device.scopes, "key": granted.key.text}, status=201)


class DeviceView(ApiView):
    """The asking device itself."""

    @extend_schema(operation_id="device", responses={200: DeviceShown})
    def get(self, request: Request) -> Response:
        """Name, scopes and live keys."""
        device, now = request.user, timezone.now()
        live = [key for key in device.keys.select_related("device") if key.is_live(now=now)]
        return Response(
            {
                "name": device.name,
                "scopes": device.scopes,
                "keys": [
                    {"prefix": key.prefix, "created_at": key.created_at, "expires_at": key.expires_at}
                    for key in live
                ],
            }
        )


class DeviceKeyView(ApiView):
    """The keys of the asking device."""

    @extend_schema(operation_id="change_key", request=NoFields, responses={201: NewKey})
    @once
    def post(self, request: Request) -> Response:
        """Ask for a new key. Two live at once; a third ends the oldest."""
        read(NoFields, request.data)
        try:
            granted = devices.grant_key(device=request.user, now=timezone.now())
        except devices.DeviceRefused as refusal:
            raise Refused(str(refusal)) from refusal
        return Response(
            {
                "key": granted.key.text,
                "prefix": granted.key.prefix,
                "previous_expires_at": granted.previous_expires_at,
            },
            status=201,
        )
