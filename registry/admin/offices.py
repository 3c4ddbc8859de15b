"""How does a clerk look up offices and subdistricts?"""

from django.contrib import admin

from registry.admin.base import OfficeAdmin
from registry.models import District, Office


@admin.register(Office)
class OfficePage(OfficeAdmin):
    """Offices under their Home-Affairs codes."""

    list_display = ["code", "name", "province", "quota_resets_at"]
    search_fields = ["code", "name"]
    readonly_fields = ["quota_resets_at"]


@admin.register(District)
class DistrictPage(OfficeAdmin):
    """Subdistricts under their Home-Affairs codes."""

    list_display = ["code", "name", "office"]
    list_filter = ["office"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["office"]
