"""WHAT WE MAKE: requests, print commands, cards."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from printing import checks


class PrintingConfig(AppConfig):
    """The upper of the two apps; stands on registry."""

    name = "printing"
    verbose_name = _("Pencetakan")

    def ready(self) -> None:
        """Let ``manage.py check`` ask our questions too."""
        register(checks.bells_reach_somebody, Tags.database)
