"""Celery's side of suggestions. Messages are nudges: what is to do stands in the rows."""

from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from labeling.server.host_lock import only_one
from labeling.suggestions import automatic_runs, heads, learning, runs, services, work

KEPT_STALE = timedelta(days=1)
"""How long replaced suggestions can still be accepted by an editor that shows them."""


@shared_task
def suggest() -> int:
    """Look at whatever images wait; returns how many were looked at."""
    return work.work_off()


@shared_task
def learn(head_id: int) -> bool:
    """Train a head, unless somebody has it or had it; True when this call did the work. One training at a time on a
    host: those that find another one wait for the sweep."""
    with only_one("learn") as alone:
        head = learning.claim(head_id) if alone else None
        if head is None:
            return False
        learning.learn(head)
    return True


@shared_task
def sweep() -> None:
    """Make good what a killed worker or a lost message left behind, and begin what is due."""
    heads.find_starters()
    automatic_runs.catch_up()
    runs.release_lost()
    if runs.is_waiting():
        runs.nudge()
    learning.ask_where_due()
    first = learning.unfinished().first()
    if first is not None:
        learning.nudge(first)


@shared_task
def tidy() -> None:
    """Every hour: replaced suggestions that nobody decided about, folders of trainings that are over."""
    services.tidy(timezone.now() - KEPT_STALE)
    learning.clear_scratch()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
