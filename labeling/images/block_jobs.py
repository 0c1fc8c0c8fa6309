"""Making the blocks of large images that have none: those from before there were blocks, and those whose file is lost.

Who opens such an image asks for its blocks. The rows are the queue (`labeling.jobs.queue`). Nothing of a try that was
killed is used.
"""

import logging
import time
from datetime import timedelta

from django.utils import timezone

from decoding.limits import CORRUPT, Rejected
from labeling.images import blocks, decoder, pictures
from labeling.images.models import BlockJob, Image
from labeling.jobs import leases
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.server import wake_up

logger = logging.getLogger(__name__)

SLICE = 60.0
REMEMBERED = timedelta(minutes=5)
"""How long a failure is told instead of being tried again."""

jobs = LeaseQueue(BlockJob, queued={"failed_at": None}, held={"failed_at": None}, related=("image",))


def ask(image: Image) -> BlockJob:
    """Have the blocks made; the row says how far they are."""
    BlockJob.objects.filter(image=image, failed_at__lt=timezone.now() - REMEMBERED).delete()
    row, _ = BlockJob.objects.get_or_create(image=image)
    if row.failed_at is None:
        nudge()
    return row


def nudge() -> None:
    """Have a worker look at the rows."""
    wake_up.send("labeling.images.tasks.cut", expires=60)


def work_off() -> int:
    """Make the blocks of images that wait; returns how many. After `SLICE` seconds another message goes on."""
    count, until = 0, time.monotonic() + SLICE
    while not leases.stopping() and (row := jobs.claim(done=0)) is not None:
        with jobs.renewing(row):
            count += _cut(row)
        if time.monotonic() > until:
            nudge()
            break
    return count


def release_dead() -> bool:
    """Free the rows of workers on this host that are gone; whether any row waits for a worker."""
    jobs.release()
    return jobs.is_waiting()


def _cut(row: BlockJob) -> bool:
    image = row.image
    try:
        if jobs.is_worn_out(row):
            raise MemoryError(f"{MAX_ATTEMPTS} workers died of it")
        _make(row, image)
    except (FileNotFoundError, Rejected, MemoryError) as error:
        logger.error("image %d gets no blocks: %s", image.pk, error)
        jobs.settle(row, failed_at=timezone.now())
        return False
    except Exception:
        logger.exception("the blocks of image %d are tried again later (attempt %d)", image.pk, row.attempts)
        jobs.give_back(row, not_before=timezone.now() + leases.LEASE)
        return False
    jobs.mine(row).delete()
    if not Image.objects.filter(pk=image.pk).exists():  # deleted meanwhile: nobody else would delete this file
        pictures.delete_files({pictures.blocks_name(image)})
    return True


def _make(row: BlockJob, image: Image) -> None:
    """Raises: Rejected when the view is damaged; OSError, decoding.process.Lost."""
    lossless = blocks.is_lossless(image.source.get("format", ""))
    options = {"lossless": lossless, "side": blocks.SIDE}
    with decoder.decoded(image.view, "cut", lambda done: _note(row, done), **options) as (found, folder):
        if (found["width"], found["height"]) != (image.width, image.height):
            raise Rejected(CORRUPT, f"its view is {found['width']} × {found['height']}")
        pictures.store({"blocks": found["blocks"]}, folder, str(image.original.name), image.rendering)


def _note(row: BlockJob, done: float) -> None:
    jobs.mine(row).update(done=done)
