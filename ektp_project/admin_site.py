"""What stands over every admin page?"""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class OfficeAdminSite(AdminSite):
    """The clerks' desk."""

    site_header = _("Kantor cetak KTP-el")
    site_title = _("Kantor cetak KTP-el")
    index_title = _("Meja kerja")
