"""How does a supervisor plan an extra shift, and see the standing ones run?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from printing.models import ExtraShift, HolidayOverride, ShiftRun
from printing.services import shifts
from registry.admin.base import OfficeAdmin, ReadOnlyAdmin, each
from registry.models import Office


class ExtraShiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """Saves through the service, which also tells beat."""

    class Meta:
        model = ExtraShift
        fields = ["office", "kind", "starts_at", "ends_at", "note"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.errors or not {"starts_at", "ends_at"} <= cleaned.keys():
            return cleaned
        try:
            shifts.check_plan(
                office=cleaned["office"],
                starts_at=cleaned["starts_at"],
                ends_at=cleaned["ends_at"],
                now=timezone.now(),
            )
        except shifts.ShiftRefused as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned


@admin.register(ExtraShift)
class ExtraShiftPage(OfficeAdmin):
    """Extra shifts: planned here, followed by the running beat without a restart."""

    form = ExtraShiftForm
    list_display = ["starts_at", "ends_at", "kind", "note", "planned_by", "cancelled_at"]
    list_filter = ["kind"]
    date_hierarchy = "starts_at"
    actions = ["cancel"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"office": Office.objects.first()}

    def has_change_permission(self, request: HttpRequest, obj: ExtraShift | None = None) -> bool:
        return False  # a plan that changes is cancelled and made anew, so that both are kept

    def has_delete_permission(self, request: HttpRequest, obj: ExtraShift | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ExtraShift, form: Any, change: bool) -> None:
        planned = shifts.plan_shift(
            office=obj.office,
            starts_at=obj.starts_at,
            ends_at=obj.ends_at,
            kind=obj.kind,
            note=obj.note,
            actor=request.user.get_username(),
            now=timezone.now(),
        )
        obj.pk = planned.pk

    @admin.action(description=_("Batalkan giliran"), permissions=["add"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ExtraShift]) -> None:
        done, refused = each(
            queryset,
            lambda row: shifts.cancel_shift(shift=row, actor=request.user.get_username(), now=timezone.now()),
            refusals=(shifts.ShiftRefused,),
        )
        self.report(request, done=done, refused=refused)


@admin.register(HolidayOverride)
class HolidayPage(OfficeAdmin):
    """Dates on which the office decides otherwise than the national calendar."""

    list_display = ["day", "is_holiday", "name"]
    date_hierarchy = "day"


@admin.register(ShiftRun)
class ShiftRunPage(ReadOnlyAdmin):
    """Shifts that really opened."""

    list_display = ["business_date", "name", "opened_at", "planned_end", "closed_at", "printed"]
    date_hierarchy = "opened_at"
