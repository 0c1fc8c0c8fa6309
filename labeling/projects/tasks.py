"""Celery's side of project jobs. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready

from labeling.projects import jobs, purge


@shared_task
def work() -> int:
    """Carry out whatever is queued, for a slice of time; returns how many jobs ended."""
    return jobs.work_off()


@shared_task
def sweep() -> None:
    """Make good what a killed worker or a lost message left behind."""
    jobs.release_lost()
    if jobs.is_waiting():
        jobs.nudge()


@shared_task
def empty_bin() -> int:
    """Every hour: delete what was in the bin for long enough; returns how many projects' deletion began."""
    purge.look_once_more()
    return purge.empty_bin()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
