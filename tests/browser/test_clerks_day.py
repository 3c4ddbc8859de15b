"""Does a clerk get through a whole day, from the second factor to the access trail, without a complaint?

Real workers, beat, broker and database, the simulated centre as a process, and an IPP printer that
nobody here wrote. The clerk has nothing but the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect

from ektp_project.embedded.machinery import Machinery, wait_until
from printing.models import CardRequest, HolidayOverride, Printer, PrintJob
from printing.models.request import CardReason
from printing.roles import Role
from printing.services import requests
from printing.states import JobState
from registry.models import Office, Recording
from registry.selectors.blanks import balances
from registry.services.offices import load_office
from registry.states import Place
from tests import factories, ippeveprinter, lists
from tests.browser.watching import serious_findings
from tests.installation import installation

SCREEN = {"width": 1366, "height": 768}
NAME, PASSWORD = "sari", "a long enough pass-phrase"
PATIENCE = 120_000  # milliseconds, for what workers do; a busy machine is no failure
PEOPLE = 3
PROBLEM = 8  # a person whose recording the centre could not take in yesterday
JAM = '#!/bin/sh\nwhile [ -e "$(dirname "$0")/jam" ]; do sleep 0.2; done\n'  # run for each card

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


class Clerk:
    """Sari at her screen. Whatever she sees is looked at with axe as well."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.findings: dict[str, list[str]] = {}

    def looks(self) -> None:
        """At what is there now."""
        if found := serious_findings(self.page):
            self.findings[self.page.url] = found

    def sees(self, text: str | re.Pattern[str], *, patience: int = PATIENCE) -> None:
        expect(self.page.locator("body")).to_contain_text(text, timeout=patience)
        self.looks()

    def follows(self, name: str, *, within: Locator | None = None) -> None:
        (within or self.page).get_by_role("link", name=name, exact=True).first.click()

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def goes_to(self, path: str) -> None:
        self.page.goto(f"{self.url}/admin{path}")
        self.looks()

    def opens_desk(self, name: str) -> None:
        """Through the menu, as every day."""
        self.follows("Meja kerja")
        self.page.locator(".desks").get_by_role("link", name=name).click()
        self.looks()

    def searches(self, text: str) -> None:
        """With the one box that stands on every page."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")


class TestOneDay:
    def test_is_got_through_with_the_browser_alone(
        self, clerk: Clerk, office: Office, whole: Machinery, printer: ForgetfulPrinter, tmp_path: Path
    ) -> None:
        sign_in(clerk)
        bring_in_a_list(clerk, tmp_path)
        find_somebody(clerk)
        resolve_an_exception(clerk)
        receive_blanks(clerk)
        plan_a_shift(clerk)
        watch_the_print(clerk, whole, printer)
        decide_a_doubt(clerk)
        receipt = hand_over_a_card(clerk)
        print_the_minutes(clerk)
        read_the_trail(clerk, receipt)

        assert clerk.findings == {}
        there = balances(office=office)
        assert (there[Place.PRINTED], there[Place.STORE]) == (PEOPLE + 1, 50 - PEOPLE - 1)


# --- The hours of the day ---------------------------------------------------------------------


def sign_in(clerk: Clerk) -> None:
    """The first time with a password, which leads to a second factor; then with both."""
    page = clerk.page
    page.goto(f"{clerk.url}/admin/")
    clerk.looks()
    _give_password(page)
    clerk.sees("Aplikasi Autentikator")
    page.get_by_role("link", name="Aktifkan").first.click()
    page.locator("#id_password").fill(PASSWORD)  # a factor is changed only with another proof
    clerk.looks()
    clerk.presses("Konfirmasi")
    page.locator("#id_code").focus()
    clerk.looks()
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("#id_code").fill(code_now(secret))
    clerk.presses("Aktifkan")
    clerk.sees("Kode Pemulihan")
    clerk.follows("Keluar")
    clerk.presses("Keluar")
    _give_password(page)
    clerk.looks()
    page.locator("#id_code").fill(code_now(secret))
    clerk.presses("Masuk")
    clerk.sees("Hari ini")


def bring_in_a_list(clerk: Clerk, folder: Path) -> None:
    """Three people in order, and one whose sex nobody knows: that row comes back."""
    file = folder / "daftar.csv"
    people = [lists.person(n, name=f"Contoh {n}") for n in range(1, PEOPLE + 1)]
    rows = lists.rows_of([*people, lists.person(4, sex="X")], header=lists.indonesian())
    file.write_bytes(lists.as_csv(rows).getvalue())
    clerk.goes_to("/printing/importbatch/add/")
    clerk.page.locator('input[type="file"]').set_input_files(file)
    clerk.page.locator('input[name="_save"]').click()
    clerk.sees("Isian tidak dikenal")
    clerk.presses("Impor")
    expect(clerk.page.locator(".steps .current")).to_have_text("Hasil", timeout=PATIENCE)
    clerk.looks()
    assert CardRequest.objects.count() == PEOPLE + 1


def find_somebody(clerk: Clerk) -> None:
    """By name among several, by NIK alone."""
    clerk.searches("Contoh")
    clerk.sees("4 orang ditemukan")
    clerk.searches(factories.nik_of(2))
    expect(clerk.page.locator("h1")).to_have_text("Contoh 2")
    clerk.looks()
    assert factories.nik_of(2) not in clerk.page.content()


def resolve_an_exception(clerk: Clerk) -> None:
    """What the centre could not take in yesterday is sent again, and today it can."""
    clerk.opens_desk("Perlu tindakan")
    clerk.presses(f"Ambil: Contoh {PROBLEM}")
    clerk.sees("saya sampai")
    clerk.presses("Kirim ulang")
    clerk.sees(f"Contoh {PROBLEM}: Kirim ulang.")
    clerk.sees("Meja ini kosong")
    until(lambda: Recording.objects.get(resident__name=f"Contoh {PROBLEM}").state == "visible", "the answer")


def receive_blanks(clerk: Clerk) -> None:
    """Fifty, with minutes."""
    clerk.goes_to("/registry/blankreceipt/")
    clerk.page.locator(".addlink").click()
    clerk.looks()
    clerk.page.get_by_label("Jumlah").fill("50")
    clerk.page.locator("#id_minutes").fill("BA-2017/11")
    clerk.page.locator('input[name="_save"]').click()
    clerk.sees("BA-2017/11")


def plan_a_shift(clerk: Clerk) -> None:
    """The weekend that the planner proposes, and today around the clock."""
    clerk.goes_to("/printing/extrashift/add/")
    page, today = clerk.page, timezone.localdate()
    page.locator(f'input[name="dates"][value="{today}"]').check()
    now = timezone.localtime()
    opens, closes = ("00:00", "16:00") if now.hour < 15 else ("14:00", "06:00")
    page.get_by_label("Mulai").fill(opens)
    page.get_by_label("Selesai").fill(closes)
    clerk.presses("Rencanakan")
    clerk.sees("giliran direncanakan")


def watch_the_print(clerk: Clerk, whole: Machinery, printer: ForgetfulPrinter) -> None:
    """The page of the day counts along by itself. In the middle the power fails."""
    clerk.goes_to("/")
    printed = clerk.page.locator('[data-part="output"] .big')
    expect(printed).to_contain_text("0 dari")
    until(lambda: PrintJob.objects.filter(state=JobState.SENDING).exists(), "a card on its way")
    whole.kill("printing")
    printer.fails()
    printer.comes_back()
    whole.start_worker("printing")
    doubtful = clerk.page.locator('[data-part="numbers"] li', has_text="Diragukan").locator(".count")
    expect(doubtful).to_have_text("1", timeout=PATIENCE)
    expect(printed).to_contain_text(f"{PEOPLE} dari", timeout=PATIENCE)
    clerk.looks()


def decide_a_doubt(clerk: Clerk) -> None:
    """The card lies in the tray."""
    clerk.page.locator('[data-part="numbers"]').get_by_role("link", name="Diragukan").click()
    clerk.looks()
    clerk.page.get_by_role("button", name=re.compile("^Ambil: ")).click()
    clerk.sees("Kartunya ada di baki printer?")
    clerk.presses("Ada dan baik")
    clerk.sees("Ada dan baik.")


def hand_over_a_card(clerk: Clerk) -> str:
    """To its owner, whose finger matches. Returns the number on the receipt."""
    clerk.searches("Contoh 2")
    clerk.sees("siap diambil")
    receipt = clerk.page.locator("aside a.code").first.inner_text()
    clerk.opens_desk("Siap diambil")
    clerk.presses("Ambil: Contoh 2")
    clerk.page.get_by_label("Penerima").fill("Contoh 2")
    clerk.page.get_by_label("Pencocokan 1:1").select_option("matched")
    clerk.looks()
    clerk.presses("Serahkan")
    clerk.sees("Contoh 2: Serahkan.")
    assert CardRequest.objects.get(receipt=receipt).state == "handed_over"
    return receipt


def print_the_minutes(clerk: Clerk) -> None:
    """Of the delivery, as a PDF."""
    clerk.follows("Cetakan")
    clerk.looks()
    link = clerk.page.get_by_role("link", name="BA-2017/11")
    answer = clerk.page.request.get(clerk.url + (link.get_attribute("href") or ""))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def read_the_trail(clerk: Clerk, receipt: str) -> None:
    """Who looked at the one who has the card now? The clerk herself, and it says so."""
    clerk.searches(receipt)
    expect(clerk.page.locator("h1")).to_have_text("Contoh 2")
    clerk.looks()
    clerk.follows("Buka data penduduk")
    clerk.looks()
    clerk.follows("Siapa yang melihat data ini")
    expect(clerk.page.locator("#result_list")).to_contain_text("meja kerja: siap diambil")
    clerk.looks()
    with clerk.page.expect_download() as download:
        clerk.presses("Unduh seluruh jejak (CSV)")
    assert NAME in Path(download.value.path()).read_text()


def _give_password(page: Page) -> None:
    page.locator("#id_login").fill(NAME)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Masuk", exact=True).click()


def code_now(secret: str) -> str:
    """What the clerk's telephone shows."""
    counter = next(totp.yield_hotp_counters_from_time())
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def until(happened: Callable[[], object], what: str) -> None:
    wait_until(happened, what=what, seconds=PATIENCE / 1000)


