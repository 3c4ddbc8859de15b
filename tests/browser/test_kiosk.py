"""Does a resident get an answer at the kiosk, and does nothing get lost or left behind?"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from printing.models import Application, CardRequest
from printing.states import RequestState
from registry.models import Device, Office
from registry.models.device import Scope
from registry.models.resident import vault
from tests import factories
from tests.browser.kiosks import Kiosk, facts_of
from tests.browser.watching import Watch, serious_findings
from tests.devices import FAMILY_CARD, a_device, a_person, a_recording
from tests.faultproxy import Faults, fault_proxy

pytestmark = pytest.mark.django_db(transaction=True)

PAPER = {"number": "LP/12/XI/2017", "issued_on": "20112017"}
READY = ("authorizing", "ready_to_print", "printing", "printed", "ready_for_pickup")
GONE = "ERR_|Failed to load resource"  # what Chromium says of a line that is down


@pytest.fixture
def office(transactional_db: None) -> Office:
    return factories.an_office()


@pytest.fixture
def kiosk(live_server: LiveServer, page: Page, office: Office) -> Kiosk:
    """An enrolled kiosk at its start."""
    kiosk = Kiosk(page, live_server.url)
    kiosk.enrol(office)
    return kiosk


@pytest.fixture
def request_of_one(office: Office) -> CardRequest:
    """Person 1 has been recorded, and the centre sees it."""
    taken = a_device(office, Scope.RECORDINGS, name="Stasiun").post("recordings", a_recording(1)).json()
    request = CardRequest.objects.get(receipt=taken["receipt"])
    factories.seen([request.recording], now=timezone.now())
    request.refresh_from_db()
    return request


def make_ready(request: CardRequest) -> None:
    for state in READY:
        assert request.move(to=RequestState(state), at=timezone.now(), actor="test")


def ask_for_a_reprint(kiosk: Kiosk, number: int = 1) -> None:
    kiosk.touch("Minta cetak ulang")
    kiosk.touch("Hilang")
    kiosk.type(facts_of(a_person(number)) | PAPER)
    kiosk.touch("Kirim permohonan")


def stop_the_clock(page: Page) -> None:
    """From now on the page's time moves only when the test says so."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


class TestEnrolment:
    def test_keeps_the_key_where_no_address_and_no_text_shows_it(self, kiosk: Kiosk) -> None:
        kiosk.sees_line("online")
        left = kiosk.left()
        assert all(key.prefix not in left for key in Device.objects.get().keys.all())
        kiosk.page.reload()
        kiosk.ready()
        kiosk.sees("Selamat datang")

    def test_says_that_a_code_is_wrong(self, live_server: LiveServer, page: Page, watch: Watch) -> None:
        watch.forgive("404")
        kiosk = Kiosk(page, live_server.url)
        kiosk.open()
        kiosk.type({"code": "7ZK3-0M9Q-4T1C"})
        kiosk.touch("Daftarkan")
        kiosk.sees("Kode tidak dikenal")


