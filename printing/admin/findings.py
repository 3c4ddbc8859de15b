"""How does somebody see where the books do not agree, and what is to be done about it?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from printing import tasks
from printing.models import Finding, MatchRun
from printing.services import restorations
from registry.admin.base import ReadOnlyAdmin
from registry.models import Office
from registry.selectors.restorations import unreleased

OPEN, RESOLVED = "open", "resolved"


class WhetherOpen(admin.SimpleListFilter):
    """The open ones first of all: they are the list to work off."""

    title = gettext_lazy("keadaan")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, _("terbuka")), (RESOLVED, _("selesai"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == OPEN)


@admin.register(Finding)
class FindingPage(ReadOnlyAdmin):
    """Where our rows, the centre and the ledger differ. The next comparison closes them, nobody else."""

    list_display = ["kind", "subject", "detail", "owner", "remedy", "first_seen", "resolved_at"]
    list_filter = [WhetherOpen, "kind"]
    change_list_template = "admin/printing/finding/change_list.html"

    @admin.display(description=gettext_lazy("penanggung jawab"))
    def owner(self, finding: Finding) -> str:
        return str(finding.about.owner)

    @admin.display(description=gettext_lazy("tindakan"))
    def remedy(self, finding: Finding) -> str:
        return str(finding.about.remedy)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.match_now))
        release = self.admin_site.admin_view(require_POST(self.release))
        return [
            path("cocokkan/", view, name="printing_finding_match"),
            path("lepas/", release, name="printing_finding_release"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {
            "last_run": MatchRun.objects.first(),
            "may_match": self._may_match(request),
            "restoration": unreleased(),
        }
        return super().changelist_view(request, extra | (extra_context or {}))

    def match_now(self, request: HttpRequest) -> HttpResponse:
        """Ring for a comparison; its findings are there some seconds later."""
        if not self._may_match(request):
            raise PermissionDenied
        tasks.match_centre_now.delay()
        self.message_user(
            request, _("Pencocokan dimulai; muat ulang halaman ini sebentar lagi."), messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:printing_finding_changelist"))

    def release(self, request: HttpRequest) -> HttpResponse:
        """Let an office that went back to a backup print again."""
        if not self._may_match(request):
            raise PermissionDenied
        now, back = timezone.now(), HttpResponseRedirect(reverse("admin:printing_finding_changelist"))
        if (restoration := unreleased()) is None:
            return back
        office = Office.objects.get(code=settings.OFFICE_CODE)
        try:
            restorations.release(
                restoration=restoration,
                office=office,
                why=request.POST.get("why", ""),
                actor=request.user.get_username(),
                now=now,
            )
        except restorations.ReleaseRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        except ValidationError as error:
            self.message_user(request, _("Alasan: %(rule)s") % {"rule": error.messages[0]}, messages.ERROR)
        else:
            self.message_user(request, _("Kantor mencetak lagi."), messages.SUCCESS)
        return back

    def _may_match(self, request: HttpRequest) -> bool:
        return request.user.has_perm("printing.change_finding")


@admin.register(MatchRun)
class MatchRunPage(ReadOnlyAdmin):
    """When the books were compared, and whether the centre was heard."""

    list_display = ["at", "centre_heard", "commands", "found"]
