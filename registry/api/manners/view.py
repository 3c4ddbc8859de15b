"""What does every endpoint do before and after its own work?"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.utils.cache import patch_cache_control
from django.utils.timezone import localtime
from redis.exceptions import RedisError
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.api.manners import limits
from registry.api.manners.auth import DeviceAuthentication, HasScope, address_of
from registry.api.manners.parsers import StrictJson
from registry.models import Device


class OnlyJson(BaseContentNegotiation):
    """We speak JSON, whatever is asked for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view for devices. ``scope``: what the device must be allowed to; None: nothing in particular."""

    scope: ClassVar[str | None] = None
    authentication_classes = [DeviceAuthentication]
    permission_classes = [HasScope]
    parser_classes = [StrictJson]
    content_negotiation_class = OnlyJson

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        request.request_id = uuid.uuid4()
        request.spent = []
        return super().initialize_request(request, *args, **kwargs)

    def check_throttles(self, request: Request) -> None:
        """Count the device and its address. Where only load is at stake, no Redis means no limit."""
        address = address_of(request)
        asked = [limits.of_address(address)]
        if isinstance(request.user, Device):
            asked.append(limits.of_device(str(request.user.pk)))
        try:
            self.spend(request, *asked)
        except RedisError:
            request._request.spent = []

    def spend(self, request: Request, *asked: limits.Limit, strictly: bool = False) -> None:
        """Count against further limits; ``strictly`` refuses when nobody counts."""
        counter = limits.spend_or_refuse if strictly else limits.spend
        try:
            request._request.spent += counter(asked)
        except limits.RateLimited as error:
            request._request.spent += error.spent
            raise

    def handle_exception(self, exc: Exception) -> Response:
        """Whoever shows wrong keys is slowed down by address."""
        if isinstance(exc, AuthenticationFailed):
            try:
                self.spend(self.request, limits.of_failures(address_of(self.request)))
            except limits.RateLimited as error:
                exc = error
            except RedisError:
                pass  # a key of 256 bits does not need the limit
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        now = localtime()
        response["X-Request-Id"] = str(request.request_id)
        response["Server-Time"] = now.isoformat(timespec="milliseconds")
        if request.spent:
            response["RateLimit-Policy"] = ", ".join(one.limit.policy for one in request.spent)
            response["RateLimit"] = ", ".join(one.header for one in request.spent)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True)
        if isinstance(response.data, dict) and not response.has_header("ETag"):
            response.data = {**response.data, "server_time": now, "request_id": request.request_id}
        return response
