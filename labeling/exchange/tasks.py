"""Celery's side of exports. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready

from labeling.exchange import making, services


@shared_task
def run(export_id: int) -> bool:
    """Make an export, unless somebody has it or had it; True when this call did the work."""
    export = making.claim(export_id)
    if export is None:
        return False
    making.make(export)
    return True


@shared_task
def sweep() -> None:
    """Make good what a killed worker or a lost message left behind."""
    for export in making.unfinished():
        services.nudge(export)
    making.clear_scratch()


@shared_task
def expire() -> int:
    """Every hour: zips that nobody needs any more."""
    return making.expire()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again takes up at once what the last one was killed at."""
    sweep.delay()
