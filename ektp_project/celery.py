"""Which Celery application do the workers and beat run?"""

import os
import sys
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_prerun, worker_init
from django.db import close_old_connections
from redis import RedisError

from ektp_project.farewell import end_when_told
from printing import presence
from printing.bells import Bells
from registry.central import door
from registry.central.door import redis_client

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")

app = Celery("ektp_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would close the database connection around every task. Django's own rule serves better: kept
# for CONN_MAX_AGE, tested before each task, so that a restarted PostgreSQL costs nobody anything.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.autodiscover_tasks()
beat_init.connect(end_when_told, dispatch_uid="end_when_told")


@task_prerun.connect(dispatch_uid="keep_good_connections")
def keep_good_connections(**kwargs: Any) -> None:
    """Let go of a connection that is broken or too old."""
    close_old_connections()


@worker_init.connect(dispatch_uid="strike_out_the_dead")
def strike_out_the_dead(sender: Any, **kwargs: Any) -> None:
    """A worker that was killed left its loops signed in; its successor of the same name strikes them out."""
    with suppress(RedisError):  # the signatures end by themselves
        Bells(redis_client()).sign_out(sender.hostname)


@worker_init.connect(dispatch_uid="be_present")
def be_present(sender: Any, **kwargs: Any) -> None:
    """From now on others can see this worker die."""
    door.be(presence.appear(worker=sender.hostname).name)
