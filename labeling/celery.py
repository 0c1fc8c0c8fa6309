"""The Celery application. The database rows are the truth; a lost or doubled message changes nothing."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")

# Celery warns root of pickled messages; only JSON is accepted here, and who starts this as root knows it.
warnings.filterwarnings("ignore", category=SecurityWarning)

# Each worker would load all pages and the API to check them, and then say nothing of what it found.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("interlabel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Leave logging as Django's settings made it: one format and one LOG_LEVEL for every process."""


@worker_init.connect
def _add_heartbeat(sender: Any, **_: Any) -> None:
    from labeling.server.heartbeat import Heartbeat  # only a worker needs it, and by now the settings are there

    sender.app.steps["consumer"].add(Heartbeat)
