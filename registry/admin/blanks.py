"""How does the keeper of the store receive, count and destroy blanks, and read the books?"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.admin.base import ReadOnlyAdmin
from registry.admin.four_eyes import Proposes
from registry.models import (
    BlankBalance,
    BlankMovement,
    BlankReceipt,
    LedgerSeal,
    Office,
    Proposal,
    StockCount,
)
from registry.models.proposal import ProposalKind
from registry.selectors.blanks import in_store
from registry.services import blanks
from registry.services.ledger import LedgerRefusal
from registry.services.proposals import CannotPropose, propose
from registry.states import Place


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose rows the ledger's services write. What they refuse is said on the form."""

    actor = ""
    user: Any = None
    booked: Any = None

    def book(self, cleaned: dict[str, Any]) -> Any:
        """Call the one service that this form stands for. Raises LedgerRefusal."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.booked = self.book(cleaned)
            except (LedgerRefusal, CannotPropose) as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned

    def _post_clean(self) -> None:
        """Nothing is built from the fields: the service has made the row."""

    def save(self, commit: bool = True) -> Any:
        return self.booked

    def save_m2m(self) -> None:
        """There are no many-to-many fields."""


class SlipForm(BookingForm):
    """A booking without a number of its own: each form shown brings one, so that twice is once."""

    slip = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def propose(self, kind: ProposalKind, details: dict[str, Any], why: str) -> Proposal:
        """Leave it to a second person."""
        proposal, _made = propose(
            kind=kind,
            subject=str(self.cleaned_data["slip"]),
            details=details,
            why=why,
            proposer=self.user,
            now=timezone.now(),
        )
        return proposal


class BookingAdmin(ReadOnlyAdmin):
    """Pages that add through a service, change nothing and delete nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = self.form if obj is None else super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user.get_username(), "user": request.user})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        known = {"office": Office.objects.first(), "received_on": timezone.localdate()}
        return known | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on it."""


def office_field() -> forms.ModelChoiceField[Office]:
    """Which office's books."""
    return forms.ModelChoiceField(Office.objects.all(), label=_("Kantor"))


class ReceiptForm(BookingForm):
    """A delivery from the centre."""

    office = office_field()
    quantity = forms.IntegerField(label=_("Jumlah"), min_value=1)

    class Meta:
        model = BlankReceipt
        fields = ["office", "quantity", "minutes", "received_on"]

    field_order = ["office", "minutes", "received_on", "quantity"]

    def book(self, cleaned: dict[str, Any]) -> BlankReceipt:
        return blanks.receive(
            office=cleaned["office"],
            quantity=cleaned["quantity"],
            minutes=cleaned["minutes"],
            received_on=cleaned["received_on"],
            now=timezone.now(),
            actor=self.actor,
        )


class CountForm(SlipForm):
    """What somebody counted in the store. A difference is proposed, not booked: that takes two."""

    class Meta:
        model = StockCount
        fields = ["office", "counted", "note"]

    def book(self, cleaned: dict[str, Any]) -> StockCount | Proposal:
        booked = in_store(office=cleaned["office"])
        if cleaned["counted"] != booked:
            return self.propose(
                ProposalKind.COUNT,
                {"office": cleaned["office"].pk, "counted": cleaned["counted"], "booked": booked},
                cleaned["note"],
            )
        return blanks.count_stock(
            office=cleaned["office"],
            counted=cleaned["counted"],
            note=cleaned["note"],
            now=timezone.now(),
            actor=self.actor,
            reference=str(cleaned["slip"]),
        )


class MovementForm(SlipForm):
    """Movements that people propose by hand, two of them; those of cards are booked by the line."""

    BY_HAND = (
        (Place.STORE, Place.SPOILED),
        (Place.STORE, Place.LENT),
        (Place.LENT, Place.STORE),
        (Place.STORE, Place.LOST),
        (Place.LOST, Place.STORE),
    )
    way = forms.ChoiceField(
        label=_("Mutasi"),
        choices=[(f"{a.value}>{b.value}", f"{a.label} → {b.label}") for a, b in BY_HAND],
    )
    why = forms.CharField(label=_("Alasan"), max_length=300)

    class Meta:
        model = BlankMovement
        fields = ["office", "quantity", "why"]

    field_order = ["office", "way", "quantity", "why", "slip"]

    def book(self, cleaned: dict[str, Any]) -> Proposal:
        source, target = cleaned["way"].split(">")
        return self.propose(
            ProposalKind.MOVE,
            {
                "office": cleaned["office"].pk,
                "quantity": cleaned["quantity"],
                "source": source,
                "target": target,
            },
            cleaned["why"],
        )


@admin.register(BlankReceipt)
class ReceiptPage(BookingAdmin):
    """Deliveries with their minutes."""

    form = ReceiptForm
    list_display = ["minutes", "received_on", "quantity"]
    search_fields = ["minutes"]
    date_hierarchy = "received_on"
    list_select_related = ["movement"]

    @admin.display(description=_("jumlah"))
    def quantity(self, receipt: BlankReceipt) -> int:
        return receipt.movement.quantity


@admin.register(StockCount)
class StockCountPage(Proposes, BookingAdmin):
    """Counts of the store beside the books."""

    form = CountForm
    list_display = ["counted_at", "counted", "booked", "difference", "note", "actor"]

    @admin.display(description=_("selisih"))
    def difference(self, count: StockCount) -> int:
        return count.difference


@admin.register(BlankMovement)
class MovementPage(Proposes, BookingAdmin):
    """The books: every movement, never edited."""

    form = MovementForm
    list_display = ["id", "at", "quantity", "source", "target", "reference", "why", "actor"]
    list_filter = ["source", "target"]
    search_fields = ["reference"]
    ordering = ["-id"]


@admin.register(BlankBalance)
class BalancePage(ReadOnlyAdmin):
    """How many blanks are where."""

    list_display = ["place", "quantity", "office"]
    list_filter = ["office"]


@admin.register(LedgerSeal)
class SealPage(ReadOnlyAdmin):
    """The sealed runs of the books."""

    list_display = ["id", "first_id", "last_id", "count", "hash", "sealed_at"]
