"""How does a supervisor plan extra shifts, change and cancel them, and see the standing ones run?

Planning is one page: a calendar that shows what is off and what is open, and one set of hours for all
the dates that are ticked. The running beat follows without a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from printing.models import ExtraShift, HolidayOverride, Printer, ShiftRun
from printing.selectors.calendar import this_weekend, weeks_ahead
from printing.services import shifts
from registry.admin.base import OfficeAdmin, ReadOnlyAdmin, each
from registry.models import Office

WEEKS_SHOWN = 6
OPENS, CLOSES = time(8), time(16)  # what most weekend shifts of 2017 were


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _staff() -> QuerySet[Any]:
    return get_user_model().objects.filter(is_staff=True, is_active=True).order_by("username")


class CrewForm(forms.Form):
    """With which printers, with whom, and why."""

    printers = forms.ModelMultipleChoiceField(
        Printer.objects.filter(enabled=True),
        label=_("Printer"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Hanya printer ini yang mencetak; kosong berarti semua."),
    )
    people = forms.ModelMultipleChoiceField(
        get_user_model().objects.none(),
        label=_("Petugas"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(label=_("Catatan"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = _staff()  # type: ignore[attr-defined]


class PlanForm(CrewForm):
    """Dates and one set of hours for them. Hours that end before they begin end on the next day."""

    dates = forms.TypedMultipleChoiceField(
        label=_("Tanggal"),
        coerce=date.fromisoformat,
        error_messages={"required": _("Pilih sedikitnya satu tanggal.")},
    )
    opens = forms.TimeField(label=_("Mulai"), widget=_clock(), initial=OPENS)
    closes = forms.TimeField(label=_("Selesai"), widget=_clock(), initial=CLOSES)
    field_order = ["dates", "opens", "closes", "printers", "people", "note"]

    def __init__(self, *args: Any, days: list[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dates"].choices = [(day.isoformat(), day.isoformat()) for day in days]  # type: ignore[attr-defined]

    def spans(self) -> Iterator[tuple[datetime, datetime]]:
        """The hours on each date, in the office's zone."""
        opens, closes = self.cleaned_data["opens"], self.cleaned_data["closes"]
        for day in sorted(self.cleaned_data["dates"]):
            ends_on = day if closes > opens else day + timedelta(days=1)
            yield (
                timezone.make_aware(datetime.combine(day, opens)),
                timezone.make_aware(datetime.combine(ends_on, closes)),
            )


class ChangeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Other hours, printers or people for one shift. What the service refuses is said on the form."""

    actor = ""
    replacement: ExtraShift | None = None

    class Meta:
        model = ExtraShift
        fields = ["starts_at", "ends_at", "printers", "people", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "people" in self.fields:  # a page that is only read has none
            self.fields["people"].queryset = _staff()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.replacement = shifts.change_shift(
                    shift=ExtraShift.objects.select_related("office").get(pk=self.instance.pk),
                    actor=self.actor,
                    now=timezone.now(),
                    **{name: cleaned[name] for name in self.Meta.fields},
                )
            except shifts.ShiftRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return cleaned

    def _post_clean(self) -> None:
        """The old row stays as it is: the service has made a new one."""

    def save(self, commit: bool = True) -> Any:
        return self.replacement

    def save_m2m(self) -> None:
        """The service has set them."""


@admin.register(ExtraShift)
class ExtraShiftPage(OfficeAdmin):
    """Extra shifts: planned here, followed by the running beat without a restart."""

    form = ChangeForm
    list_display = ["starts_at", "ends_at", "kind", "note", "planned_by", "cancelled_at"]
    list_filter = ["kind"]
    date_hierarchy = "starts_at"
    actions = ["cancel"]
    filter_horizontal = ["people"]

    def has_change_permission(self, request: HttpRequest, obj: ExtraShift | None = None) -> bool:
        """Only what is still to come, or under way, can be changed."""
        if obj is not None and (obj.cancelled_at is not None or obj.ends_at <= timezone.now()):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ExtraShift | None = None) -> bool:
        return False

    # --- Planning -----------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The planner: a calendar to tick dates in, and one set of hours, printers and people."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        office, now = get_object_or_404(Office, code=settings.OFFICE_CODE), timezone.now()
        weeks = weeks_ahead(office=office, now=now, weeks=WEEKS_SHOWN)
        days = [day.date for week in weeks for day in week if not day.is_past]
        form = PlanForm(request.POST or None, days=days, initial={"dates": this_weekend(now=now)})
        if form.is_valid() and self._plan(request, form, office=office, now=now):
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:printing_extrashift_changelist"))
        ticked = form["dates"].value() or []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Rencanakan giliran tambahan"),
            "opts": self.opts,
            "form": form,
            "weeks": weeks,
            "ticked": {day if isinstance(day, str) else day.isoformat() for day in ticked},
        }
        return TemplateResponse(request, "admin/printing/extrashift/plan.html", context)

    def _plan(self, request: HttpRequest, form: PlanForm, *, office: Office, now: datetime) -> bool:
        try:
            planned = shifts.plan_shifts(
                office=office,
                spans=form.spans(),
                note=form.cleaned_data["note"],
                printers=form.cleaned_data["printers"],
                people=form.cleaned_data["people"],
                actor=request.user.get_username(),
                now=now,
            )
        except shifts.ShiftRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        for shift in planned:
            self.log_addition(request, shift, [{"added": {}}])
        said = ngettext(
            "%(count)d giliran direncanakan; pekerja mengikutinya tanpa dimulai ulang.",
            "%(count)d giliran direncanakan; pekerja mengikutinya tanpa dimulai ulang.",
            len(planned),
        )
        self.message_user(request, said % {"count": len(planned)}, messages.SUCCESS)
        return True

    # --- Changing and cancelling --------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user.get_username()})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """And what hangs on it."""

    @admin.action(description=_("Batalkan giliran"), permissions=["change"])
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
