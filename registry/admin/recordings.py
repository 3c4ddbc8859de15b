"""How does a clerk follow recordings, and mend those the centre objects to?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.admin.base import ReadOnlyAdmin
from registry.admin.lists import words_filter
from registry.admin.residents import ByNikOrName
from registry.models import Recording
from registry.services.visibility import resend
from registry.states import EXCEPTIONS, VERDICTS


@admin.register(Recording)
class RecordingPage(ByNikOrName, ReadOnlyAdmin):
    """Recordings, what the centre says of them, who owns a problem and what to do next."""

    resident_path = "resident"
    list_display = [
        "resident",
        "recorded_at",
        "state",
        "central_status",
        "central_since",
        "problem",
        "elsewhere",
    ]
    list_filter = [
        "state",
        words_filter(
            field="exception_kind",
            label=_("jenis masalah"),
            words=[(kind.code, kind.label) for kind in EXCEPTIONS.values()],
        ),
        words_filter(
            field="central_status", label=_("status pusat"), words=[(word, word) for word in VERDICTS]
        ),
        "source",
        "recorded_at",
        "district",
    ]
    ordering = ["-recorded_at"]
    search_fields = ["resident__name"]
    search_help_text = _("NIK 16 angka (persis) atau bagian nama.")
    list_select_related = ["resident"]
    actions = ["send_again"]

    @admin.display(description=_("masalah, pemilik, langkah berikut"))
    def problem(self, recording: Recording) -> str:
        kind = recording.exception
        return f"{kind.label} — {kind.owner}: {kind.next_step}" if kind else ""

    @admin.display(description=_("mungkin direkam di tempat lain"), boolean=True)
    def elsewhere(self, recording: Recording) -> bool | None:
        return recording.is_probably_elsewhere(now=timezone.now()) or None

    @admin.action(description=_("Kirim ulang ke pusat"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Recording]) -> None:
        chosen = list(queryset.filter(state="exception"))
        sent = sum(
            resend(
                recording=row,
                actor=request.user.get_username(),
                why=str(_("kirim ulang")),
                now=timezone.now(),
            )
            for row in chosen
        )
        refused = [str(_("%(count)d baris tidak dapat dikirim ulang.") % {"count": len(queryset) - sent})]
        self.report(request, done=sent, refused=refused if len(queryset) > sent else [])

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("registry.change_recording")
