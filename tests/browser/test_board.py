"""Does the board in the hall show today's numbers, and never an old one as new?"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from registry.models import Office
from tests import factories
from tests.browser.kiosks import Kiosk
from tests.browser.watching import Watch, serious_findings
from tests.faultproxy import fault_proxy

pytestmark = pytest.mark.django_db(transaction=True)

HALL = {"width": 1920, "height": 1080}
LETTER = 32  # pixels on a screen of 1080 lines: 16 mm on one of 43 inches, enough for five metres
SIZES = """[...document.querySelectorAll('h1, h2, p, dt, dd')].map(
    (one) => parseFloat(getComputedStyle(one).fontSize))"""
LINE_LOST = "ERR_|Failed to load resource"


@pytest.fixture
def office(transactional_db: None) -> Office:
    """Three people wait, ten blanks lie in the store."""
    office = factories.an_office()
    factories.stock(office, 10)
    factories.waiting(office, 1, 2, 3)
    return office


def number(page: Page, name: str) -> str:
    return page.locator(f"[data-number={name}]").inner_text()


class TestBoard:
    def test_shows_todays_numbers_and_what_holds_the_line(
        self, live_server: LiveServer, page: Page, office: Office
    ) -> None:
        Kiosk(page, live_server.url).open("/kiosk/board/")
        assert (number(page, "waiting"), number(page, "blanks_in_store")) == ("3", "10")
        expect(page.locator("#gate")).not_to_have_text("–")
        expect(page.locator("#line")).to_have_text(re.compile(r"^Keadaan pukul \d\d\.\d\d$"))

    def test_refreshes_itself(self, live_server: LiveServer, page: Page, office: Office) -> None:
        page.clock.install()
        Kiosk(page, live_server.url).open("/kiosk/board/")
        with page.expect_response("**/api/v1/board"):
            page.clock.run_for(11_000)

    def test_says_since_when_it_has_heard_nothing(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(LINE_LOST)
        with fault_proxy(port=live_server.thread.port) as line:
            board = Kiosk(page, line.url)
            board.open("/kiosk/board/")
            page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
            seen = page.locator("#line").inner_text().removeprefix("Keadaan pukul ")
            line.down()
            page.reload()
            board.ready()
            expect(page.locator("body")).to_have_attribute("data-state", "offline")
            expect(page.locator("#line")).to_contain_text(f"Tidak terhubung ke kantor sejak {seen}")
            assert number(page, "waiting") == "3"
            line.up()
            expect(page.locator("body")).to_have_attribute("data-state", "online", timeout=20_000)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_can_be_read_from_five_metres_by_everybody(
        self,
        live_server: LiveServer,
        open_context: Callable[..., BrowserContext],
        office: Office,
        scheme: str,
    ) -> None:
        page = open_context(color_scheme=scheme, viewport=HALL).new_page()
        Kiosk(page, live_server.url).open("/kiosk/board/")
        assert serious_findings(page) == []
        assert min(page.evaluate(SIZES)) >= LETTER
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
            "all of it on one screen"
        )
