"""How do the demo's logins come to be, each with what its role may do?"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q

from printing.scenarios.logins import DEMO_LOGINS, ROLES

APPS = ("registry", "printing")


def make_logins() -> list[str]:
    """Make the logins that are not there yet; returns their names. What a person changed stays."""
    missing = DEMO_LOGINS.keys() - set(User.objects.values_list("username", flat=True))
    with transaction.atomic():
        groups = {role: _group(role) for role in ROLES}
        for name in sorted(missing):
            login = DEMO_LOGINS[name]
            user = User(
                username=name, first_name=login.first_name, is_staff=True, is_superuser=not login.role
            )
            user.set_password(login.password)
            user.save()
            if login.role:
                user.groups.add(groups[login.role])
    return sorted(missing)


def _group(role: str) -> Group:
    """The group of this role. Raises Permission.DoesNotExist for one that is misspelt."""
    group, made = Group.objects.get_or_create(name=role)
    if made:
        group.permissions.set([*_may_look(), *map(_permission, sorted(ROLES[role]))])
    return group


def _may_look() -> list[Permission]:
    looking = Q(content_type__app_label__in=APPS, codename__startswith="view_")
    return list(Permission.objects.filter(looking))


def _permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
