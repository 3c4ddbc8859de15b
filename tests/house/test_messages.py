"""Does a worker of this release understand the messages of the last one, and the last one ours?

During an upgrade both run side by side. So a released task keeps its name and its parameters; a new
parameter has a default, and is sent one release later. docs/operations.md says how an upgrade goes.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import pytest
from celery import Celery

from ektp_project.celery import app

# What the last release may have left in the broker: task → the parameters it is sent with.
RELEASED: Mapping[str, tuple[str, ...]] = {
    "printing.tasks.authorize": (),
    "printing.tasks.check_printers": (),
    "printing.tasks.close_shift": (),
    "printing.tasks.expire_commands": (),
    "printing.tasks.heartbeat": ("group",),
    "printing.tasks.open_shift": (),
    "printing.tasks.poll_recordings": (),
    "printing.tasks.print_cards": ("printer_id",),
    "printing.tasks.pump_authorizations": (),
    "printing.tasks.pump_printing": (),
    "printing.tasks.pump_reports": (),
    "printing.tasks.pump_visibility": (),
    "printing.tasks.report_attempts": (),
    "printing.tasks.run_import": ("batch_id",),
    "printing.tasks.seal_ledger": (),
    "printing.tasks.submit_recordings": (),
    "printing.tasks.sweep_claims": (),
    "printing.tasks.sweep_sending": (),
}
EVERY_RELEASED = pytest.mark.parametrize("name", sorted(RELEASED))


@pytest.fixture(scope="module")
def celery() -> Celery:
    """The application with all its tasks, as a worker has it."""
    app.loader.import_default_modules()
    return app


def parameters(celery: Celery, name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(celery.tasks[name].run).parameters.values())


class TestMessage:
    @EVERY_RELEASED
    def test_of_the_last_release_is_understood(self, celery: Celery, name: str) -> None:
        assert name in celery.tasks
        inspect.signature(celery.tasks[name].run).bind(*RELEASED[name])

    @EVERY_RELEASED
    def test_of_this_release_is_understood_by_the_last(self, celery: Celery, name: str) -> None:
        """The old parameters come first and keep their names; what is new can be left out."""
        now = parameters(celery, name)
        assert tuple(one.name for one in now[: len(RELEASED[name])]) == RELEASED[name]
        assert all(one.default is not one.empty for one in now[len(RELEASED[name]) :])

    def test_carries_keys_and_words_and_nobodys_data(self, celery: Celery) -> None:
        ours = [name for name in celery.tasks if name.startswith(("printing.", "registry."))]
        for name in ours:
            for one in parameters(celery, name):
                assert one.name == "group" or one.name.endswith("_id"), f"{name}: {one.name}"
