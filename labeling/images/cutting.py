"""Making the blocks of large images that have none: those from before there were blocks, and those whose file is lost.

Who opens such an image asks for its blocks. The rows are the queue, as with uploads and encodings: a worker claims one
for a lease, and a row whose worker is gone is claimed again. Nothing of a try that was killed is used.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from decoding.limits import CORRUPT, Rejected
from labeling.common import nudges
from labeling.images import blocks, decoder, leases, pictures
from labeling.images.models import Cutting, Image

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
SLICE = 60.0
REMEMBERED = timedelta(minutes=5)
"""How long a failure is told instead of being tried again."""


def ask(image: Image) -> Cutting:
    """Have the blocks made; the row says how far they are."""
    Cutting.objects.filter(image=image, failed_at__lt=timezone.now() - REMEMBERED).delete()
    row, _ = Cutting.objects.get_or_create(image=image)
    if row.failed_at is None:
        nudge()
    return row


def nudge() -> None:
    """Have a worker look at the rows."""
    nudges.send("labeling.images.tasks.cut", expires=60)


def work_off() -> int:
    """Make the blocks of images that wait; returns how many. After `SLICE` seconds another message goes on."""
    count, until = 0, time.monotonic() + SLICE
    while not leases.stopping() and (row := _claim()) is not None:
        with leases.renewing(_mine(row)):
            count += _cut(row)
        if time.monotonic() > until:
            nudge()
            break
    return count


def release_dead() -> bool:
    """Free the rows of workers on this host that are gone; whether any row waits for a worker."""
    for pk, owner in Cutting.objects.exclude(lease_owner="").values_list("pk", "lease_owner"):
        if leases.is_dead(owner):
            Cutting.objects.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=None)
    return _free().exists()


def _free() -> QuerySet[Cutting]:
    return Cutting.objects.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()), failed_at=None)


def _claim() -> Cutting | None:
    while (pk := _free().order_by("pk").values_list("pk", flat=True).first()) is not None:
        lease: dict[str, Any] = {"lease_owner": leases.owner(), "lease_until": leases.until()}
        if _free().filter(pk=pk).update(attempts=F("attempts") + 1, done=0, **lease):
            return Cutting.objects.select_related("image").filter(pk=pk).first()
    return None


def _mine(row: Cutting) -> QuerySet[Cutting]:
    return Cutting.objects.filter(pk=row.pk, lease_owner=row.lease_owner)


def _cut(row: Cutting) -> bool:
    image = row.image
    try:
        if row.attempts > MAX_ATTEMPTS:
            raise MemoryError(f"{MAX_ATTEMPTS} workers died of it")
        _make(row, image)
    except (FileNotFoundError, Rejected, MemoryError) as error:
        logger.error("image %d gets no blocks: %s", image.pk, error)
        _mine(row).update(failed_at=timezone.now(), lease_owner="", lease_until=None)
        return False
    except Exception:
        logger.exception("the blocks of image %d are tried again later (attempt %d)", image.pk, row.attempts)
        _mine(row).update(lease_owner="", lease_until=timezone.now() + leases.LEASE)
        return False
    _mine(row).delete()
    if not Image.objects.filter(pk=image.pk).exists():  # deleted meanwhile: nobody else would delete this file
        pictures.delete_files({pictures.blocks_name(str(image.original.name))})
    return True


def _make(row: Cutting, image: Image) -> None:
    """Raises: Rejected when the view is damaged; OSError, decoding.process.Lost."""
    lossless = blocks.is_lossless(image.source.get("format", ""))
    options = {"lossless": lossless, "side": blocks.SIDE}
    with decoder.decoded(image.view, "cut", lambda done: _note(row, done), **options) as (found, folder):
        if (found["width"], found["height"]) != (image.width, image.height):
            raise Rejected(CORRUPT, f"its view is {found['width']} × {found['height']}")
        pictures.store({"blocks": found["blocks"]}, folder, str(image.original.name))


def _note(row: Cutting, done: float) -> None:
    _mine(row).update(done=done)
