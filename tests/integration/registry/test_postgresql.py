"""Is a kept connection checked without a question, and a statement planned once?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from registry.postgresql import base
from registry.postgresql.prepared import ask

pytestmark = pytest.mark.django_db

HEARD = "SELECT query, state_change FROM pg_stat_activity WHERE pid = %s"
PLANNED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"


@pytest.fixture
def other() -> Iterator[Any]:
    """A connection of its own, as a thread of the web server keeps one."""
    kept = connections.create_connection("default")
    kept.ensure_connection()
    yield kept
    kept.close()


def pid(of: Any) -> int:
    return int(of.connection.info.backend_pid)


def heard(of: Any) -> Any:
    """What the server heard last on this connection, and when."""
    ask("SELECT pg_stat_clear_snapshot()", [])  # else a transaction sees the first look again
    return ask(HEARD, [pid(of)])


class TestAKeptConnection:
    def test_is_asked_of_the_server_at_first_and_then_of_the_kernel(self, other: Any) -> None:
        before = heard(other)
        assert other.is_usable()
        first = heard(other)
        assert other.is_usable()

        assert first != before
        assert heard(other) == first

    def test_is_asked_of_the_server_again_after_a_while(
        self, other: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert other.is_usable()
        before = heard(other)
        monkeypatch.setattr(base, "ASK_EVERY", 0.0)
        assert other.is_usable()
        assert heard(other) != before

    def test_is_asked_of_the_server_after_an_error(self, other: Any) -> None:
        assert other.is_usable()
        before, other.errors_occurred = heard(other), True
        assert other.is_usable()
        assert heard(other) != before

    def test_is_no_good_once_the_server_has_ended_it(self, other: Any) -> None:
        assert other.is_usable()
        ask("SELECT pg_terminate_backend(%s, 5000)", [pid(other)])
        assert not other.is_usable()

    def test_is_replaced_before_the_first_question_of_a_request(self, other: Any) -> None:
        assert other.is_usable()
        ask("SELECT pg_terminate_backend(%s, 5000)", [pid(other)])
        other.close_if_unusable_or_obsolete()  # what Django does when a request begins
        with other.prepared_cursor() as cursor:
            cursor.execute("SELECT 1", [])
            assert cursor.fetchone() == (1,)


class TestAsk:
    def test_has_a_statement_planned_once(self, other: Any) -> None:
        with other.prepared_cursor() as cursor:
            for number in range(5):
                cursor.execute("SELECT %s::int + 1", [number])
                assert cursor.fetchone() == (number + 1,)
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%int + 1"]
            )
            assert cursor.fetchone() == (1,)

    def test_gives_nothing_where_nothing_is_found(self) -> None:
        assert ask("SELECT 1 WHERE false", []) is None

    def test_is_seen_by_whoever_counts_questions(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            ask("SELECT 1", [])

    def test_is_how_this_installation_asks(self) -> None:
        assert isinstance(connections["default"], base.DatabaseWrapper)
        assert connection.settings_dict["CONN_HEALTH_CHECKS"]
