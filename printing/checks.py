"""Does every bell that people have set reach somebody? ``manage.py check --database default`` asks.

The standing bells are held to this by tests/house; the rows that people add in the admin can only be
looked at where they are. A bell without a task is lost in silence when the code has moved on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db import connections


def bells_reach_somebody(*, databases: Sequence[str] | None, **_options: Any) -> list[CheckMessage]:
    """One warning per bell that is switched on and rings for nobody."""
    model = apps.get_model("django_celery_beat", "PeriodicTask")
    if not databases or not _has_table(model, databases):
        return []
    current_app.loader.import_default_modules()
    return [
        Warning(
            f"Jadwal “{bell.name}”: {trouble}.",
            hint="Perbaiki atau matikan di Admin → Periodic tasks.",
            id=number,
        )
        for bell in model._default_manager.filter(enabled=True).order_by("name")
        for number, trouble in _troubles(bell)
    ]


def _troubles(bell: Any) -> list[tuple[str, str]]:
    found = []
    if bell.task not in current_app.tasks:
        found.append(("printing.W001", f"tugas “{bell.task}” tidak ada"))
    if bell.queue and bell.queue not in current_app.amqp.queues:
        found.append(("printing.W002", f"tidak ada pekerja untuk antrean “{bell.queue}”"))
    return found


def _has_table(model: Any, databases: Sequence[str]) -> bool:
    """False before the first migration, which runs these checks too."""
    return (
        "default" in databases and model._meta.db_table in connections["default"].introspection.table_names()
    )
