"""Which objects of an image share pixels; and the rule of panoptic projects that none do.

Everything is computed on run lengths (pycocotools merges them), and only for objects whose boxes meet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image
from labeling.web.api import ApiError

TOLD = 20
"""Overlaps that one refusal lists."""


@dataclass(frozen=True)
class Overlap:
    """Two objects, the lower one first, and how many pixels they share."""

    lower: Annotation
    upper: Annotation
    pixels: int


def meet(one: Annotation, other: Annotation) -> bool:
    """Whether the boxes of two objects share a pixel."""
    return (
        one.bbox_x < other.bbox_x + other.bbox_width
        and other.bbox_x < one.bbox_x + one.bbox_width
        and one.bbox_y < other.bbox_y + other.bbox_height
        and other.bbox_y < one.bbox_y + one.bbox_height
    )


def among(objects: Sequence[Annotation], image: Image) -> list[Overlap]:
    """Every overlap between the objects of an image, which come in drawing order."""
    return _of(((one, other) for one, other in combinations(objects, 2)), image)


def _of(pairs: Iterable[tuple[Annotation, Annotation]], image: Image) -> list[Overlap]:
    found = []
    for lower, upper in pairs:
        if not meet(lower, upper):
            continue
        pixels = masks.shared(lower.counts, upper.counts, image.height, image.width)
        if pixels:
            found.append(Overlap(lower, upper, pixels))
    return found


def check(kept: AnnotationSet, changed: Sequence[Annotation]) -> None:
    """Hold the rule of a panoptic project for what was just written. Called in its transaction, with the set locked by
    `sets.locked`.

    Raises: ApiError 422 `overlap` that names the objects; the transaction takes everything back.
    """
    if not changed or not kept.image.project.panoptic:
        return
    objects = list(kept.annotations.select_related("category"))
    own = {one.pk for one in changed}
    mine = [place for place, one in enumerate(objects) if one.pk in own]
    places = {
        (min(place, other), max(place, other)) for place in mine for other in range(len(objects)) if other != place
    }
    found = _of(((objects[lower], objects[upper]) for lower, upper in sorted(places)), kept.image)
    if found:
        raise refusal(found, own)


def refusal(found: Sequence[Overlap], own: set[int]) -> ApiError:
    """What a writer is told whose objects (`own`) would share pixels with others."""
    told: list[dict[str, Any]] = []
    for one in found[:TOLD]:
        mine, other = (one.upper, one.lower) if one.upper.pk in own else (one.lower, one.upper)
        named = {"uid": str(mine.uid), "other": str(other.uid), "category": other.category.number}
        told.append({**named, "pixels": one.pixels})
    with_whom = ", ".join(
        f"{one.pixels} with {(one.lower if one.upper.pk in own else one.upper).category.name}" for one in found[:3]
    )
    more = f" and {len(found) - 3} more objects" if len(found) > 3 else ""
    return ApiError(
        422,
        "overlap",
        f"In panoptic mode no pixel may belong to two objects. This object would share pixels: {with_whom}{more}. "
        "Cut them off one of the two, or send the changes of both together. Nothing was changed.",
        objects=told,
    )


def free_part(image: Image, counts: str, besides: UUID) -> str | None:
    """What of a mask belongs to no object of the image, `besides` left out of account; None for nothing.

    A mask that overlaps nothing comes back as it is. Its box is not known, so every object is looked at.
    """
    others = Annotation.objects.filter(set__main_of=image).exclude(uid=besides).values_list("counts", flat=True)
    return masks.without(counts, list(others), image.height, image.width)
