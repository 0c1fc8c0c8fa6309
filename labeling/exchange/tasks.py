"""Celery's side of exports. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from labeling.common.alone import one_of
from labeling.exchange import making, services


@shared_task
def run(export_id: int) -> bool:
    """Make an export, unless somebody has it or had it; True when this call did the work.

    All but one of a host's processes may do that at a time. Who finds no place leaves the row to those who have one.
    """
    with one_of("export", settings.TAKE_IN_AT_ONCE) as place:
        export = making.claim(export_id) if place else None
        if export is not None:
            making.make(export)
    following = making.next_free(export) if export is not None else None
    if following is not None:
        services.nudge(following)
    return export is not None


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
