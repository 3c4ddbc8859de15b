"""How does a clerk answer what only a person can see: good card, spoiled card, card in the tray?"""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from printing.admin.receipts import ByReceipt
from printing.models import PrintAttempt, PrintJob
from printing.services import inspection
from registry.admin.base import ReadOnlyAdmin, each


class ReasonForm(ActionForm):
    """An action may need a reason; one field serves all of them."""

    reason = forms.CharField(label=_("Alasan"), max_length=200, required=False)


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg]
    """Every blank a job took, and how it ended."""

    model = PrintAttempt
    fields = [
        "n",
        "printer",
        "blank",
        "sent_at",
        "outcome",
        "ended_at",
        "reason",
        "reported_at",
        "report_answer",
    ]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(PrintJob)
class JobPage(ByReceipt, ReadOnlyAdmin):
    """Cards in the making. A job in doubt asks one question: what lies in the tray?"""

    resident_path = "authorization__request__resident"
    receipt_path = "authorization__request__receipt"
    list_display = ["id", "receipt", "state", "state_since", "attempts", "printer"]
    list_filter = ["state", "printer"]
    search_fields = ["authorization__request__receipt", "authorization__request__resident__name"]
    list_select_related = ["authorization__request", "printer"]
    inlines = [AttemptInline]
    action_form = ReasonForm
    actions = [
        "card_in_tray",
        "spoiled_in_tray",
        "blank_in_tray",
        "nothing_in_tray",
        "good",
        "bad",
        "once_more",
    ]

    @admin.display(description=_("nomor resi"), ordering="authorization__request__receipt")
    def receipt(self, job: PrintJob) -> str:
        return job.authorization.request.receipt

    @admin.action(description=_("Diragukan: kartu jadi dan baik"), permissions=["decide"])
    def card_in_tray(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._resolve(request, queryset, inspection.Seen.CARD)

    @admin.action(description=_("Diragukan: kartu rusak"), permissions=["decide"])
    def spoiled_in_tray(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._resolve(request, queryset, inspection.Seen.SPOILED)

    @admin.action(description=_("Diragukan: tidak ada kartu, blanko utuh"), permissions=["decide"])
    def blank_in_tray(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._resolve(request, queryset, inspection.Seen.BLANK)

    @admin.action(description=_("Diragukan: tidak ada kartu, tidak ada blanko"), permissions=["decide"])
    def nothing_in_tray(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._resolve(request, queryset, inspection.Seen.NOTHING)

    @admin.action(description=_("Periksa: kartu baik"), permissions=["decide"])
    def good(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._each(
            request,
            queryset,
            lambda job: inspection.approve(job=job, actor=request.user.get_username(), now=timezone.now()),
        )

    @admin.action(description=_("Periksa: kartu rusak (isi alasan)"), permissions=["decide"])
    def bad(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._each(
            request,
            queryset,
            lambda job: inspection.spoil(
                job=job,
                reason=request.POST.get("reason", ""),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    @admin.action(description=_("Coba cetak sekali lagi"), permissions=["decide"])
    def once_more(self, request: HttpRequest, queryset: QuerySet[PrintJob]) -> None:
        self._each(
            request,
            queryset,
            lambda job: inspection.try_again(
                job=job,
                why=request.POST.get("reason", ""),
                actor=request.user.get_username(),
                now=timezone.now(),
            ),
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.change_printjob")

    def _resolve(self, request: HttpRequest, queryset: QuerySet[PrintJob], seen: inspection.Seen) -> None:
        self._each(
            request,
            queryset,
            lambda job: inspection.resolve_doubt(
                job=job,
                seen=seen,
                actor=request.user.get_username(),
                why=request.POST.get("reason", ""),
                now=timezone.now(),
            ),
        )

    def _each(self, request: HttpRequest, queryset: QuerySet[PrintJob], deed: object) -> None:
        done, refused = each(queryset, deed, refusals=(inspection.NotNow,))  # type: ignore[arg-type]
        self.report(request, done=done, refused=refused)
