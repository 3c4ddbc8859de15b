"""What did the browser complain of, and what would a person with a screen reader miss?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

LOUD = {"error", "warning"}
LEFT = "net::ERR_ABORTED"  # the page itself went elsewhere in the middle of it
SERIOUS = {"serious", "critical"}
# Without preload: axe would copy style sheets that import others into the page, against the page's CSP.
HOW = "{resultTypes: ['violations'], preload: false}"
# Every page tells its breaches of the Content-Security-Policy on the console as well; this makes sure
# of those that only a report would tell.
TELL_BREACHES = """
document.addEventListener('securitypolicyviolation', (breach) =>
  console.error(`CSP: ${breach.effectiveDirective} ${breach.blockedURI} ${breach.sourceFile}`));
"""


@dataclass
class Watch:
    """Listens to every page of a context."""

    complaints: list[str] = field(default_factory=list)
    _forgiven: list[re.Pattern[str]] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Hear the console, uncaught errors, failed requests, answers from 400 on, and CSP breaches."""
        context.add_init_script(TELL_BREACHES)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def forgive(self, pattern: str) -> None:
        """Complaints in which ``pattern`` (a regular expression) is found belong to this test."""
        self._forgiven.append(re.compile(pattern))

    def check(self) -> None:
        """Raises AssertionError with every complaint that nobody forgave."""
        left = [one for one in self.complaints if not any(known.search(one) for known in self._forgiven)]
        assert not left, "the browser complained:\n" + "\n".join(left)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in LOUD:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _on_error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != LEFT:
            self.complaints.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"answer {response.status}: {response.request.method} {response.url}")


def serious_findings(page: Page) -> list[str]:
    """What axe finds serious or critical on the page as it is now, one line for each rule."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(f"axe.run(document, {HOW})")
    return [
        f"{rule['id']}: {rule['help']} ({', '.join(node['html'][:120] for node in rule['nodes'])})"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]
