"""Does a worker go on working amid the messages of an older and of a newer release?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from ektp_project.celery import app
from ektp_project.embedded.machinery import Machinery, machinery, wait_until
from printing.models import Heartbeat
from tests.house.test_messages import RELEASED

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Machinery]:
    """The real worker of the office's queue, on the test's own database."""
    named = connection.settings_dict["NAME"]
    database = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{named}"))
    with machinery(
        folder=tmp_path, environment={"DATABASE_URL": database, "REDIS_URL": settings.REDIS_URL}
    ) as whole:
        whole.start_worker("office")
        yield whole


def test_a_worker_survives_what_it_does_not_know(worker: Machinery) -> None:
    send = app.send_task
    for name, names in RELEASED.items():
        if not names and "sweep" in name:
            send(name, queue="office")  # of the last release
    send("printing.tasks.invented_later", args=[7], queue="office")  # of the next one
    send("printing.tasks.sweep_claims", kwargs={"invented_later": True}, queue="office")
    send("printing.tasks.heartbeat", args=["office"], queue="office")

    wait_until(lambda: Heartbeat.objects.filter(name="office").exists(), what="the sign of life")
    said = (worker.folder / "office.log").read_text(encoding="utf-8")
    assert "invented_later" in said  # loud, not silent
    assert worker.running["office"].poll() is None
