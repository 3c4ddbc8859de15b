"""How does a clerk pack cards for a subdistrict, and say that the box has left or arrived?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from printing.models import Box
from printing.services import boxes
from printing.services.inspection import NotNow
from registry.admin.base import each
from registry.admin.blanks import BookingAdmin, BookingForm, office_field

SHOWN = ["number", "district", "count", "packed_at", "packed_by"]
SHOWN += ["sent_at", "sent_by", "received_at", "received_by", "papers"]


class PackForm(BookingForm):
    """For which subdistrict? Which cards go in, the service says."""

    office = office_field()

    class Meta:
        model = Box
        fields = ["office", "district"]

    def book(self, cleaned: dict[str, Any]) -> Box:
        try:
            return boxes.pack(
                office=cleaned["office"],
                district=cleaned["district"],
                actor=self.actor,
                now=timezone.now(),
            )
        except NotNow as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


@admin.register(Box)
class BoxPage(BookingAdmin):
    """Boxes of cards, the latest first, with their papers."""

    form = PackForm
    list_display = [
        "number",
        "district",
        "count",
        "packed_at",
        "packed_by",
        "sent_at",
        "received_at",
        "papers",
    ]
    list_filter = ["district"]
    search_fields = ["number"]
    date_hierarchy = "packed_at"
    list_select_related = ["district"]
    actions = ["send", "receive"]

    def get_fields(self, request: HttpRequest, obj: Box | None = None) -> list[str]:
        return SHOWN if obj else PackForm.Meta.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Box]:
        return super().get_queryset(request).annotate(count=Count("cards"))

    @admin.display(description=_("kartu"))
    def count(self, box: Box) -> int:
        return box.count  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=_("cetakan"))
    def papers(self, box: Box) -> str:
        return format_html(
            '<a href="{}" target="_blank">{}</a> · <a href="{}" target="_blank">{}</a>',
            reverse("papers:box_label", args=[box.pk]),
            _("Label"),
            reverse("papers:box_manifest", args=[box.pk]),
            _("Daftar isi"),
        )

    @admin.action(description=_("Kotak dikirim"), permissions=["carry"])
    def send(self, request: HttpRequest, queryset: QuerySet[Box]) -> None:
        self._each(request, queryset, boxes.send)

    @admin.action(description=_("Kotak diterima di kecamatan"), permissions=["carry"])
    def receive(self, request: HttpRequest, queryset: QuerySet[Box]) -> None:
        self._each(request, queryset, boxes.receive)

    def has_carry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.change_box")

    def _each(self, request: HttpRequest, queryset: QuerySet[Box], deed: Any) -> None:
        actor = request.user.get_username()
        done, refused = each(
            queryset, lambda box: deed(box=box, actor=actor, now=timezone.now()), refusals=(NotNow,)
        )
        self.report(request, done=done, refused=refused)
