"""The worker's side of the encode queue: claim, encode, store, until nothing is queued."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from labeling.features import model, queue, store, tiles
from labeling.features.models import Encoding
from labeling.images import blocks, pictures
from labeling.jobs import leases
from labeling.jobs.slices import work_off_alone

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

logger = logging.getLogger(__name__)


SLICE = 300.0
"""Seconds after which a task ends, and another one goes on."""


def work_off() -> int:
    """Encode until the queue is empty or the worker shuts down; returns how many images are ready now.

    One encoding at a time on a host: it uses all cores (or the GPU), and a second one in the same pool would only take
    the place of a task that brings images in. After `SLICE` seconds another message goes on: no task is long.
    """
    return work_off_alone("encode", _drain, lambda: queue.is_waiting() or tiles.is_waiting(), queue.nudge, SLICE)


def _drain(until: float) -> int:
    queue.release_lost()
    ready, size = 0, model.batch_size()
    while not leases.stopping() and time.monotonic() <= until:
        # Somebody is clicking there: before whole images, but in turn with those that somebody opens.
        clicked = tiles.work_off(limit=1)
        rows = queue.claim(size, opened=bool(clicked))
        if not rows and not clicked:
            break
        ready += encode(rows) if rows else 0
    return ready


def encode(rows: list[Encoding]) -> int:
    """Encode claimed rows; returns how many are ready. What can't be encoded fails alone."""
    with queue.jobs.renewing(*rows):
        readable: list[Encoding] = []
        views: list[npt.NDArray[np.uint8]] = []
        for row in rows:
            try:
                views.append(blocks.overview_pixels(row.image))
                readable.append(row)
            except pictures.ViewUnreadable as error:
                queue.fail(row, str(error))
        return _encode_views(readable, views) if readable else 0


def _encode_views(rows: list[Encoding], views: list[npt.NDArray[np.uint8]]) -> int:
    began = time.perf_counter()
    try:
        batch = model.predictor().encode_batch(views, [(row.image.height, row.image.width) for row in rows])
    except model.ModelMissing as error:
        for row in rows:
            queue.fail(row, str(error), final=True)
        return 0
    except Exception as error:
        if len(rows) > 1:  # find the one that is to blame
            return sum(_encode_views([row], [view]) for row, view in zip(rows, views, strict=True))
        logger.exception("image %s could not be encoded (attempt %s)", rows[0].image_id, rows[0].attempts)
        reason = f"The image couldn't be prepared ({type(error).__name__}: {error}). See the worker's log for details."
        queue.fail(rows[0], reason)
        return 0
    seconds = (time.perf_counter() - began) / len(rows)
    return sum(_store(row, features, seconds) for row, features in zip(rows, batch, strict=True))


def _store(row: Encoding, features: store.Features, seconds: float) -> bool:
    """Write the features and mark the row as ready. Old ones, or ours when they come too late, are deleted."""
    try:
        stored = store.save(row.image.project_id, row.image_id, features)
    except OSError as error:
        logger.exception("the features of image %s could not be written", row.image_id)
        queue.fail(
            row, f"The feature store can't be written ({error}). Free disk space or repair it, then press Retry."
        )
        return False
    before = row.storage_key
    done = queue.finish(
        row, version=stored.version, key=stored.key, sha256=stored.sha256, nbytes=stored.nbytes, seconds=seconds
    )
    if done and before != stored.key:
        store.delete(before)
    elif not done and not Encoding.objects.filter(storage_key=stored.key).exists():
        store.delete(stored.key)
    return done
