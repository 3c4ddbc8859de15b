"""How does a second person decide what a first one proposed?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from printing.admin.jobs import ReasonForm
from printing.services import proposals
from printing.services.inspection import NotNow
from registry.admin.base import each
from registry.admin.blanks import BookingAdmin, BookingForm, office_field
from registry.admin.four_eyes import Proposes
from registry.models import Proposal
from registry.models.proposal import ProposalKind
from registry.services.ledger import LedgerRefusal
from registry.services.proposals import propose

# Whoever may propose something may take it back.
PROPOSING = ("registry.add_proposal", "registry.add_blankmovement", "printing.prioritise_cardrequest")


class DestructionForm(BookingForm):
    """Spoiled blanks to be destroyed: the number of the minutes, and who will watch."""

    office = office_field()
    quantity = forms.IntegerField(
        label=_("Jumlah"),
        min_value=1,
        help_text=_("Yang rusak lebih dulu dimusnahkan lebih dulu; nomornya tercetak pada berita acara."),
    )
    minutes = forms.CharField(label=_("Nomor berita acara"), max_length=60)
    first_witness = forms.CharField(label=_("Saksi pertama"), max_length=100)
    second_witness = forms.CharField(label=_("Saksi kedua"), max_length=100)

    class Meta:
        model = Proposal
        fields = ["why"]

    field_order = ["office", "minutes", "quantity", "first_witness", "second_witness", "why"]

    def clean_second_witness(self) -> str:
        second: str = self.cleaned_data["second_witness"]
        if second.split() == self.cleaned_data.get("first_witness", "").split():
            raise forms.ValidationError(_("Kedua saksi harus berbeda."))
        return second

    def book(self, cleaned: dict[str, Any]) -> Proposal:
        proposal, _made = propose(
            kind=ProposalKind.DESTROY,
            subject=cleaned["minutes"],
            details={
                "office": cleaned["office"].pk,
                "quantity": cleaned["quantity"],
                "witnesses": [cleaned["first_witness"], cleaned["second_witness"]],
            },
            why=cleaned["why"],
            proposer=self.user,
            now=timezone.now(),
        )
        return proposal


@admin.register(Proposal)
class ProposalPage(Proposes, BookingAdmin):
    """What waits for a second person. Adding one here proposes to destroy spoiled blanks."""

    form = DestructionForm
    action_form = ReasonForm
    list_display = ["kind", "subject", "summary", "why", "proposer", "proposed_at", "state", "decider"]
    list_filter = ["state", "kind"]
    search_fields = ["subject", "proposer__username"]
    list_select_related = ["proposer", "decider"]
    actions = ["approve", "refuse", "withdraw"]

    @admin.display(description=_("rincian"))
    def summary(self, proposal: Proposal) -> str:
        return ", ".join(str(value) for key, value in proposal.details.items() if key != "office")

    @admin.action(description=_("Setujui dan jalankan"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        self._decide(request, queryset, approve=True)

    @admin.action(description=_("Tolak (isi alasan)"), permissions=["decide"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        self._decide(request, queryset, approve=False)

    @admin.action(description=_("Tarik usulan sendiri"), permissions=["propose"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        self._each(
            request,
            queryset,
            lambda row: proposals.withdraw(proposal=row, proposer=request.user, now=timezone.now()),
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("registry.decide_proposal")

    def has_propose_permission(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(right) for right in PROPOSING)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Proposal], *, approve: bool) -> None:
        self._each(
            request,
            queryset,
            lambda row: proposals.decide(
                proposal=row,
                approve=approve,
                decider=request.user,
                note=request.POST.get("reason", ""),
                now=timezone.now(),
            ),
        )

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Proposal], deed: Callable[[Proposal], object]
    ) -> None:
        done, refused = each(queryset, deed, refusals=(NotNow, LedgerRefusal))
        self.report(request, done=done, refused=refused)
