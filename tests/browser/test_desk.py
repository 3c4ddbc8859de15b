"""Can the desk be worked with the keyboard alone, in both themes, without a complaint of browser or axe?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from printing.models import Box, BulkJob, CardRequest, Printer
from printing.services import bulk, requests
from printing.states import HoldReason
from registry.models import Recording
from registry.services import blanks
from registry.states import Place
from tests import factories
from tests.browser.watching import serious_findings
from tests.factories import ACTOR, NOW

CLERK_SCREEN = {"width": 1366, "height": 768}
TABLET = {"width": 820, "height": 1180}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clerk(live_server: Any) -> dict[str, str]:
    """A signed-in clerk's cookie, beside an office with something on every desk."""
    office = factories.an_office()
    factories.stock(office, 10)
    Printer.objects.create(office=office, name="Printer 1", driver="folder", address="x", ribbon_left=20)
    held, *_others = factories.waiting(office, 1, 2, 3)
    requests.hold(request=held, reason=HoldReason.POLICY, note="Tanya bagian data", actor=ACTOR, now=NOW)
    (problem,) = factories.take(office, 8)
    factories.seen([problem.recording], status="DUPLICATE_RECORD")
    client = Client()
    client.force_login(User.objects.create_superuser("sari"))
    name = "ektp_session"
    return {"name": name, "value": client.cookies[name].value, "url": live_server.url}


@pytest.fixture
def desk(open_context: Callable[..., BrowserContext], clerk: dict[str, str]) -> Callable[..., Page]:
    """Opens a page of the admin: ``desk("/meja/", color_scheme="dark")``."""

    def opened(path: str, **options: Any) -> Page:
        context = open_context(**{"viewport": CLERK_SCREEN} | options)
        context.add_cookies([clerk])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{clerk['url']}/admin{path}")
        return page

    return opened


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.id"))


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the focus is on ``text``, as somebody without a mouse does."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if text in focused(page):
            return
    raise AssertionError(f"no way by keyboard to {text!r}")


class TestEveryPage:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("viewport", [CLERK_SCREEN, TABLET], ids=["screen", "tablet"])
    def test_has_a_title_no_serious_finding_and_fits(
        self, desk: Callable[..., Page], scheme: str, viewport: dict[str, int]
    ) -> None:
        page = desk("/", color_scheme=scheme, viewport=viewport)
        base = page.url.rstrip("/")
        row = CardRequest.objects.get(state="held")
        job = bulk.begin(
            office=row.office, deed="release", rows=CardRequest.objects.all(), words={}, actor=ACTOR, now=NOW
        )
        bulk.stop(job=job, actor=ACTOR, now=NOW)
        titles, findings = set(), {}
        for path in (
            "/",
            "/meja/",
            "/meja/masalah/",
            "/meja/tertahan/?kind=policy",
            f"/meja/tertahan/{row.pk}/",
            "/meja/rusak/",
            "/cari/",
            f"/penduduk/{row.resident_id}/",
            f"/printing/bulkjob/{job.pk}/change/",
        ):
            page.goto(base + path)
            found = serious_findings(page)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if found or wide > 0:
                findings[path] = [*found, f"{wide} pixels too wide"]
            titles.add(page.title())
        assert findings == {}
        assert len(titles) == 9


class TestByKeyboard:
    def test_finds_a_person_from_anywhere(self, desk: Callable[..., Page]) -> None:
        page = desk("/meja/")
        page.keyboard.press("/")
        page.keyboard.type(factories.nik_of(2))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Contoh 2")
        assert factories.nik_of(2) not in page.url
        assert factories.nik_of(2) not in page.content()

    def test_takes_a_row_and_releases_it(self, desk: Callable[..., Page]) -> None:
        page = desk("/meja/tertahan/")
        tab_to(page, "Ambil")
        page.keyboard.press("Enter")
        expect(page.get_by_text("sesudah itu siapa pun boleh mengambilnya")).to_be_visible()
        tab_to(page, "Lepaskan")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"  # the focus can be seen
        page.keyboard.press("Enter")
        expect(page.locator(".messagelist")).to_contain_text("Contoh 1: Lepaskan.")
        assert CardRequest.objects.filter(state="held", hold_reason="policy").count() == 0


