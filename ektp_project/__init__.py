"""The roof: settings, schedules, addresses, and the processes of one installation."""

from ektp_project.celery import app as celery_app

__all__ = ["celery_app"]
