"""How does a clerk enrol a kiosk, and shut one out?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.admin.base import OfficeAdmin, each
from registry.models import Device
from registry.models.device import Scope
from registry.services import devices


class DeviceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Scopes to tick instead of words to type."""

    scopes = forms.MultipleChoiceField(
        label=_("Wewenang"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Device
        fields = ["name", "office", "scopes", "networks"]


class KeyInline(admin.TabularInline):  # type: ignore[type-arg]
    """The device's keys by their public parts."""

    model = Device._meta.get_field("keys").related_model
    fields = readonly_fields = ["prefix", "created_at", "expires_at"]
    extra = 0
    can_delete = False
    verbose_name_plural = _("kunci")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a device fetches its key itself

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who sees the device sees this


@admin.register(Device)
class DevicePage(OfficeAdmin):
    """Kiosks, stations, counters and followers."""

    form = DeviceForm
    inlines = [KeyInline]
    list_display = ["name", "office", "may", "networks_text", "last_seen_at", "revoked_at"]
    list_filter = ["office", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name"]
    list_select_related = ["office"]
    readonly_fields = ["last_seen_at", "revoked_at", "revoked_by"]
    actions = ["invite", "revoke"]

    @admin.display(description=_("wewenang"))
    def may(self, device: Device) -> str:
        return ", ".join(str(Scope(scope).label) for scope in device.scopes)

    @admin.display(description=_("jaringan"))
    def networks_text(self, device: Device) -> str:
        return ", ".join(device.networks) or str(_("dari mana saja"))

    @admin.action(description=_("Buat kode pendaftaran sekali pakai"), permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """The code is shown once, on the next page, and nowhere else."""

        def tell(device: Device) -> None:
            code = devices.invite(device=device, now=timezone.now(), actor=request.user.get_username())
            words = {"name": device.name, "code": code}
            self.message_user(
                request,
                _("Ketik di “%(name)s” dalam satu jam: %(code)s. Kode ini hanya ditampilkan sekali.") % words,
                messages.WARNING,
            )

        _done, refused = each(queryset, tell, refusals=(devices.DeviceRefused,))
        self.report(request, done=0, refused=refused)

    @admin.action(description=_("Cabut: kuncinya tidak berlaku lagi sejak sekarang"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        actor, now = request.user.get_username(), timezone.now()
        done = sum(devices.revoke(device=device, actor=actor, now=now) for device in queryset)
        left = len(queryset) - done
        refused = [str(_("%(count)d perangkat sudah dicabut sebelumnya.") % {"count": left})] if left else []
        self.report(request, done=done, refused=refused)

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        return False  # what it handed in stays; it is revoked
