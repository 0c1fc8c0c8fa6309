"""The difference of two versions as a picture: what was there before dashed, what is there after as a line."""

from collections.abc import Iterable
from typing import Any

from labeling.annotations.models import AnnotationSet
from labeling.history.services import Objects, difference
from labeling.images.models import Image
from labeling.masks import Box
from labeling.quality import pictures
from labeling.quality.segments import Segment

MOST = pictures.MOST_DRAWN


def draw(image: Image, kept: AnnotationSet, first: int, last: int) -> bytes | None:
    """WebP of the part of the image that versions `first` to `last` of a set changed; None if they changed no object.

    Raises: pictures.ViewUnreadable.
    """
    before, after = difference(kept, first, last)
    if not before and not after:
        return None
    return pictures.draw_segments(image, _segments(after), _segments(before))


def _segments(objects: Objects) -> list[Segment]:
    """Objects of the log as things: each is shown for itself, also of a class that is one region elsewhere."""
    return [_segment(one) for one in _first(objects.values())]


def _first(objects: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(objects, key=lambda one: -one["area"])[:MOST]


def _segment(one: dict[str, Any]) -> Segment:
    return Segment(one["uid"], one["category"], one["counts"], one["area"], Box(*one["bbox"]))