# --- The office before the day begins ---------------------------------------------------------


class ForgetfulPrinter:
    """An IPP printer in the middle of a card until its plug is pulled; then it forgets what it was doing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.command, self.jam = folder / "print", folder / "jam"
        self.command.write_text(JAM)
        self.command.chmod(0o755)
        self.jam.touch()
        self.port: int | None = None
        self.address = ""
        self.comes_back()

    def comes_back(self) -> None:
        spool = self.folder / "spool"
        self.address, self.process = ippeveprinter.start_ippeveprinter(
            spool, "Kartu", command=str(self.command), port=self.port
        )
        self.port = int(re.findall(r":(\d+)/", self.address)[0])

    def fails(self) -> None:
        ippeveprinter.stop(self.process)
        self.jam.unlink(missing_ok=True)


@pytest.fixture
def office(transactional_db: None, settings: Any) -> Iterator[Office]:
    """Karimun without a blank, closed but for what is planned, and with yesterday's problem."""
    settings.SECOND_FACTOR_REQUIRED = True
    cache.clear()
    office = load_office()
    for day in range(2):
        date = timezone.localdate() + timedelta(days=day)
        HolidayOverride.objects.create(day=date, is_holiday=True, name="uji")
    yesterday = timezone.now() - timedelta(days=1)
    (taken,) = factories.take(office, PROBLEM, now=yesterday)
    requests.open_requests(wanted=[(taken.recording, CardReason.NEW)], now=yesterday, actor="test")
    factories.seen([taken.recording], status="ENROLL_FAILURE_AT_REGIONAL", now=yesterday)
    yield office
    cache.clear()


@pytest.fixture
def printer(tmp_path: Path, office: Office) -> Iterator[ForgetfulPrinter]:
    machine = ForgetfulPrinter(tmp_path / "printer")
    Printer.objects.create(office=office, name="Printer 1", driver="ipp", address=machine.address)
    yield machine
    machine.fails()


@pytest.fixture
def whole(tmp_path: Path, office: Office) -> Iterator[Machinery]:
    with installation(tmp_path / "machinery") as whole:
        whole.start_centre("service_seconds=0.01")
        whole.start_workers()
        yield whole


@pytest.fixture
def clerk(open_context: Callable[..., BrowserContext], live_server: Any, office: Office) -> Clerk:
    """In a small office one person does it all."""
    user = User.objects.create_user(NAME, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    context = open_context(viewport=SCREEN)
    return Clerk(context.new_page(), live_server.url)
