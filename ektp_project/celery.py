"""Which Celery application do the workers and beat run?"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ektp_project.settings")

app = Celery("ektp_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
