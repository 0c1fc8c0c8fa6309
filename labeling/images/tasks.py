"""Celery's side of uploads. Messages are nudges: what is to do stands in the rows."""

from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from labeling.images import block_jobs, resumable, services
from labeling.images import ingest as ingesting
from labeling.images.models import Upload, UploadItem
from labeling.server.host_lock import one_of

ABANDONED_AFTER = timedelta(hours=24)


@shared_task
def ingest(upload_id: int) -> int:
    """Work off what waits in an upload, for a slice of time; returns how many items this call took.

    All but one of a host's processes may do that at a time: exports and what is short always have one. Who finds no
    place leaves it to those who have one: they look for other uploads when they end.
    """
    with one_of("ingest", settings.TAKE_IN_AT_ONCE) as place:
        count = ingesting.work_off(upload_id) if place else 0
    if place:
        ingesting.hand_over(upload_id)
    return count


@shared_task
def cut() -> int:
    """Make the blocks of large images that have none; returns how many this call made."""
    return block_jobs.work_off()


@shared_task
def sweep() -> None:
    """Make good what a killed worker, a lost message or a page that was closed left behind."""
    ingesting.jobs.release()
    for item in UploadItem.objects.filter(state__in=["rejected", "unpacked"]).exclude(file=""):
        ingesting.discard_file(item)
    abandoned = Upload.objects.filter(closed=False, created_at__lt=timezone.now() - ABANDONED_AFTER)
    for upload in abandoned.exclude(items__state=UploadItem.State.WAITING):
        services.close(upload)
    for upload in Upload.objects.filter(finished_at=None):
        if ingesting.finish(upload.pk):
            continue
        if ingesting.jobs.line().filter(upload=upload).exists():
            services.nudge(upload)
    resumable.tidy()
    if block_jobs.release_dead():
        block_jobs.nudge()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again goes on at once where the last one was killed."""
    sweep.delay()
