"""Does every page answer, and does the first one say what holds the line?"""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from printing.services.proposals import decide
from registry.models import Office, Proposal
from tests import factories


@pytest.fixture
def office(db: None) -> Office:
    """An office with three people in line."""
    office = factories.an_office()
    factories.stock(office, 10)
    factories.waiting(office, 1, 2, 3)
    return office


PAGES = [
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry
]


class TestAdmin:
    @pytest.mark.parametrize("page", PAGES)
    def test_every_list_answers(self, admin_client: Client, office: Office, page: str) -> None:
        assert admin_client.get(reverse(page)).status_code == 200

    @pytest.mark.parametrize("page", PAGES)
    def test_every_list_can_be_searched(self, admin_client: Client, office: Office, page: str) -> None:
        assert admin_client.get(reverse(page), {"q": factories.nik_of(1)}).status_code in (200, 302)

    def test_finds_a_person_by_the_whole_nik_and_shows_it_masked(
        self, admin_client: Client, office: Office
    ) -> None:
        asked = {"asks": "1", "q": factories.nik_of(2)}
        page = admin_client.post(reverse("admin:registry_resident_changelist"), asked, follow=True)
        text = page.content.decode()
        assert "2102••••••••0002" in text
        assert "2102••••••••0001" not in text

    def test_first_page_says_what_holds_the_line(self, admin_client: Client, office: Office) -> None:
        text = admin_client.get(reverse("admin:index")).content.decode()
        assert "Yang menahan antrean sekarang" in text

    def test_first_page_answers_before_there_is_an_office(self, admin_client: Client) -> None:
        assert admin_client.get(reverse("admin:index")).status_code == 200

    def test_receives_blanks_through_the_service(self, admin_client: Client, office: Office) -> None:
        delivery = {"office": office.pk, "minutes": "BA-77", "received_on": "2017-07-19", "quantity": "2000"}
        answer = admin_client.post(reverse("admin:registry_blankreceipt_add"), delivery)
        assert answer.status_code == 302
        again = admin_client.post(reverse("admin:registry_blankreceipt_add"), delivery | {"quantity": "3000"})
        assert "BA-77" in again.content.decode()
        assert office.balances.get(place="store").quantity == 2010

    @pytest.mark.parametrize(
        ("page", "facts"),
        [
            ("registry_blankmovement_add", {"quantity": "3", "way": "store>lost", "why": "basah"}),
            ("registry_stockcount_add", {"counted": "7", "note": "hitung pagi"}),
        ],
    )
    def test_books_a_form_once_however_often_it_is_sent(
        self, admin_client: Client, office: Office, page: str, facts: dict[str, str]
    ) -> None:
        form = admin_client.get(reverse(f"admin:{page}")).context["adminform"].form
        sent = {"office": office.pk, "slip": form["slip"].value(), **facts}

        answers = [admin_client.post(reverse(f"admin:{page}"), sent).status_code for _twice in range(2)]

        assert answers == [302, 302]
        proposal = Proposal.objects.get()
        second = User.objects.create_superuser("orang-kedua")
        decide(proposal=proposal, approve=True, decider=second, note="", now=timezone.now())
        assert admin_client.post(reverse(f"admin:{page}"), sent).status_code == 302
        again = Proposal.objects.filter(state="open")
        for row in again:  # sent once more after it was decided: the books know the slip
            decide(proposal=row, approve=True, decider=second, note="", now=timezone.now())
        assert office.balances.get(place="store").quantity == 7

    def test_sends_a_strict_policy_against_foreign_scripts(self, admin_client: Client) -> None:
        policy = admin_client.get(reverse("admin:index")).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


class TestHealth:
    def test_says_alive_and_ready(self, client: Client, db: None) -> None:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json() == {"status": "ok", "checks": {"database": True, "redis": True}}


class TestMetrics:
    def test_counts_states_and_names_nobody(self, client: Client, office: Office) -> None:
        text = client.get("/metrics").content.decode()
        assert 'ektp_card_requests{state="waiting"} 3.0' in text
        assert 'ektp_blank_cards{kind="store"} 10.0' in text
        assert "Contoh" not in text
        assert factories.nik_of(1) not in text


class TestStatus:
    def test_prints_one_object_with_the_fixed_names(
        self, office: Office, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("status", "--json")
        printed = json.loads(capsys.readouterr().out)
        names = "recordings requests authorizations jobs blanks throttle shift gate heartbeats"
        assert set(names.split()) <= printed.keys()
        assert {"limit", "in_flight", "state"} <= printed["throttle"].keys()
        assert printed["requests"]["waiting"] == 3
        assert printed["gate"]["name"] == "people" or printed["shift"]["open"]
