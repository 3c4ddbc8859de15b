"""WHO: the resident, what the centre knows, the blanks."""

from importlib import import_module

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    """The lower of the two apps; knows nothing of printing."""

    name = "registry"
    verbose_name = _("Kependudukan dan blanko")

    def ready(self) -> None:
        """Let ``manage.py check`` ask our questions too; models are ready only now."""
        checks = import_module("registry.checks")
        register(checks.keys_fit_the_rows, Tags.database)
        register(checks.centre_is_called_over_tls, Tags.security, deploy=True)
