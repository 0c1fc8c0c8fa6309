"""Celery's side of sources. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready

from labeling.jobs.slices import work_off_alone
from labeling.sources import scan as scanning


@shared_task
def scan() -> int:
    """Scan the sources that are due; returns how many were gone through to their end."""
    return work_off_alone("scan", scanning.drain, scanning.jobs.is_waiting, scanning.nudge, scanning.SLICE)


@shared_task
def sweep() -> None:
    """Every half minute: watched sources whose time has come, and those of dead workers."""
    scanning.ask()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
