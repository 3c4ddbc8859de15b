"""When has a clerk's page its whole picture, in a browser, with a million requests in the database?

The real web server and Debian's Chromium on the same machine; nothing is cached before the first visit of
each page. Told are the first paint and the end of loading, in the median of some visits. Run:
``make bench ARGS=paint`` (``ADMIN_PEOPLE`` sets how many wait).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")
django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from benchmarks.admin import PEOPLE, seed  # noqa: E402
from ektp_project.desk.queues import DESKS  # noqa: E402
from ektp_project.embedded.machinery import machinery  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
VISITS = 5
PROMISED = 1000.0  # ms
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def pages() -> Mapping[str, str]:
    """What is looked at, by name."""
    desks = {f"desk {slug}": reverse("desk:queue", args=[slug]) for slug in DESKS}
    return {
        "home": reverse("admin:index"),
        **desks,
        "list of requests": reverse("admin:printing_cardrequest_changelist"),
        "list of residents": reverse("admin:registry_resident_changelist"),
    }


def look(browser: Browser, origin: str, path: str, session: str) -> tuple[float, float]:
    """ms to the first paint and to the end of loading, for somebody who was never here."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])
    page = context.new_page()
    answer = page.goto(origin + path, wait_until="load")
    assert answer, path
    assert answer.ok, f"{path}: {answer.status}"
    while not page.evaluate(
        f"{LOADED} > 0 && {PAINTED} > 0"
    ):  # asked from outside: the page lets nothing eval
        page.wait_for_timeout(10)
    seen = page.evaluate(PAINTED), page.evaluate(LOADED)
    context.close()
    return seen


def tell(origin: str, session: str) -> None:
    """The table."""
    print(f"{PEOPLE:,} requests; medians of {VISITS} visits with an empty cache")
    print(f"{'page':30}{'painted':>12}{'loaded':>12}")
    slowest = 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        look(browser, origin, reverse("admin:index"), session)  # the server's and the browser's first
        for name, path in pages().items():
            visits = [look(browser, origin, path, session) for _visit in range(VISITS)]
            painted, loaded = (median(times) for times in zip(*visits, strict=True))
            mark = "  slow" if loaded > PROMISED else ""
            print(f"{name:30}{painted:>9.0f} ms{loaded:>9.0f} ms{mark}", flush=True)
            slowest = max(slowest, loaded)
        browser.close()
    print(f"BENCH paint_slowest_loaded {slowest:.0f} ms")


def main() -> None:
    """Print the table."""
    call_command("migrate", verbosity=0)
    seed(PEOPLE)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    environment = {
        "EKTP_DEMO": "1", "STATIC_MANIFEST": "0", "PYTHONPATH": os.getcwd(),
        "DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": settings.REDIS_URL,
    }  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as name,
        machinery(folder=Path(name), environment=environment) as whole,
    ):
        tell(f"http://{whole.start_web()}", client.cookies[settings.SESSION_COOKIE_NAME].value)


if __name__ == "__main__":
    main()
