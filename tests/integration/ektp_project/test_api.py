"""Does the hall's board tell the day, and nothing about anybody?"""

from __future__ import annotations

from django.test import Client

from registry.models import Office
from tests import factories


class TestBoard:
    def test_counts_the_day(self, client: Client, db: None) -> None:
        office: Office = factories.an_office()
        factories.stock(office, 10)
        factories.waiting(office, 1, 2)
        answer = client.get("/api/v1/board")
        seen = answer.json()
        assert (seen["office"], seen["waiting"], seen["blanks_in_store"]) == ("21.02", 2, 10)
        assert seen["gate"]["reason"]
        assert "max-age" in answer.headers["Cache-Control"]
        assert factories.nik_of(1) not in answer.content.decode()

    def test_is_a_problem_document_before_there_is_an_office(self, client: Client, db: None) -> None:
        answer = client.get("/api/v1/board")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:ektp:problem:not-found"


class TestSchema:
    def test_describes_the_board(self, client: Client, db: None) -> None:
        assert b"/api/v1/board" in client.get("/api/schema/").content

    def test_is_readable_under_the_strict_policy(self, client: Client, db: None) -> None:
        page = client.get("/api/docs/")
        assert page.status_code == 200
        assert b"<script>" not in page.content
