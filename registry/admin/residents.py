"""How does a clerk find a person?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from registry import nik
from registry.admin.access import OpensNik
from registry.admin.base import OfficeAdmin
from registry.admin.reads import LogsReads, record_access
from registry.models import Resident
from registry.models.access import Deed

KEY = "@"  # before the key of a resident where a search text would stand


class ByNikOrName(LogsReads):
    """Search that takes a whole NIK (through the blind index; logged) or a part of a name."""

    asks_by_post = True  # templates/admin/search_form.html

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A NIK that is asked for becomes the key of its resident before it stands in an address."""
        asked = request.POST if "asks" in request.POST else request.GET
        text = asked.get(SEARCH_VAR, "")
        key = self._key_of(request, text)
        if key is None and asked is request.GET:
            return super().changelist_view(request, extra_context)  # type: ignore[misc,no-any-return]
        onward = asked.copy()
        for name in ("asks", "csrfmiddlewaretoken"):
            onward.pop(name, None)
        onward[SEARCH_VAR] = text if key is None else key
        return HttpResponseRedirect(f"{request.path}?{onward.urlencode()}")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        key = search_term if search_term.startswith(KEY) else self._key_of(request, search_term)
        if key is None:
            return self._by_name(queryset, search_term), False
        try:
            found = Resident.objects.filter(pk=UUID(key.removeprefix(KEY)))
        except ValueError:
            found = Resident.objects.none()
        return self._of(queryset, found), False

    def _key_of(self, request: HttpRequest, text: str) -> str | None:
        """What stands for this NIK in an address (logged); None when it is none."""
        try:
            digits = nik.parse(text).digits
        except nik.InvalidNik:
            return None
        found = Resident.objects.with_nik(digits).first()
        if found is None:
            return KEY
        record_access(request, residents=[found.pk], deed=Deed.FOUND, page=str(self.opts.model_name))
        return f"{KEY}{found.pk}"

    def _by_name(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Everybody whose name holds each of the words. Of the residents first: their names have an index."""
        people = Resident.objects.all()
        for word in text.split():
            people = people.filter(name__icontains=word)
        return self._of(queryset, people) if text.split() else queryset

    def _of(self, queryset: QuerySet[Any], people: QuerySet[Resident]) -> QuerySet[Any]:
        path = f"{self.resident_path}__in" if self.resident_path else "pk__in"
        return queryset.filter(**{path: people.order_by().values("pk")})


@admin.register(Resident)
class ResidentPage(OpensNik, ByNikOrName, OfficeAdmin):
    """Residents; the NIK is masked everywhere."""

    list_display = ["name", "masked_nik", "birth_date", "village", "district"]
    list_filter = ["district"]
    search_fields = ["name"]
    search_help_text = _("NIK 16 angka (persis) atau bagian nama.")
    autocomplete_fields = ["district"]
    list_select_related = ["district"]
    readonly_fields = ["nik_and_way", "trail", "created_at", "updated_at"]
    fieldsets = [
        (None, {"fields": ["nik_and_way", "name", "birth_place", "birth_date", "sex", "blood_type"]}),
        (_("Alamat"), {"fields": ["address", "rt", "rw", "village", "district"]}),
        (_("Lain-lain"), {"fields": ["religion", "marital_status", "occupation", "citizenship"]}),
        (_("Catatan"), {"fields": ["trail", "created_at", "updated_at"]}),
    ]

    @admin.display(description="NIK")
    def masked_nik(self, resident: Resident) -> str:
        return resident.masked_nik

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a person comes in with a recording

    def has_delete_permission(self, request: HttpRequest, obj: Resident | None = None) -> bool:
        return False
