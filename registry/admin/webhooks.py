"""Which news did not reach its follower, and what does a clerk do about it?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.admin.base import ReadOnlyAdmin
from registry.models import Webhook, WebhookDelivery
from registry.services import webhooks


@admin.register(Webhook)
class WebhookPage(ReadOnlyAdmin):
    """Addresses that followers gave."""

    list_display = ["url", "device", "enabled", "created_at"]
    list_filter = ["enabled"]
    list_select_related = ["device"]


@admin.register(WebhookDelivery)
class WebhookDeliveryPage(ReadOnlyAdmin):
    """What was sent where, and what is dead until somebody looks at it."""

    list_display = ["created_at", "webhook", "state", "attempts", "due_at", "last_error", "ended_at"]
    list_filter = ["state", "webhook"]
    list_select_related = ["webhook"]
    actions = ["send_again"]

    @admin.action(description=_("Kirim lagi yang gagal"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        done = sum(webhooks.revive(delivery=row, now=timezone.now()) for row in queryset)
        left = len(queryset) - done
        refused = [str(_("%(count)d kiriman tidak sedang gagal.") % {"count": left})] if left else []
        self.report(request, done=done, refused=refused)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("registry.change_webhookdelivery")
