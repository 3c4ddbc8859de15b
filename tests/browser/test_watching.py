"""Does the watch hear what it is there for?"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.watching import Watch, serious_findings

pytestmark = pytest.mark.django_db(transaction=True)

DEAF = "<!doctype html><html lang='id'><title>x</title><main><h1>x</h1><img src='data:image/gif;base64,'>"


@pytest.fixture
def watch() -> Watch:
    """Checked by the tests themselves."""
    return Watch()


class TestWatch:
    def test_hears_nothing_on_a_good_page(self, live_server: LiveServer, page: Page, watch: Watch) -> None:
        page.goto(f"{live_server.url}/admin/login/")
        page.wait_for_load_state("networkidle")
        watch.check()
        assert serious_findings(page) == []

    @pytest.mark.parametrize(
        ("script", "complaint"),
        [
            ("console.error('aduh')", "aduh"),
            ("setTimeout(() => { throw new Error('meledak') })", "meledak"),
            ("fetch('/nowhere').catch(() => 0)", "404"),
            ("fetch('http://127.0.0.1:9/').catch(() => 0)", "CSP"),
            ("document.body.setAttribute('onclick', 'alert(1)')", "CSP"),
        ],
    )
    def test_hears(
        self, live_server: LiveServer, page: Page, watch: Watch, script: str, complaint: str
    ) -> None:
        page.goto(f"{live_server.url}/admin/login/")
        page.evaluate(script)
        page.wait_for_timeout(500)
        with pytest.raises(AssertionError, match=complaint):
            watch.check()

    def test_forgives_what_a_test_expects(self, live_server: LiveServer, page: Page, watch: Watch) -> None:
        watch.forgive("404")
        page.goto(f"{live_server.url}/admin/login/")
        page.evaluate("fetch('/nowhere').catch(() => 0)")
        page.wait_for_timeout(300)
        watch.check()


class TestSeriousFindings:
    def test_finds_a_picture_that_says_nothing(self, page: Page) -> None:
        page.set_content(DEAF)
        assert [finding for finding in serious_findings(page) if "image-alt" in finding]
