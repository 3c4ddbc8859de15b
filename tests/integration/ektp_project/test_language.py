"""Does the desk speak Indonesian to everybody, and English to those who chose it?"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from registry.models import Preference
from registry.services.offices import load_office

ADMIN, SWITCH = "/admin/", "/admin/language/"


@pytest.fixture(autouse=True)
def _office(db: None) -> None:
    load_office()


def page(client: Client, address: str = ADMIN) -> str:
    return client.get(address, headers={"Accept-Language": "en-GB,en;q=0.9"}).content.decode()


class TestLanguage:
    def test_is_indonesian_whatever_the_browser_asks_for(self, admin_client: Client) -> None:
        text = page(admin_client)
        assert '<html lang="id"' in text
        assert "Meja kerja" in text

    def test_is_english_for_whoever_chose_it(self, admin_client: Client) -> None:
        answer = admin_client.post(SWITCH, {"language": "en", "next": "/admin/papers/"})

        assert answer["Location"] == "/admin/papers/"
        text = page(admin_client)
        assert '<html lang="en"' in text
        assert "Desks" in text
        assert "Meja kerja" not in text

    def test_stays_with_the_person_and_leaves_others_alone(self, admin_client: Client) -> None:
        admin_client.post(SWITCH, {"language": "en"})
        admin_client.logout()

        for name, language in (("admin", "en"), ("siti", "id")):
            user, _made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
            admin_client.force_login(user)
            assert admin_client.get(ADMIN)["Content-Language"] == language

    def test_can_be_changed_back(self, admin_client: Client) -> None:
        for language in ("en", "id"):
            admin_client.post(SWITCH, {"language": language})
        assert '<html lang="id"' in page(admin_client)
        assert Preference.objects.get().language == "id"

    def test_costs_one_look_a_session(
        self, admin_client: Client, django_assert_max_num_queries: object
    ) -> None:
        page(admin_client)
        with django_assert_max_num_queries(30) as queries:  # type: ignore[operator]
            page(admin_client)
        assert not [query for query in queries if "registry_preference" in query["sql"]]

    @pytest.mark.parametrize("language", ["", "xx", "en-us"])
    def test_is_one_that_we_have(self, admin_client: Client, language: str) -> None:
        assert admin_client.post(SWITCH, {"language": language}).status_code == 400

    @pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", ""])
    def test_leads_nowhere_else(self, admin_client: Client, back: str) -> None:
        answer = admin_client.post(SWITCH, {"language": "en", "next": back})
        assert answer["Location"] == reverse("admin:index")

    def test_is_not_chosen_by_strangers(self, client: Client) -> None:
        assert client.post(SWITCH, {"language": "en"}).status_code == 403
        assert client.get(SWITCH).status_code == 405


class TestFormats:
    def test_put_the_day_first_in_both_languages(self, admin_client: Client) -> None:
        for language, date in (("id", "31-12-2026"), ("en", "31-12-2026")):
            admin_client.post(SWITCH, {"language": language})
            answer = admin_client.post(
                "/admin/printing/holidayoverride/add/", {"day": date, "name": f"libur {language}"}
            )
            assert answer.status_code == (302 if language == "id" else 200)  # the day is taken


class TestBeat:
    def test_speaks_indonesian_too(self, admin_client: Client) -> None:
        text = page(admin_client, "/admin/django_celery_beat/periodictask/")
        assert "Tugas berkala" in text
        assert "periodic task" not in text.lower().replace("periodictask", "")
