"""What does every endpoint do before and after its own work?"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.timezone import localtime
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
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
    """A view for devices. ``scope``: what the device must be allowed to; None: nothing in particular.

    ``remembers_keys``: its statement asks STANDS (registry/services/devices.py) while it answers; ``prove``
    stands before everything else that is done or told.
    """

    scope: ClassVar[str | None] = None
    counts_people: ClassVar[bool] = False  # its questions are about somebody
    remembers_keys: ClassVar[bool] = False
    authentication_classes = [DeviceAuthentication]
    permission_classes = [HasScope]
    parser_classes = [StrictJson]
    content_negotiation_class = OnlyJson

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        request.spent = []
        request.unproven = False
        return super().initialize_request(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [DeviceAuthentication(remembers=True)] if self.remembers_keys else super().get_authenticators()

    def prove(self, request: Request) -> None:
        """Ask for a key that was only remembered. Raises AuthenticationFailed and PermissionDenied."""
        if request._request.unproven:
            request._request.unproven = False
            request.user, request.auth = DeviceAuthentication().authenticate(request) or (None, None)
            self.check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Count the device and its address. Where only load is at stake, no Redis means no limit."""
        if self.counts_people:
            return  # in the same round trip as the person, once we know whom it is about
        try:
            self.spend(request, *self._callers(request))
        except RedisError:
            request._request.spent = []

    def spend_on_person(self, request: Request, target: str = "") -> None:
        """Count a question about one person, also against whom it is about. Raises without Redis."""
        asked = [*self._callers(request), limits.of_lookups(str(request.user.pk))]
        self.spend(request, *asked, *([limits.of_target(target)] if target else []), strictly=True)

    def _callers(self, request: Request) -> list[limits.Limit]:
        address = limits.of_address(address_of(request))
        device = request.user
        return [address, limits.of_device(str(device.pk))] if isinstance(device, Device) else [address]

    def spend(self, request: Request, *asked: limits.Limit, strictly: bool = False) -> None:
        """Count against further limits; ``strictly`` refuses when nobody counts."""
        counter = limits.spend_or_refuse if strictly else limits.spend
        try:
            request._request.spent += counter(asked)
        except limits.RateLimited as error:
            request._request.spent += error.spent
            raise

    def handle_exception(self, exc: Exception) -> Response:
        """Whoever shows wrong keys is slowed down by address; what could not be read counts too."""
        try:
            self.prove(self.request)
        except APIException as error:
            exc = error
        if isinstance(exc, AuthenticationFailed):
            exc = self._count(limits.of_failures(address_of(self.request))) or exc
        elif self.counts_people and not self.request.spent and not isinstance(exc, limits.Unavailable):
            exc = self._count(*self._callers(self.request)) or exc
        return super().handle_exception(exc)

    def _count(self, *asked: limits.Limit) -> Exception | None:
        """Count after a refusal; the refusal that this makes of it, if any."""
        try:
            self.spend(self.request, *asked)
        except limits.RateLimited as error:
            return error
        except RedisError:
            pass  # the first refusal stands
        return None

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if request.unproven:
            raise RuntimeError("An answer to a key that nobody asked for.")
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.spent:
            response["RateLimit-Policy"] = ", ".join(one.limit.policy for one in request.spent)
            response["RateLimit"] = ", ".join(one.header for one in request.spent)
        if isinstance(response.data, dict) and not response.has_header("ETag"):
            now = localtime().isoformat(timespec="milliseconds")
            response["Server-Time"] = now
            response.data = {**response.data, "server_time": now, "request_id": request.request_id}
        return response
