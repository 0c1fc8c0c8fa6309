"""Celery's side of quality. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready

from labeling.jobs.slices import work_off_alone
from labeling.quality import comparing, consensus, reports


@shared_task
def compare() -> int:
    """Compare the sets of images that wait, then make the figures that are due; returns how many images."""
    done = work_off_alone(
        "quality",
        lambda until: comparing.work_off(until=until, after=consensus.consider),
        comparing.jobs.is_waiting,
        comparing.nudge,
        comparing.SLICE,
    )
    reports.make_due()
    return done


@shared_task
def sweep() -> None:
    """Make good what a killed worker or a lost message left behind."""
    comparing.jobs.release()
    if comparing.jobs.is_waiting() or reports.is_due():
        comparing.nudge()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
