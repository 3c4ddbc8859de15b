"""Where does a follower want its news sent?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import outbound
from registry.api.manners.conditional import etag, representation, require_match
from registry.api.manners.fields import Answer, Strict, Text, YesNo, read
from registry.api.manners.once import once
from registry.api.manners.problems import NothingFound, PreconditionFailed, Refused
from registry.api.manners.schema import may_answer
from registry.api.manners.view import ApiView
from registry.models import Webhook
from registry.models.device import Scope
from registry.services import webhooks

REFUSALS = {
    "scheme": _("Alamat harus https tanpa nama pengguna."),
    "https": _("Alamat harus https."),
    "port": _("Nomor porta tidak sah."),
    "private": _("Alamat di jaringan dalam ditolak."),
    "unknown": _("Nama alamat tidak ditemukan."),
}
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="Its ETag.")


class WebhookWanted(Strict):
    """An address of yours, https."""

    url = Text(max_length=300)


class WebhookChange(Strict):
    """What is to be different."""

    url = Text(max_length=300, required=False)
    enabled = YesNo(required=False)


class WebhookShown(serializers.Serializer[Any]):
    """An address that gets the news of the asking device."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class WebhookMade(WebhookShown):
    """The same, with the secret that signs what is sent there: shown once."""

    secret = serializers.CharField()


class WebhookList(Answer):
    """At most five."""

    webhooks = WebhookShown(many=True)


class WebhooksView(ApiView):
    """All addresses of the asking device."""

    scope = Scope.EVENTS

    @extend_schema(operation_id="webhooks", responses={200: WebhookList})
    def get(self, request: Request) -> Response:
        """Every address."""
        return Response({"webhooks": [_shown(one) for one in request.user.webhooks.all()]})

    @extend_schema(operation_id="add_webhook", request=WebhookWanted, responses={201: WebhookMade})
    @once
    def post(self, request: Request) -> Response:
        """A further address. It gets what happens from now on."""
        sent = read(WebhookWanted, request.data)
        _check(sent["url"])
        try:
            webhook, secret = webhooks.add(device=request.user, url=sent["url"], now=timezone.now())
        except webhooks.TooMany as error:
            raise Refused(
                str(_("Paling banyak %(most)d alamat.") % {"most": webhooks.MOST_PER_DEVICE})
            ) from error
        shown = _shown(webhook)
        return Response({**shown, "secret": secret}, status=201, headers={"ETag": etag(shown)})


class WebhookView(ApiView):
    """One address of the asking device."""

    scope = Scope.EVENTS

    @extend_schema(
        operation_id="webhook",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: WebhookShown, 304: None},
    )
    @may_answer(404)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """It, under its ETag."""
        return representation(request, _shown(_own(request, webhook_id)))

    @extend_schema(
        operation_id="change_webhook",
        parameters=[IF_MATCH],
        request=WebhookChange,
        responses={200: WebhookShown},
    )
    @may_answer(404, 412, 422, 428)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change it, if it is still as you saw it."""
        webhook = _own(request, webhook_id)
        require_match(request, _shown(webhook))
        sent = read(WebhookChange, request.data)
        if "url" in sent:
            _check(sent["url"])
        if not webhooks.change(webhook=webhook, **sent):
            raise PreconditionFailed
        return representation(request, _shown(webhook))

    @extend_schema(operation_id="remove_webhook", parameters=[IF_MATCH], responses={204: None})
    @may_answer(404, 412, 428)
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Take it away, if it is still as you saw it."""
        webhook = _own(request, webhook_id)
        require_match(request, _shown(webhook))
        if not webhooks.remove(webhook=webhook):
            raise PreconditionFailed
        return Response(status=204)


def _own(request: Request, webhook_id: UUID) -> Webhook:
    webhook = Webhook.objects.filter(pk=webhook_id, device=request.user).first()
    if webhook is None:
        raise NothingFound
    return webhook


def _check(url: str) -> None:
    try:
        outbound.check(url, inner_networks=settings.WEBHOOK_INNER_NETWORKS)
    except outbound.AddressRefused as error:
        raise Refused(str(REFUSALS[str(error)])) from error


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "enabled": webhook.enabled,
        "created_at": webhook.created_at,
        "version": webhook.version,
    }
