"""Does every bell that beat rings reach somebody?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from celery import Celery

from ektp_project import processes
from ektp_project.celery import app
from ektp_project.schedules import STANDING, At, Every
from printing.services import shifts

QUEUES = {group.queue for group in processes.WORKERS}
BELLS = [(bell.task, bell.queue) for bell in STANDING.values()] + [
    (shifts.OPEN_TASK, shifts.QUEUE),
    (shifts.CLOSE_TASK, shifts.QUEUE),
]


@pytest.fixture(scope="module")
def celery() -> Celery:
    """The application with all its tasks, as a worker has it."""
    app.loader.import_default_modules()
    return app


class TestStandingBells:
    @pytest.mark.parametrize("task", sorted({task for task, _queue in BELLS}))
    def test_ring_tasks_that_exist(self, celery: Celery, task: str) -> None:
        assert task in celery.tasks

    @pytest.mark.parametrize("queue", sorted({queue for _task, queue in BELLS}))
    def test_ring_in_queues_that_have_a_worker_group(self, queue: str) -> None:
        assert queue in QUEUES

    def test_ring_each_task_in_the_queue_that_it_names_itself(self, celery: Celery) -> None:
        named = {task: getattr(celery.tasks[task], "queue", None) for task, _queue in BELLS}

        assert {(task, named[task] or queue) for task, queue in BELLS} == set(BELLS)

    def test_ask_every_worker_group_for_a_sign_of_life(self) -> None:
        asked = {
            bell.queue: bell.args for bell in STANDING.values() if bell.task == "printing.tasks.heartbeat"
        }

        assert asked == {queue: (queue,) for queue in QUEUES}

    @pytest.mark.parametrize("name", sorted(STANDING))
    def test_expire_before_they_pile_up(self, name: str) -> None:
        bell = STANDING[name]

        assert bell.expires > 0
        assert not isinstance(bell, Every) or bell.expires <= max(2 * bell.seconds + 1, 10)
        assert not isinstance(bell, At) or bell.expires <= 3600


class TestQueues:
    def test_are_declared_for_every_worker_group_and_for_nobody_else(self, celery: Celery) -> None:
        declared: Mapping[str, object] = celery.amqp.queues

        assert set(declared) == QUEUES

    def test_have_a_worker_group_for_every_task(self, celery: Celery) -> None:
        ours = [task for name, task in celery.tasks.items() if not name.startswith("celery.")]

        assert {task.queue for task in ours if getattr(task, "queue", None)} <= QUEUES
