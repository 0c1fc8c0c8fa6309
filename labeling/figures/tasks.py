"""Celery's side of the figures."""

import time

from celery import shared_task
from celery.signals import worker_ready

from labeling.figures import counting
from labeling.jobs import leases
from labeling.projects.models import Project
from labeling.server.host_lock import only_one

SLICE = 60.0


@shared_task
def fold() -> int:
    """Count what changed; returns how many images."""
    with only_one("figures") as alone:
        if not alone:
            return 0
        count = counting.fold_all(time.monotonic() + SLICE)
        counting.end_recounts()
    return count


@shared_task
def recount() -> int:
    """Begin the recounts that are due (each project once a day), and sum up old sessions; returns how many images."""
    count = 0
    for project_id in counting.due():
        if leases.stopping():
            break
        count += counting.begin_recount(project_id)
    for project in Project.objects.order_by("pk"):
        counting.sum_up_old_sessions(project)
    return count


@worker_ready.connect
def at_start(**_: object) -> None:
    """Projects that were never counted are counted at once."""
    recount.delay()