class TestStatus:
    def test_is_told_in_plain_words_by_receipt(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        kiosk.touch("Di mana kartu saya?")
        kiosk.type({"receipt": request_of_one.receipt.lower()})
        kiosk.page.keyboard.press("Enter")
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")
        kiosk.sees("urutan ke-1")

    def test_is_told_to_who_knows_the_three_numbers(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        kiosk.touch("Di mana kartu saya?")
        kiosk.type(facts_of(a_person(1)))
        kiosk.page.keyboard.press("Enter")
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")

    def test_is_told_to_who_holds_a_receipt_under_the_hand_scanner(
        self, kiosk: Kiosk, request_of_one: CardRequest
    ) -> None:
        kiosk.page.keyboard.type(request_of_one.receipt)
        kiosk.page.keyboard.press("Enter")
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")

    def test_is_told_to_nobody_else(self, kiosk: Kiosk, request_of_one: CardRequest, watch: Watch) -> None:
        watch.forgive("404")
        kiosk.touch("Di mana kartu saya?")
        kiosk.type(facts_of(a_person(1) | {"birth_date": "1985-01-02"}))
        kiosk.page.keyboard.press("Enter")
        kiosk.sees("Tidak ditemukan")
        kiosk.touch("Coba lagi")
        kiosk.sees("Cari permohonan Anda")

    def test_can_be_typed_on_the_screen_alone(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        kiosk.touch("Di mana kartu saya?")
        for symbol in request_of_one.receipt.replace("-", ""):
            kiosk.page.locator(f'.keypad button[value="{symbol}"]').click()
        kiosk.page.get_by_role("button", name="Cari").first.click()
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("receipt", "7ZK3-0M9Q-4T1C-0000-0", "Nomor resi salah ketik"),
            ("nik", "2102", "NIK terdiri atas 16 angka"),
            ("birth_date", "31022001", "Bukan tanggal yang sah"),
        ],
    )
    def test_is_not_asked_for_with_a_slip_of_the_finger(
        self, kiosk: Kiosk, field: str, value: str, words: str
    ) -> None:
        kiosk.touch("Di mana kartu saya?")
        kiosk.type({field: value})
        kiosk.page.keyboard.press("Enter")
        kiosk.sees(words)
        expect(kiosk.page.locator(f"[name={field}]")).to_have_attribute("aria-invalid", "true")


class TestConfirmation:
    def test_gives_a_pickup_code_for_a_card_that_is_ready(
        self, kiosk: Kiosk, request_of_one: CardRequest
    ) -> None:
        make_ready(request_of_one)
        kiosk.touch("Konfirmasi pengambilan")
        kiosk.type({"receipt": request_of_one.receipt})
        kiosk.page.keyboard.press("Enter")
        kiosk.touch("Ya, saya akan datang")
        kiosk.sees("Kode pengambilan Anda")
        expect(kiosk.page.locator("[data-slot=pickup_code]")).to_have_text(
            re.compile(r"^[0-9A-Z]{4}(-[0-9A-Z]{4})+$")
        )

    def test_of_who_cannot_come_is_noted(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        make_ready(request_of_one)
        kiosk.touch("Konfirmasi pengambilan")
        kiosk.type(facts_of(a_person(1)))
        kiosk.page.keyboard.press("Enter")
        kiosk.touch("Saya tidak bisa datang")
        kiosk.sees("Kartu Anda tetap kami simpan")


class TestReprint:
    def test_is_requested_and_answered_with_a_receipt(self, kiosk: Kiosk) -> None:
        ask_for_a_reprint(kiosk)
        kiosk.sees("Permohonan diterima kantor")
        expect(kiosk.page.locator("[data-slot=receipt]")).to_have_text(Application.objects.get().receipt)
        qr = kiosk.page.locator("[data-slot=qr]")
        expect(qr).to_be_visible()
        assert qr.evaluate("(image) => image.naturalWidth") > 0

    def test_asks_for_the_paper_that_the_reason_needs(self, kiosk: Kiosk) -> None:
        kiosk.touch("Minta cetak ulang")
        kiosk.touch("Pindah datang")
        kiosk.touch("Kirim permohonan")
        expect(kiosk.page.locator("#number-error")).to_have_text("Isian ini diperlukan.")
        expect(kiosk.page.locator("[name=nik]")).to_be_focused()


class TestALineThatDrops:
    def test_in_the_middle_of_a_request_costs_nobody_and_doubles_nothing(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(GONE)
        with fault_proxy(port=live_server.thread.port) as line:
            kiosk = Kiosk(page, line.url)
            kiosk.enrol(office)
            page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
            line.faults = Faults(cut_answering=1.0)  # the office hears, the kiosk does not
            ask_for_a_reprint(kiosk)
            kiosk.sees("belum terkirim")
            line.down()
            kiosk.touch("Selesai")
            page.reload()  # from the device alone
            kiosk.ready()
            kiosk.sees_line("offline")
            kiosk.sees("1 permintaan menunggu dikirim")
            line.faults = Faults()
            line.up()
            page.evaluate("dispatchEvent(new Event('online'))")
            kiosk.sees_line("online")
            kiosk.sees("Semua permintaan sudah terkirim")
        assert Application.objects.count() == 1

    def test_keeps_the_order_in_which_people_asked(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(GONE)
        with fault_proxy(port=live_server.thread.port) as line:
            kiosk = Kiosk(page, line.url)
            kiosk.enrol(office)
            line.down()
            for number in (3, 1, 2):
                ask_for_a_reprint(kiosk, number)
                kiosk.sees("belum terkirim")
                kiosk.touch("Selesai")
            kiosk.sees("3 permintaan menunggu dikirim")
            assert not Application.objects.exists()
            line.up()
            page.evaluate("dispatchEvent(new Event('online'))")
            kiosk.sees("Semua permintaan sudah terkirim")
        asked = [
            vault().open(bytes(one.claim_sealed), bound_to=one.bond).split()[0]
            for one in Application.objects.order_by("id")
        ]
        assert asked == [factories.nik_of(number) for number in (3, 1, 2)]

    def test_in_silence_keeps_nobody_waiting_for_long(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(GONE)
        with fault_proxy(port=live_server.thread.port) as line:
            kiosk = Kiosk(page, line.url)
            kiosk.enrol(office)
            line.faults = Faults(black_hole=1.0)
            ask_for_a_reprint(kiosk)
            kiosk.sees("belum terkirim")
            line.faults = Faults()
            page.evaluate("dispatchEvent(new Event('online'))")
            kiosk.sees("Semua permintaan sudah terkirim")
        assert Application.objects.count() == 1

    def test_says_that_it_cannot_answer_now(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(GONE)
        with fault_proxy(port=live_server.thread.port) as line:
            kiosk = Kiosk(page, line.url)
            kiosk.enrol(office)
            line.down()
            kiosk.touch("Di mana kartu saya?")
            kiosk.type(facts_of(a_person(1)))
            page.keyboard.press("Enter")
            kiosk.sees("Kantor tidak dapat dihubungi")


class TestPrivacy:
    def test_leaves_nothing_of_the_last_resident_after_thirty_seconds(
        self,
        live_server: LiveServer,
        open_context: Callable[..., BrowserContext],
        office: Office,
        request_of_one: CardRequest,
        watch: Watch,
    ) -> None:
        context = open_context()
        page = context.new_page()
        page.clock.install()
        kiosk = Kiosk(page, live_server.url)
        kiosk.enrol(office)
        kiosk.touch("Di mana kartu saya?")
        kiosk.type(facts_of(a_person(1)))
        shown = kiosk.page.locator("[name=nik]").input_value()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("menunggu")
        stop_the_clock(page)
        page.mouse.move(300, 300)
        page.mouse.down()  # the last touch
        page.clock.run_for(9_900)
        expect(page.locator("#idle")).to_be_hidden()
        page.clock.run_for(200)
        expect(page.locator("#idle")).to_be_visible()
        page.clock.run_for(19_800)
        expect(page.locator("h1")).to_have_text("menunggu")
        page.clock.run_for(200)
        kiosk.sees("Selamat datang")
        left = kiosk.left()
        for fact in (
            a_person(1)["nik"],
            shown,
            FAMILY_CARD,
            request_of_one.receipt,
            "01-01-1985",
            "menunggu<",
        ):
            assert fact not in left

    def test_keeps_what_waits_where_nobody_can_read_it(
        self, live_server: LiveServer, page: Page, office: Office, watch: Watch
    ) -> None:
        watch.forgive(GONE)
        with fault_proxy(port=live_server.thread.port) as line:
            kiosk = Kiosk(page, line.url)
            kiosk.enrol(office)
            line.down()
            ask_for_a_reprint(kiosk)
            kiosk.sees("belum terkirim")
            kiosk.touch("Selesai")
            left = kiosk.left()
        for fact in (a_person(1)["nik"], FAMILY_CARD, "LP/12/XI/2017", "1985-01-01"):
            assert fact not in left
        assert "permohonan cetak ulang" in left

    def test_gives_more_time_to_who_touches_the_screen(
        self, live_server: LiveServer, page: Page, office: Office
    ) -> None:
        page.clock.install()
        kiosk = Kiosk(page, live_server.url)
        kiosk.enrol(office)
        kiosk.touch("Di mana kartu saya?")
        stop_the_clock(page)
        page.locator("h1").click()
        page.clock.run_for(25_000)
        page.locator("h1").click()
        expect(page.locator("#idle")).to_be_hidden()
        page.clock.run_for(25_000)
        kiosk.sees("Cari permohonan Anda")

    def test_asks_no_address_that_names_anybody(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        asked: list[str] = []
        kiosk.page.on("request", lambda request: asked.append(request.url))
        kiosk.touch("Di mana kartu saya?")
        kiosk.type(facts_of(a_person(1)))
        kiosk.page.keyboard.press("Enter")
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")
        assert asked
        assert all("?" not in url and "2102" not in url for url in asked)


class TestEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_can_read_and_reach_every_screen(
        self,
        live_server: LiveServer,
        open_context: Callable[..., BrowserContext],
        office: Office,
        scheme: str,
    ) -> None:
        kiosk = Kiosk(open_context(color_scheme=scheme).new_page(), live_server.url)
        kiosk.open()
        assert serious_findings(kiosk.page) == []
        kiosk.enrol(office)
        screens = kiosk.page.evaluate(
            "[...document.querySelectorAll('template[id^=screen-]')].map((one) => one.id.slice(7))"
        )
        assert len(screens) > 15
        for screen in screens:
            kiosk.page.evaluate(f"import('/static/kiosk/stage.js').then((stage) => stage.show('{screen}'))")
            assert serious_findings(kiosk.page) == [], screen

    def test_can_do_all_of_it_with_the_keyboard(self, kiosk: Kiosk, request_of_one: CardRequest) -> None:
        page = kiosk.page
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_contain_text("Di mana kartu saya?")
        page.keyboard.press("Enter")
        page.keyboard.type(request_of_one.receipt)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("menunggu")

    def test_can_have_it_in_english(self, kiosk: Kiosk) -> None:
        kiosk.page.get_by_role("link", name="English").click()
        kiosk.ready()
        expect(kiosk.page.locator("html")).to_have_attribute("lang", "en")
