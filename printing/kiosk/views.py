"""Which pages does a kiosk open? One for residents, one for the hall, each in two languages."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from printing.kiosk import shell
from printing.kiosk.policy import camera_only, strict_content, strict_worker
from printing.states import HoldReason

FIRST = "id"
OTHER = {"id": "en", "en": "id"}
SUFFIX = {"id": "", "en": "-en"}


@require_safe
@never_cache
@strict_content
@camera_only
def kiosk(request: HttpRequest, language: str = FIRST) -> HttpResponse:
    """Where a resident asks, requests and confirms."""
    return HttpResponse(_kiosk_page(language))


@require_safe
@never_cache
@strict_content
@camera_only
def board(request: HttpRequest, language: str = FIRST) -> HttpResponse:
    """The board in the hall."""
    return HttpResponse(_board_page(language))


@require_safe
@never_cache
@strict_worker
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with what it keeps; another version is another file, and so an update."""
    pages = (make(language).encode() for make in (_kiosk_page, _board_page) for language in SUFFIX)
    head = {"SHELL": shell.shell(), "VERSION": shell.version(*pages)}
    lines = [f"const {name} = {json.dumps(value)};" for name, value in head.items()]
    return HttpResponse("\n".join([*lines, shell.worker_source()]), content_type="text/javascript")


@require_safe
@never_cache
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the page an app of the device."""
    with translation.override(FIRST):
        name, short = _("Kios Dukcapil"), _("Kios")
    icon = {"src": static("kiosk/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    return JsonResponse(
        {
            "id": reverse("kiosk"),
            "name": name,
            "short_name": short,
            "lang": FIRST,
            "start_url": reverse("kiosk"),
            "scope": reverse("kiosk"),
            "display": "fullscreen",
            "background_color": "#f3f5f7",
            "theme_color": "#0a4a86",
            "icons": [icon | {"purpose": "any"}, icon | {"purpose": "maskable"}],
        },
        content_type="application/manifest+json",
    )


def _kiosk_page(language: str) -> str:
    with translation.override(language):
        return render_to_string("kiosk/kiosk.html", _context(language, page="kiosk") | {"papers": _papers()})


def _board_page(language: str) -> str:
    with translation.override(language):
        return render_to_string(
            "kiosk/board.html", _context(language, page="board") | {"holds": HoldReason.choices}
        )


def _context(language: str, *, page: str) -> dict[str, Any]:
    return {
        "language": language,
        "other": reverse(page + SUFFIX[OTHER[language]]),
        "time_zone": settings.TIME_ZONE,
    }


def _papers() -> list[dict[str, Any]]:
    """The reasons for another card, each with the paper it asks for (docs of the REST API)."""
    return [
        {
            "reason": "lost",
            "title": pgettext("kartu", "Hilang"),
            "note": _("Bawa surat kehilangan dari kepolisian."),
            "paper": "police-report",
            "number": _("Nomor surat kehilangan"),
            "date": _("Tanggal surat"),
            "required": True,
        },
        {
            "reason": "damaged",
            "title": pgettext("kartu", "Rusak"),
            "note": _("Bawa kartu yang lama."),
            "paper": "old-card",
            "number": "",
            "date": "",
            "required": False,
        },
        {
            "reason": "data_change",
            "title": _("Data berubah"),
            "note": _("Misalnya status kawin, pekerjaan, atau alamat."),
            "paper": "change-proof",
            "number": _("Nomor bukti perubahan"),
            "date": _("Tanggal bukti"),
            "required": True,
        },
        {
            "reason": "moved",
            "title": _("Pindah datang"),
            "note": _("Bawa surat keterangan pindah."),
            "paper": "moving-letter",
            "number": _("Nomor surat pindah"),
            "date": _("Tanggal surat"),
            "required": True,
        },
    ]
