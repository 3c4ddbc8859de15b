"""Which device is asking, and may it?"""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from registry.models import Device
from registry.services.devices import Badge, recall, recognise

SCHEME = "Device"
KEY = re.compile(r"([0-9a-f]{12})\.([A-Za-z0-9_-]{43})")


class DeviceAuthentication(BaseAuthentication):
    """``Authorization: Device <prefix>.<secret>``.

    ``remembers``: a key that this process knows is not asked for; until it is, the request is ``unproven``.
    """

    def __init__(self, *, remembers: bool = False) -> None:
        self.remembers = remembers

    def authenticate(self, request: Request) -> tuple[Device, Badge] | None:
        """The device with its badge; None without the header, so that an open endpoint stays open."""
        scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        form = KEY.fullmatch(shown.strip())
        known = form and scheme.lower() == SCHEME.lower()
        badge = self._look(request, prefix=form[1], secret=form[2]) if form and known else None
        if badge is None:
            raise AuthenticationFailed(_("Kunci perangkat tidak dikenal atau sudah tidak berlaku."))
        return badge.device(), badge

    def _look(self, request: Request, *, prefix: str, secret: str) -> Badge | None:
        now = timezone.now()
        badge = recall(prefix=prefix, secret=secret, now=now) if self.remembers else None
        request._request.unproven = badge is not None  # type: ignore[attr-defined]
        return badge or recognise(prefix=prefix, secret=secret, now=now)

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="ektp"'


def stood(request: Request) -> None:
    """The statement that answered has found the key's rows as they were remembered."""
    request._request.unproven = False  # type: ignore[attr-defined]


class HasScope(BasePermission):
    """A device with the scope of the view, from a network it is allowed in, with its own certificate."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        device = request.user
        scope = getattr(view, "scope", None)
        return (
            isinstance(device, Device)
            and (scope is None or scope in device.scopes)
            and device.is_allowed_from(address_of(request))
            and is_certified(request, device)
        )


def is_certified(request: Request, device: Device) -> bool:
    """Whether the proxy saw the certificate of this very device, where the office asks for that."""
    return not settings.DEVICE_CERTIFICATES or request.META.get("HTTP_X_DEVICE_NAME") == device.name


def address_of(request: Request) -> str:
    """The address that asks: the one before the last proxy we trust, or the peer itself."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return str(hops[-trusted])
    return str(request.META.get("REMOTE_ADDR", ""))


class DeviceScheme(OpenApiAuthenticationExtension):
    """How the schema calls the key."""

    target_class = DeviceAuthentication
    name = "device"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Device <prefix>.<secret>`; a clerk enrols the device in the admin.",
        }
