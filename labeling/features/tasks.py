"""Celery's side of the encode queue. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready

from labeling.features import services, work


@shared_task
def encode() -> int:
    """Encode whatever is queued; returns how many images became ready."""
    return work.work_off()


@shared_task
def sweep() -> None:
    """Every few seconds: rows of dead workers, images that were never queued, features of an older model."""
    services.sweep()


@shared_task
def tidy() -> int:
    """Every hour: files that no image's features are in any more."""
    return services.tidy()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
