"""Tiles: parts of an image that are encoded at a larger scale because somebody clicks there.

A row is asked for by the click socket and encoded by the encode worker before whole images. As with images, the rows
are the queue and every change is a compare-and-set; a lost or damaged file is asked for again. Tiles can always be
made anew, so the least recently wanted ones go when TILES_BYTES are passed, and all of them with their model's version.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from labeling.common import events
from labeling.features import model, queue, store
from labeling.features.models import Tile
from labeling.features.queue import MAX_ATTEMPTS, State
from labeling.features.store import FeaturesLost
from labeling.images import blocks, leases
from labeling.images.models import Image

if TYPE_CHECKING:
    from inference.clicks.tiles import TileFeatures

logger = logging.getLogger(__name__)


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
            lost.update(state=State.QUEUED, attempts=0)
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
    return Tile.objects.filter(state=State.QUEUED).exists()


def work_off(limit: int | None = None) -> int:
    """Encode the tiles that are asked for, at most `limit`, the newest wish first; returns how many were tried."""
    tried = 0
    while tried != limit and not leases.stopping() and (row := _claim()) is not None:
        with leases.renewing(_owned(row)):
            _encode(row)
        tried += 1
    return tried


def _claim() -> Tile | None:
    owner = leases.owner()
    with transaction.atomic():
        line = Tile.objects.filter(state=State.QUEUED).order_by("-asked_at")
        if connection.features.has_select_for_update_skip_locked:
            line = line.select_for_update(skip_locked=True)
        first = line.first()
        if first is None:
            return None
        Tile.objects.filter(pk=first.pk, state=State.QUEUED).update(
            state=State.ENCODING, attempts=F("attempts") + 1, lease_owner=owner, lease_until=leases.until()
        )
    return Tile.objects.filter(lease_owner=owner).select_related("image").first()


def _owned(row: Tile) -> QuerySet[Tile]:
    """The row, so far as its claimer still has the lease."""
    return Tile.objects.filter(pk=row.pk, state=State.ENCODING, lease_owner=row.lease_owner)


def _encode(row: Tile) -> bool:
    try:
        features = _features(row)
        stored = store.save(row.image.project_id, row.image_id, features, row.name)
    except Exception:
        logger.exception("tile %s could not be encoded (attempt %d)", row, row.attempts)
        _give_back(row)
        return False
    done = _owned(row).update(
        state=State.READY, attempts=0, lease_owner="", lease_until=None,
        features_version=stored.version, storage_key=stored.key, sha256=stored.sha256, nbytes=stored.nbytes,
    )  # fmt: skip
    if not done:
        if not Tile.objects.filter(storage_key=stored.key).exists():
            store.delete(stored.key)
        return False
    if row.storage_key != stored.key:
        store.delete(row.storage_key)
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


def _give_back(row: Tile, **only: Any) -> int:
    """To the queue, or as failed after the last attempt."""
    state = State.FAILED if row.attempts >= MAX_ATTEMPTS else State.QUEUED
    return _owned(row).filter(**only).update(state=state, lease_owner="", lease_until=None)


def release_lost() -> int:
    """Give back the rows of workers that are gone; returns how many."""
    count = 0
    for row in Tile.objects.filter(state=State.ENCODING):
        if row.lease_until is None or row.lease_until < timezone.now() or leases.is_dead(row.lease_owner):
            count += _give_back(row, lease_until=row.lease_until)  # unless it was renewed since we looked
    return count


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
