"""How does a test stand in front of a kiosk? It enrols one, and types and touches as a resident would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from playwright.sync_api import Page, expect

from registry.models import Office
from registry.services import devices
from tests.devices import a_device

SCOPES = ("status", "card-requests", "confirmations")

# Everything a script of the page can still find of a person: what is shown, and every store.
ALL_THAT_IS_LEFT = """async () => {
  const text = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      return new TextDecoder('latin1').decode(value);
    }
    if (value instanceof CryptoKey) return 'a key';
    if (value && typeof value === 'object') return Object.values(value).map(text).join();
    return String(value);
  };
  const found = [document.documentElement.outerHTML, location.href, JSON.stringify(history.state)];
  for (const input of document.querySelectorAll('input')) found.push(input.value);
  for (const store of [localStorage, sessionStorage]) found.push(JSON.stringify(store));
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((end) => { indexedDB.open(name).onsuccess = (e) => end(e.target.result); });
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((end) => {
        db.transaction(store).objectStore(store).getAll().onsuccess = (e) => end(e.target.result);
      });
      found.push(...rows.map(text));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) found.push(request.url);
  }
  return found.join('\\n');
}"""


@dataclass
class Kiosk:
    """One page of one kiosk, on a server at ``url``."""

    page: Page
    url: str

    def open(self, path: str = "/kiosk/") -> None:
        """Load the page and wait until it has looked at the line."""
        self.page.goto(self.url + path)
        self.ready()

    def ready(self) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-ready", "yes")

    def enrol(self, office: Office, *, name: str = "Kios 1") -> None:
        """With a one-time code, as a clerk does."""
        device = a_device(office, *SCOPES, name=name).device
        code = devices.invite(device=device, now=timezone.now(), actor="test")
        self.open()
        self.page.fill("[name=code]", code)
        self.touch("Daftarkan")
        self.sees("Selamat datang")

    def touch(self, name: str) -> None:
        """The button that begins with this name."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()

    def type(self, facts: Mapping[str, str]) -> None:
        """Into the fields of these names, key by key."""
        for name, value in facts.items():
            self.page.locator(f"[name={name}]").last.press_sequentially(value)

    def sees(self, text: str) -> None:
        """Wait for these words."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_line(self, state: str) -> None:
        """online or offline, as the foot of the page says it."""
        expect(self.page.locator("#line")).to_have_attribute("data-state", state)

    def left(self) -> str:
        """All that a script can still find, in one text."""
        found: str = self.page.evaluate(ALL_THAT_IS_LEFT)
        return found


def facts_of(person: Mapping[str, str]) -> dict[str, str]:
    """What this person types: the date as people here write it."""
    year, month, day = person["birth_date"].split("-")
    return {**person, "birth_date": f"{day}{month}{year}"}
