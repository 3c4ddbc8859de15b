"""Which address of the kiosk leads where?"""

from django.urls import path

from printing.kiosk import views

urlpatterns = [
    path("", views.kiosk, name="kiosk"),
    path("en/", views.kiosk, {"language": "en"}, name="kiosk-en"),
    path("board/", views.board, name="board"),
    path("en/board/", views.board, {"language": "en"}, name="board-en"),
    path("worker.js", views.worker, name="kiosk-worker"),
    path("manifest.webmanifest", views.manifest, name="kiosk-manifest"),
]
