"""Who works here, and in which role?

Django's own page of users, less the ways by which an administrator could make themselves more than that:
roles come from groups alone, nobody edits a superuser but a superuser, and nobody their own account here.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.admin.base import OfficeAdmin, ReadOnlyAdmin

admin.site.unregister([User, Group])
# allauth's own pages show and take what this page is for: secrets of factors, addresses, sessions.
for model in (Authenticator, EmailAddress, UserSession, AccessAttempt):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class StaffPage(UserAdmin, OfficeAdmin):  # type: ignore[type-arg]
    """People who may sign in. Who leaves is switched off, never deleted: their name stands in the events."""

    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Orang"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Peran"), {"fields": ["is_active", "is_staff", "groups"]}),
        (_("Catatan"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    actions = ["take_factors_away"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("peran"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    @admin.action(description=_("Hapus faktor kedua (ponsel hilang)"), permissions=["change"])
    def take_factors_away(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """They enrol anew at their next sign-in; whoever did this stands in the history of the account."""
        chosen = [user for user in queryset if self.has_change_permission(request, user)]
        for user in chosen:
            Authenticator.objects.filter(user=user).delete()
            self.log_change(request, user, str(_("Faktor kedua dihapus.")))
        kept = len(queryset) - len(chosen)
        refused = [str(_("%(count)d akun tidak boleh Anda ubah.") % {"count": kept})] if kept else []
        self.report(request, done=len(chosen), refused=refused)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        if obj is None or request.user.is_superuser:
            return allowed
        return allowed and not obj.is_superuser and obj.pk != request.user.pk

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Group)
class RolePage(GroupAdmin, OfficeAdmin):  # type: ignore[type-arg]
    """The roles: printing/roles.py says what each may do; an office may add its own."""


@admin.register(AccessAttempt)
class LockPage(ReadOnlyAdmin):
    """Wrong passwords that are still counted; whoever deletes a row lets that person try again."""

    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username__exact", "ip_address__exact"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
