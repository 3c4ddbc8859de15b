"""Are bells told that people set and nobody hears?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import checks
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from ektp_project.schedules import install

Set = Callable[..., PeriodicTask]


def warned() -> list[str]:
    """The numbers of the warnings that ``manage.py check --database default`` gives."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [message.id for message in found if message.id and message.id.startswith("printing.")]


@pytest.fixture
def bell(db: None) -> Set:
    """Sets a bell as a person does in the admin."""
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)

    def ring(**fields: Any) -> PeriodicTask:
        return PeriodicTask.objects.create(name="laporan bulanan", interval=interval, **fields)

    return ring


class TestBellsReachSomebody:
    def test_has_nothing_to_say_of_the_standing_bells(self, db: None) -> None:
        install()

        assert warned() == []

    def test_warns_of_a_task_that_is_not_there(self, bell: Set) -> None:
        bell(task="printing.tasks.forgotten")

        assert warned() == ["printing.W001"]

    def test_warns_of_a_queue_without_workers(self, bell: Set) -> None:
        bell(task="printing.tasks.seal_ledger", queue="nowhere")

        assert warned() == ["printing.W002"]

    def test_leaves_a_bell_alone_that_is_switched_off(self, bell: Set) -> None:
        bell(task="printing.tasks.forgotten", enabled=False)

        assert warned() == []

    def test_asks_nothing_of_the_database_when_it_is_not_meant(
        self, bell: Set, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            checks.run_checks()
