"""Which address leads where?"""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from ektp_project.health import healthz, readyz
from ektp_project.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
