"""Which address leads to which page of the desk?

Beside the admin site's own addresses and not among them: these pages use the pages of both apps, which
the site makes while it is itself being made.
"""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path

from ektp_project.desk import centre, home, search
from ektp_project.desk.queues import views as queues


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Every page behind the login of this site."""
    view = site.admin_view
    return [
        path("hari-ini/", view(home.fragment), name="day"),
        path("pusat/", view(centre.page), name="centre"),
        path("pusat/kini/", view(centre.fragment), name="centre_now"),
        path("cari/", view(search.find), name="search"),
        path("penduduk/<uuid:pk>/", view(search.tell), name="story"),
        path("meja/", view(queues.index), name="index"),
        path("meja/rusak/", view(queues.show_spoiled), name="spoiled"),
        path("meja/masalah/daftar-hapus/", view(queues.deletions), name="deletions"),
        path("meja/<slug:slug>/semua/", view(queues.act_on_all), name="act_on_all"),
        path("meja/<slug:slug>/", view(queues.show), name="queue"),
        path("meja/<slug:slug>/<str:pk>/", view(queues.show_row), name="row"),
        path("meja/<slug:slug>/<str:pk>/kerja/", view(queues.act), name="act"),
    ]
