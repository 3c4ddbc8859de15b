"""WHAT WE MAKE: requests, print commands, cards."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from printing import checks


class PrintingConfig(AppConfig):
    """The upper of the two apps; stands on registry."""

    name = "printing"
    verbose_name = _("Pencetakan")

    def ready(self) -> None:
        """Let ``manage.py check`` ask our questions too, and ``migrate`` write the roles."""
        register(checks.bells_reach_somebody, Tags.database)
        # After the last migration: permissions come into being only then. Not a data migration,
        # which would be run once and know nothing of a permission that a later release adds.
        post_migrate.connect(_write_roles, sender=self, dispatch_uid="printing.roles")


def _write_roles(**signal: Any) -> None:
    import_module("printing.services.roles").write_roles()  # models are ready only now
