"""The Celery application. The database rows are the truth; a lost or doubled message changes nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")

app = Celery("interlabel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
