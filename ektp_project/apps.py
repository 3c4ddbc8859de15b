"""Which admin site do the clerks use?"""

from django.contrib.admin.apps import AdminConfig


class OfficeAdminConfig(AdminConfig):
    """Django's own admin under the office's name."""

    default_site = "ektp_project.admin_site.OfficeAdminSite"
