"""What are the kiosk's pages made of, so that a device can keep it all and show it without a line?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

FOLDER = Path(__file__).resolve().parents[1] / "static" / "kiosk"
WORKER = "worker.js"  # served at /kiosk/, so that it may answer for the pages there
KINDS = {".js", ".css", ".svg"}
PAGES = ["kiosk", "kiosk-en", "board", "board-en"]


def shell() -> list[str]:
    """The addresses of every page and file."""
    return (
        [reverse(page) for page in PAGES] + [reverse("kiosk-manifest")] + [static(name) for name in _files()]
    )


def version(*pages: bytes) -> str:
    """Another word whenever a file or one of ``pages`` has changed."""
    digest = hashlib.sha256()
    for page in pages:
        digest.update(page)
    for name in _files():
        digest.update(static(name).encode())
        digest.update(Path(str(finders.find(name))).read_bytes())
    return digest.hexdigest()[:16]


def worker_source() -> str:
    """The service worker as it lies in the folder; ``views.worker`` puts the shell before it."""
    return (FOLDER / WORKER).read_text(encoding="utf-8")


def _files() -> list[str]:
    kept = (file.relative_to(FOLDER) for file in FOLDER.rglob("*") if file.suffix in KINDS)
    return sorted(f"kiosk/{file.as_posix()}" for file in kept if file.name != WORKER)
