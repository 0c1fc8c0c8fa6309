"""Tiles: parts of an image that are encoded at a larger scale because somebody clicks there.

A row is asked for by the click socket and encoded by the encode worker before whole images. As with images, the rows
are the queue and every change is a compare-and-set; a lost or damaged file is asked for again. Tiles can always be
made anew, so the least recently wanted ones go when TILES_BYTES are passed, and all of them with their model's version.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from labeling.features import model, queue, store
from labeling.features.models import Tile
from labeling.features.queue import State
from labeling.features.store import FeaturesLost
from labeling.images import blocks
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.jobs.queue import LeaseQueue
from labeling.web import events

if TYPE_CHECKING:
    from inference.clicks.tiles import TileFeatures

logger = logging.getLogger(__name__)

jobs = LeaseQueue(
    Tile,
    queued={"state": State.QUEUED},
    held={"state": State.ENCODING},
    failed={"state": State.FAILED},
    order=("-asked_at",),
    related=("image",),
)


def load(image_id: int, name: str) -> TileFeatures:
    """A tile's features, verified as an image's are.

    Raises: FeaturesLost when they are not there; they are asked for, and an event `tile` says when they are. OSError
    when the storage does not answer.
    """
    from inference import FeaturesError
    from inference.clicks.tiles import TileFeatures

    row = Tile.objects.filter(image_id=image_id, name=name).first()
    if row is not None and row.state == State.READY:
        try:
            features = TileFeatures.from_bytes(store.read(row), model.version())
            Tile.objects.filter(pk=row.pk).update(asked_at=timezone.now())
            return features
        except (FileNotFoundError, FeaturesError) as error:
            logger.warning("tile %s of image %d is lost and made anew: %s", name, image_id, error)
            lost = Tile.objects.filter(pk=row.pk, state=State.READY, storage_key=row.storage_key)
            jobs.requeue(lost)
    ask(image_id, name)
    raise FeaturesLost(f"Tile {name} of image {image_id} is not encoded yet.")


def ask(image_id: int, name: str) -> None:
    """Have a tile encoded, before those that were asked for earlier. Nothing happens for an image that is gone."""
    now = timezone.now()
    row = Tile.objects.filter(image_id=image_id, name=name)
    if not row.exclude(state=State.FAILED).update(asked_at=now):  # a failed one is asked for anew when it is forgotten
        if not Image.objects.filter(pk=image_id).exists():
            return
        Tile.objects.bulk_create([Tile(image_id=image_id, name=name, asked_at=now)], ignore_conflicts=True)
    queue.nudge()


def is_waiting() -> bool:
    return jobs.is_waiting()


def work_off(limit: int | None = None) -> int:
    """Encode the tiles that are asked for, at most `limit`, the newest wish first; returns how many were tried."""
    tried = 0
    while tried != limit and not leases.stopping() and (row := jobs.claim()) is not None:
        with jobs.renewing(row):
            _encode(row)
        tried += 1
    return tried


def _encode(row: Tile) -> bool:
    try:
        features = _features(row)
        stored = store.save(row.image.project_id, row.image_id, features, row.name)
    except Exception:
        logger.exception("tile %s could not be encoded (attempt %d)", row, row.attempts)
        jobs.fail(row)
        return False
    before = row.storage_key
    done = jobs.settle(
        row, state=State.READY, attempts=0,
        features_version=stored.version, storage_key=stored.key, sha256=stored.sha256, nbytes=stored.nbytes,
    )  # fmt: skip
    if not done:
        if not Tile.objects.filter(storage_key=stored.key).exists():
            store.delete(stored.key)
        return False
    if before != stored.key:
        store.delete(before)
    prune(but=row)
    events.publish(events.image_group(row.image_id), {"type": "tile", "tile": row.name})
    return True


def _features(row: Tile) -> TileFeatures:
    from inference.clicks.tiles import TILE, Grid
    from inference.clicks.tiles import Tile as Place
    from inference.core.geometry import Frame

    grid, place = Grid(row.image.height, row.image.width), Place.of(row.name)
    x0, y0, x1, y1 = grid.box(place)
    frame = Frame.of(y1 - y0, x1 - x0, TILE)
    cut = blocks.view_part(row.image, (x0, y0, x1, y1), (frame.inner_width, frame.inner_height))
    return model.predictor().encode_cut(cut, grid, place)


def release_lost() -> int:
    """Give back the rows of workers that are gone; returns how many."""
    return len(jobs.release())


def drop_stale(version: str) -> None:
    """Forget the tiles of another version of the model, and old failures: where they are wanted they are asked for."""
    ended = Tile.objects.filter(state__in=(State.READY, State.FAILED)).exclude(features_version=version)
    for row in ended.exclude(state=State.FAILED, asked_at__gt=timezone.now() - 10 * leases.LEASE)[:1000]:
        row.delete()  # one by one: its file goes by a signal


def prune(but: Tile) -> None:
    """Delete the tiles that nobody wanted for longest, until the others fit in TILES_BYTES. The one that was just made
    stays: who waits for it would only ask for it again."""
    ready = Tile.objects.filter(state=State.READY)
    over = (ready.aggregate(total=Sum("nbytes"))["total"] or 0) - settings.TILES_BYTES
    for row in ready.exclude(pk=but.pk).order_by("asked_at")[:1000] if over > 0 else ():
        if over <= 0:
            break
        row.delete()
        over -= row.nbytes
