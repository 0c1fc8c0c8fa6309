"""What is offered of an image's suggestions now, against what is kept now."""

from collections.abc import Collection, Sequence

from inference.heads.proposals import DUPLICATE, Proposal, Rle, drop_covered, mask_iou
from labeling.annotations.models import Annotation
from labeling.images.models import Image
from labeling.suggestions import registry
from labeling.suggestions.models import Suggestion

COVERED = 0.5
"""IoU with a kept object, or share inside of one, above which nothing is proposed."""


def kept_masks(image: Image) -> list[Rle]:
    """The masks of the image's kept objects."""
    found = Annotation.objects.filter(set__main_of=image).values_list("counts", flat=True)
    return [{"size": [image.height, image.width], "counts": counts} for counts in found]


def offered(image: Image, methods: Collection[str] = (), above: float = 0.0) -> list[Suggestion]:
    """Open suggestions that are not over a kept object, best first; of one object only one.

    methods: only of these; empty means all but those that answer a phrase, to whoever asked and nobody else.
    above: the least score.
    """
    rows = Suggestion.objects.filter(image=image, state=Suggestion.State.OPEN, score__gte=above)
    rows = rows.filter(method__in=methods) if methods else rows.exclude(method__in=registry.for_phrases())
    found = list(rows.select_related("category", "head"))
    for row in found:
        row.image = image
    return single(uncovered(found, kept_masks(image)))


def uncovered(rows: Sequence[Suggestion], kept: Sequence[Rle]) -> list[Suggestion]:
    """Those of an image that are not over a kept object, in their order."""
    proposals = [as_proposal(row) for row in rows]
    free = {id(one) for one in drop_covered(proposals, kept, COVERED)}
    return [row for row, proposal in zip(rows, proposals, strict=True) if id(proposal) in free]


def single(rows: Sequence[Suggestion]) -> list[Suggestion]:
    """Without those about an object that another method says more about; best first."""
    found: list[Suggestion] = []
    for method in sorted({row.method for row in rows}, key=registry.rank_of, reverse=True):
        mine = [row for row in rows if row.method == method]
        if found and mine:
            overlap = mask_iou([row.rle for row in mine], [row.rle for row in found]).max(1)
            mine = [row for row, most in zip(mine, overlap, strict=True) if most <= DUPLICATE]
        found += mine
    return sorted(found, key=lambda row: (-row.score, row.pk))


def as_proposal(row: Suggestion) -> Proposal:
    """A suggestion as the library knows it."""
    box = (row.bbox_x, row.bbox_y, row.bbox_x + row.bbox_width, row.bbox_y + row.bbox_height)
    return Proposal(row.rle, box, row.score, row.word or None)
