"""Do planner, import wizard, papers and the choice of language work in a real browser?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from printing.models import ExtraShift, ImportBatch, Printer
from printing.models.imports import ImportState
from registry.models import BlankReceipt
from registry.services.offices import load_office
from tests import factories
from tests.lists import as_csv, indonesian, person, rows_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(page: Page, live_server: Any, settings: Any, tmp_path: Path) -> Page:
    """A supervisor's browser, signed in, in an office with blanks and a printer."""
    settings.MEDIA_ROOT = tmp_path / "media"
    office = load_office()
    factories.stock(office, 100)
    Printer.objects.create(office=office, name="Printer 1", driver="memory", address="1")
    client = Client()
    client.force_login(User.objects.create_superuser("supervisor"))
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page.goto(f"{live_server.url}/admin/papers/")
    return page


class TestPlanner:
    def test_plans_what_is_ticked(self, desk: Page, live_server: Any) -> None:
        desk.goto(f"{live_server.url}/admin/printing/extrashift/add/")
        proposed = desk.locator('input[name="dates"]:checked')
        while proposed.count():
            proposed.first.uncheck()
        days = desk.locator('input[name="dates"]')
        days.nth(days.count() - 1).check()
        desk.get_by_label("Printer 1").check()
        desk.get_by_role("button", name="Rencanakan").click()

        expect(desk.locator(".messagelist")).to_contain_text("1 giliran direncanakan")
        assert ExtraShift.objects.get().printers.get().name == "Printer 1"


class TestWizard:
    def test_leads_from_the_file_to_the_result_by_itself(
        self, desk: Page, live_server: Any, tmp_path: Path
    ) -> None:
        file = tmp_path / "daftar.csv"
        rows = rows_of([person(1), person(2, sex="X")], header=indonesian())
        file.write_bytes(as_csv(rows).getvalue())
        desk.goto(f"{live_server.url}/admin/printing/importbatch/add/")
        desk.locator('input[type="file"]').set_input_files(file)
        desk.locator('input[name="_save"]').click()

        expect(desk.locator("td.wrong")).to_contain_text("Isian tidak dikenal")
        desk.get_by_label("lewati").check()
        desk.get_by_role("button", name="Impor").click()

        expect(desk.locator("progress")).to_be_visible()
        assert ImportBatch.objects.get().on_second == "skip"
        ImportBatch.objects.update(state=ImportState.DONE)  # as the worker says when it is through
        expect(desk.locator(".steps .current")).to_have_text("Hasil")


class TestPapers:
    def test_open_in_the_browser(self, desk: Page, live_server: Any) -> None:
        expect(desk.get_by_role("heading", name="Cetakan")).to_be_visible()
        answer = desk.request.get(f"{live_server.url}/admin/papers/delivery/{BlankReceipt.objects.get().pk}/")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline")


class TestLanguage:
    def test_follows_the_switch_in_the_header(self, desk: Page) -> None:
        desk.get_by_role("button", name="English").click()
        expect(desk.get_by_role("heading", name="Papers", exact=True)).to_be_visible()
        desk.get_by_role("button", name="Bahasa Indonesia").click()
        expect(desk.get_by_role("heading", name="Cetakan", exact=True)).to_be_visible()
