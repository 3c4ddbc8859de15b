"""WHO: the resident, what the centre knows, the blanks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    """The lower of the two apps; knows nothing of printing."""

    name = "registry"
    verbose_name = _("Kependudukan dan blanko")
