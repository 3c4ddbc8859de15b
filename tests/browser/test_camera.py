"""Does the kiosk read the QR of a receipt that is held before its camera?

Chromium's camera is a film of ours: the receipt's own QR, small, turned, out of focus and in bad light.
Debian's Chromium has no reader of its own, so that it is the one we carry along that reads here.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from django.utils import timezone
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from printing.models import CardRequest
from printing.qr import BORDER, MASK
from printing.receipt import new_receipt
from registry.models import Office
from registry.models.device import Scope
from tests import factories
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.kiosks import Kiosk
from tests.browser.watching import Watch, serious_findings
from tests.devices import a_device, a_recording

pytestmark = pytest.mark.django_db(transaction=True)

WIDTH, HEIGHT = 1280, 720
LIGHT, NOISE = 0.62, 14  # a dim hall
FRAMES = 10  # shown over and over


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees; read when it is switched on."""
    path = tmp_path_factory.mktemp("camera") / "film.y4m"
    show(path, "")
    return path


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """A Chromium with a camera."""
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
        yield browser
        browser.close()


@pytest.fixture
def office(transactional_db: None) -> Office:
    return factories.an_office()


@pytest.fixture
def receipt(office: Office) -> str:
    """The receipt of somebody whom the centre sees."""
    taken = a_device(office, Scope.RECORDINGS, name="Stasiun").post("recordings", a_recording(1)).json()
    factories.seen([CardRequest.objects.get().recording], now=timezone.now())
    return str(taken["receipt"])


@pytest.fixture
def kiosk(live_server: LiveServer, open_context: Callable[..., BrowserContext], office: Office) -> Kiosk:
    """A kiosk whose camera may be used."""
    kiosk = Kiosk(open_context(permissions=["camera"]).new_page(), live_server.url)
    kiosk.enrol(office)
    return kiosk


def show(film: Path, text: str) -> None:
    """Hold a paper with this QR before the camera; without text, an empty hall."""
    light = Image.new("L", (WIDTH, HEIGHT), 170)
    if text:
        drawn = io.BytesIO()
        segno.make(text, error="m", micro=False, mask=MASK).save(drawn, kind="png", scale=8, border=BORDER)
        paper = Image.open(drawn).convert("L").rotate(11, expand=True, fillcolor=170)
        light.paste(paper, (520, 190))
    seen = light.filter(ImageFilter.GaussianBlur(1.5)).point(lambda value: int(value * LIGHT))
    chance = random.Random(1)
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for _frame in range(FRAMES):
            noise = Image.effect_noise((WIDTH, HEIGHT), NOISE + chance.random())
            grainy = Image.blend(seen, noise, 0.12)
            file.write(b"FRAME\n" + grainy.tobytes() + colour)


def scan(kiosk: Kiosk) -> None:
    kiosk.touch("Di mana kartu saya?")
    kiosk.touch("Pindai QR dengan kamera")


def cameras_on(page: Page) -> int:
    """Cameras that still run for this page, as its video says."""
    running: int = page.evaluate(
        "() => [...document.querySelectorAll('video')].flatMap((v) => v.srcObject?.getTracks() ?? [])"
        ".filter((track) => track.readyState === 'live').length"
    )
    return running


class TestCamera:
    def test_reads_the_receipt_that_is_held_before_it(self, kiosk: Kiosk, film: Path, receipt: str) -> None:
        assert not kiosk.page.evaluate("'BarcodeDetector' in globalThis"), "the browser would read it itself"
        show(film, receipt)
        scan(kiosk)
        expect(kiosk.page.locator("h1")).to_have_text("menunggu")
        assert cameras_on(kiosk.page) == 0

    def test_reads_it_without_a_line_and_says_that_the_office_is_away(
        self, kiosk: Kiosk, film: Path, receipt: str, watch: Watch
    ) -> None:
        watch.forgive("ERR_|Failed to load resource")
        show(film, receipt)
        kiosk.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
        kiosk.page.context.set_offline(True)
        kiosk.page.reload()  # from the device alone, the reader too
        kiosk.ready()
        scan(kiosk)
        kiosk.sees("Kantor tidak dapat dihubungi")

    def test_waits_for_a_receipt_and_ends_with_the_screen(self, kiosk: Kiosk, film: Path) -> None:
        show(film, "https://elsewhere.example/")
        scan(kiosk)
        kiosk.sees("Arahkan QR pada tanda terima ke kamera.")
        expect(kiosk.page.locator("video")).to_be_visible()
        assert serious_findings(kiosk.page) == []
        video = kiosk.page.locator("video").element_handle()
        kiosk.touch("Kembali")
        kiosk.sees("Selamat datang")
        kiosk.page.wait_for_function(
            "(v) => v.srcObject.getTracks().every((t) => t.readyState === 'ended')", arg=video
        )

    def test_reads_no_number_that_is_none_of_ours(
        self, kiosk: Kiosk, film: Path, receipt: str, watch: Watch
    ) -> None:
        watch.forgive("404")
        show(film, new_receipt())
        scan(kiosk)
        kiosk.sees("Tidak ditemukan")

    def test_that_may_not_be_used_says_so(
        self, live_server: LiveServer, open_context: Callable[..., BrowserContext], office: Office
    ) -> None:
        kiosk = Kiosk(open_context().new_page(), live_server.url)
        kiosk.enrol(office)
        scan(kiosk)
        kiosk.sees("Kamera tidak dapat dipakai.")
