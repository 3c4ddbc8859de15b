"""How does a clerk see the waiting list, hold and release, and hand a card over?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from printing.admin import bulk
from printing.admin.receipts import ByReceipt
from printing.models import CardRequest
from printing.models.handover import MatchResult
from printing.selectors.line import place_in_line
from printing.services import requests as request_services
from printing.services.handovers import CannotHandOver, hand_over
from printing.states import HoldReason
from registry.admin.base import ReadOnlyAdmin, each
from registry.models.proposal import ProposalKind
from registry.services.proposals import CannotPropose, propose

Answer = HttpResponse | None  # of an action: None shows the list again


class RequestActionForm(ActionForm):
    """What the actions below may need to know."""

    reason = forms.CharField(label=_("Alasan"), max_length=200, required=False)
    hold_reason = forms.ChoiceField(
        label=_("Tahan karena"), choices=[("", "—"), *HoldReason.choices], required=False
    )
    collector = forms.CharField(label=_("Penerima"), max_length=100, required=False)
    match = forms.ChoiceField(
        label=_("Pencocokan 1:1"), choices=[("", "—"), *MatchResult.choices], required=False
    )


@admin.register(CardRequest)
class RequestPage(ByReceipt, ReadOnlyAdmin):
    """The waiting list and everything that came of it."""

    resident_path = "resident"
    receipt_path = "receipt"
    list_display = [
        "receipt",
        "resident",
        "reason",
        "state",
        "hold_reason",
        "priority",
        "recorded_at",
        "state_since",
    ]
    ordering = ["-id"]
    list_filter = ["state", "hold_reason", "reason", "priority", "recording__district"]
    search_fields = ["receipt", "resident__name"]
    search_help_text = _("Nomor resi, NIK 16 angka (persis), atau bagian nama.")
    list_select_related = ["resident"]
    action_form = RequestActionForm
    actions = ["hold", "release", "cancel", "put_first", "give_card"]
    readonly_fields = ["place", "printed_receipt"]

    @admin.display(description=_("urutan antrean"))
    def place(self, request: CardRequest) -> Any:
        return place_in_line(request=request) or "—"

    @admin.display(description=_("tanda terima"))
    def printed_receipt(self, request: CardRequest) -> Any:
        return format_html(
            '<a href="{}" target="_blank">{}</a> · <a href="{}" target="_blank">A4</a>',
            reverse("papers:receipt", args=[request.pk]),
            _("Cetak 80 mm"),
            reverse("papers:receipt_a4", args=[request.pk]),
        )

    @admin.action(description=_("Tahan (pilih alasan)"), permissions=["act"])
    def hold(self, request: HttpRequest, queryset: QuerySet[CardRequest]) -> Answer:
        reason = request.POST.get("hold_reason", "")
        if reason not in HoldReason.values:
            return self.report(request, done=0, refused=[str(_("Pilih alasan menahan."))])
        if bulk.is_many(queryset):
            return self._many(request, queryset, "hold", hold_reason=reason)
        return self._each(
            request,
            queryset,
            lambda row: request_services.hold(
                request=row,
                reason=HoldReason(reason),
                note=request.POST.get("reason", ""),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    @admin.action(description=_("Lepaskan"), permissions=["act"])
    def release(self, request: HttpRequest, queryset: QuerySet[CardRequest]) -> Answer:
        if bulk.is_many(queryset):
            return self._many(request, queryset, "release")
        return self._each(
            request,
            queryset,
            lambda row: request_services.release(
                request=row,
                note=request.POST.get("reason", ""),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    @admin.action(description=_("Batalkan (isi alasan)"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[CardRequest]) -> Answer:
        if bulk.is_many(queryset):
            return self._many(request, queryset, "cancel")
        return self._each(
            request,
            queryset,
            lambda row: request_services.cancel(
                request=row,
                reason=request.POST.get("reason", ""),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    @admin.action(description=_("Usulkan untuk didahulukan (isi alasan)"), permissions=["prioritise"])
    def put_first(self, request: HttpRequest, queryset: QuerySet[CardRequest]) -> None:
        """Nobody is overtaken by one person's word: a second one decides (printing/admin/proposals.py)."""
        done, refused = each(
            queryset,
            lambda row: propose(
                kind=ProposalKind.JUMP,
                subject=row.receipt,
                details={},
                why=request.POST.get("reason", ""),
                proposer=request.user,
                now=timezone.now(),
            ),
            refusals=(CannotPropose,),
        )
        self.report(request, done=done, refused=refused)

    @admin.action(description=_("Serahkan kartu (isi penerima dan pencocokan)"), permissions=["hand_over"])
    def give_card(self, request: HttpRequest, queryset: QuerySet[CardRequest]) -> None:
        match = request.POST.get("match", "")
        if match not in MatchResult.values:
            self.report(request, done=0, refused=[str(_("Pilih hasil pencocokan 1:1."))])
            return
        self._each(
            request,
            queryset,
            lambda row: hand_over(
                request=row,
                collector=request.POST.get("collector", ""),
                match=MatchResult(match),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.change_cardrequest")

    def has_hand_over_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.hand_over_cardrequest")

    def has_prioritise_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.prioritise_cardrequest")

    def _many(self, request: HttpRequest, queryset: QuerySet[CardRequest], deed: str, **words: str) -> Answer:
        words["reason"] = request.POST.get("reason", "")
        return bulk.begin(request, deed=deed, rows=queryset, words=words)

    def _each(self, request: HttpRequest, queryset: QuerySet[CardRequest], deed: Any) -> None:
        refusals = (request_services.NotNow, CannotHandOver)
        done, refused = each(queryset, deed, refusals=refusals)
        self.report(request, done=done, refused=refused)
