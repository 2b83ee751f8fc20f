"""The workers. A message is a nudge with at most a row id in it: the beat finds whatever a lost one meant."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("refugeesrise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