class TestSpoiled:
    def test_leads_to_minutes_for_all_of_them(self, desk: Callable[..., Page]) -> None:
        blanks.move(
            office=factories.an_office(),
            quantity=3,
            source=Place.STORE,
            target=Place.SPOILED,
            reference="hand:1",
            why="terendam",
            now=NOW,
            actor=ACTOR,
        )
        page = desk("/meja/rusak/")
        assert serious_findings(page) == []
        page.get_by_role("link", name="Buat berita acara pemusnahan 3 blanko").click()
        expect(page.get_by_label("Jumlah")).to_have_value("3")
        assert serious_findings(page) == []
        page.get_by_label("Nomor berita acara").fill("BA-PM-1")
        page.get_by_label("Saksi pertama").fill("Budi")
        page.get_by_label("Saksi kedua").fill("Siti")
        page.get_by_label("Alasan").fill("terendam")
        page.locator('input[name="_save"]').click()
        expect(page.locator(".messagelist")).to_contain_text("setelah orang kedua menyetujuinya")

        page.get_by_role("link", name="Meja kerja").click()
        page.get_by_role("link", name="Rusak, untuk dimusnahkan").click()
        expect(page.locator("#content")).to_contain_text(
            "Sudah diusulkan oleh sari: 3 blanko, berita acara BA-PM-1"
        )
        expect(page.get_by_text("Buat berita acara")).to_have_count(0)
        assert serious_findings(page) == []


class TestBox:
    def test_is_packed_sent_and_received(self, desk: Callable[..., Page]) -> None:
        ready = CardRequest.objects.filter(state="waiting").first()
        assert ready is not None
        for state in ("authorizing", "ready_to_print", "printing", "printed", "ready_for_pickup"):
            ready.move(to=state, at=NOW, actor=ACTOR)
        page = desk("/papers/")
        page.get_by_role("link", name="Kemas kotak").click()
        page.get_by_label("Kecamatan").select_option(label=str(ready.recording.district))
        assert serious_findings(page) == []
        page.locator('input[name="_save"]').click()
        page.get_by_role("link", name="Lihat isi").click()
        assert serious_findings(page) == []
        page.get_by_role("button", name="Kotak dikirim").click()
        expect(page.locator(".messagelist")).to_contain_text("Kotak dikirim")
        assert serious_findings(page) == []
        page.get_by_label(ready.receipt).check()
        page.get_by_role("button", name="Terima yang dicentang").click()
        expect(page.locator(".messagelist")).to_contain_text("isinya lengkap")
        expect(page.locator("#content")).to_contain_text("tiba")
        assert Box.objects.values_list("sent_by", "received_by").get() == ("sari", "sari")
        assert serious_findings(page) == []
        page.get_by_role("link", name="21.02.03/").click()
        expect(page.locator("#content")).to_contain_text("sari")
        assert serious_findings(page) == []
        page.goto(page.url.partition("/printing/")[0] + "/papers/")
        expect(page.get_by_role("link", name="Daftar isi 21.02.03/")).to_be_visible()
        assert serious_findings(page) == []


class TestFreshness:
    def test_changes_only_the_part_that_changed(self, desk: Callable[..., Page]) -> None:
        page = desk("/")
        page.evaluate("document.querySelectorAll('.part').forEach((part) => { part.marked = true; })")
        page.evaluate("document.querySelector('[data-fresh]').dataset")  # the script has read it
        Recording.objects.get(state="exception").move(to="submitted", at=NOW, actor=ACTOR, exception_kind="")
        tile = page.locator('[data-part="numbers"] li', has_text="Perlu tindakan").locator(".count")
        expect(tile).to_have_text("0", timeout=20_000)
        kept = page.evaluate("[...document.querySelectorAll('.part')].filter((p) => p.marked).length")
        assert kept >= 6

    def test_says_when_it_hears_nothing(self, desk: Callable[..., Page], watch: Any) -> None:
        watch.forgive("hari-ini|Failed to load resource")
        page = desk("/")
        page.route("**/hari-ini/", lambda route: route.abort())
        expect(page.locator(".fresh-lost")).to_contain_text("Tidak tersambung", timeout=20_000)

    def test_shows_the_end_of_a_bulk_job_by_itself(self, desk: Callable[..., Page]) -> None:
        rows = CardRequest.objects.filter(state="waiting")
        job = bulk.begin(
            office=factories.an_office(),
            deed="release",
            rows=rows,
            words={"reason": ""},
            actor="sari",
            now=NOW,
        )
        page = desk(f"/printing/bulkjob/{job.pk}/change/")
        bulk.run(job=BulkJob.objects.get())
        expect(page.get_by_text("Unduh semua yang dilewati")).to_be_visible(timeout=20_000)
