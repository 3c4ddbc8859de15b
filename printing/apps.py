"""WHAT WE MAKE: requests, print commands, cards."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrintingConfig(AppConfig):
    """The upper of the two apps; stands on registry."""

    name = "printing"
    verbose_name = _("Pencetakan")
