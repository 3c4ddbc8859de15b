"""How do the demo's logins come to be, each in the group of its role?"""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.db import transaction

from printing.scenarios.logins import DEMO_LOGINS


def make_logins() -> list[str]:
    """Make the logins that are not there yet; returns their names. What a person changed stays."""
    missing = DEMO_LOGINS.keys() - set(User.objects.values_list("username", flat=True))
    with transaction.atomic():
        for name in sorted(missing):
            login = DEMO_LOGINS[name]
            user = User(
                username=name, first_name=login.first_name, is_staff=True, is_superuser=login.role is None
            )
            user.set_password(login.password)
            user.save()
            if login.role:
                user.groups.add(Group.objects.get(name=login.role))
    return sorted(missing)
