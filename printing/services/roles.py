"""How do the groups come to hold what the table of roles says?"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from printing.roles import NOT_FOR_ALL, ROLES, Rights

APPS = ("registry", "printing")


class UnknownPermission(Exception):
    """The table of roles names a permission that no model has: a programming error."""


def write_roles() -> None:
    """Make each role's group hold exactly its rights. Raises UnknownPermission."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    with transaction.atomic():
        for role, rights in ROLES.items():
            group, _made = Group.objects.get_or_create(name=role)
            group.permissions.set(_keys(known, rights))


def _keys(known: dict[str, int], rights: Rights) -> list[int]:
    wanted = set(rights.deeds | rights.sees)
    if rights.looks:
        wanted |= set(_looks(known))
    missing = sorted(wanted - known.keys())
    if missing:
        raise UnknownPermission(", ".join(missing))
    return [known[name] for name in sorted(wanted)]


def _looks(known: Iterable[str]) -> list[str]:
    starts = tuple(f"{app}.view_" for app in APPS)
    return [name for name in known if name.startswith(starts) and name not in NOT_FOR_ALL]
