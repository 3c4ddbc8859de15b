"""How does a page that shows a resident leave a trace in that resident's access trail?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from registry.models import Resident
from registry.models.access import Deed
from registry.services import access


def record_access(
    request: HttpRequest, *, residents: Iterable[UUID], deed: Deed = Deed.READ, page: str, why: str = ""
) -> None:
    """What any view, ours or Django's, calls when it has shown these residents to this person."""
    access.record_access(
        residents=residents,
        deed=deed,
        page=page,
        actor=request.user.get_username(),
        now=timezone.now(),
        why=why,
    )


class LogsReads:
    """Put before ModelAdmin: whoever opens a row of a resident is written down.

    ``resident_path``: the way from a row to its resident, as in a query; empty for the resident itself.
    """

    resident_path = ""
    opts: Any

    def resident_of(self, obj: Model) -> Resident:
        """The resident whose row this is."""
        found: Any = obj
        for step in filter(None, self.resident_path.split("__")):
            found = getattr(found, step)
        return found  # type: ignore[no-any-return]

    def record_read(self, request: HttpRequest, obj: Model) -> None:
        """One row in the access trail of the resident whose row this is."""
        record_access(request, residents=[self.resident_of(obj).pk], page=str(self.opts.model_name))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            self.record_read(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[misc,no-any-return]

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().history_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if obj is not None:
            self.record_read(request, obj)
        return answer
