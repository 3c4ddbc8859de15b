"""Which address leads where?"""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ektp_project.desk import urls as desk
from ektp_project.health import healthz, readyz
from ektp_project.language import choose_language
from ektp_project.metrics import metrics
from printing.admin import papers

handler400 = "ektp_project.problems.bad_request"
handler403 = "ektp_project.problems.permission_denied"
handler404 = "ektp_project.problems.not_found"
handler500 = "ektp_project.problems.server_error"

urlpatterns = [
    path("api/v1/", include("ektp_project.api")),  # first, because machines ask most
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/language/", choose_language, name="language"),
    path("admin/papers/", include((papers.urls(admin.site), "papers"))),
    path("admin/", include((desk.urls(admin.site), "desk"))),
    path("admin/", admin.site.urls),
    path("account/", include("ektp_project.signin.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema")),
    path("kiosk/", include("printing.kiosk.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
