"""How do tests look at our pages? In Debian's Chromium, which forgives nothing: see watching.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.watching import Watch

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]  # as root, in a small container
SCREEN = {"width": 1280, "height": 900}
PATIENCE = 20_000  # milliseconds; a busy machine is no failure
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module.

    Playwright keeps an event loop in this thread, and Django then fears for its connections: it is told
    that they are safe. Longer than a module it must not run: other tests have loops of their own.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the pages of this test complained of; a complaint nobody forgave fails the test at its end."""
    watch = Watch()
    yield watch
    watch.check()


@pytest.fixture
def open_context(browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """Makes watched contexts: ``open_context(color_scheme="dark", locale="en")``, each its own device."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": SCREEN, "locale": "id-ID"} | options)
        context.set_default_timeout(PATIENCE)
        watch.follow(context)
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A watched page of a device of its own."""
    return open_context().new_page()
