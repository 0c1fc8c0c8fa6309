"""What is compared of an image: its objects as somebody drew them, one region for each stuff class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pycocotools import mask as coco

from labeling import masks
from labeling.masks import Box


@dataclass(frozen=True)
class Segment:
    """A mask over the image's view, with what was said of it.

    `counts` is canonical compressed COCO RLE of `height × width` pixels, `area` its pixels, `box` its tight box.
    `choices` are the answers to attributes that offer a choice, by the attribute's number.
    """

    key: str
    category: int
    counts: str
    area: int
    box: Box
    stuff: bool = False
    choices: Mapping[int, str] = field(default_factory=dict)

    @property
    def parts(self) -> list[str]:
        """The keys of what it was joined of."""
        return self.key.split("+")


@dataclass(frozen=True)
class Size:
    """Pixels of a view."""

    height: int
    width: int


def segment(key: str, category: int, counts: str, size: Size, *, stuff: bool = False) -> Segment:
    """A segment whose area and box are read from its mask. Raises: MaskError when the mask is not of that size."""
    masks.check(counts, size.height, size.width)
    area, box = masks.area_and_box(counts, size.height, size.width)
    return Segment(key, category, counts, area, box, stuff)


def joined(drawn: Iterable[Segment], size: Size) -> list[Segment]:
    """Things as they are, then one segment for each stuff class: the union of its parts.

    A region of sky has no countable parts: two strokes and one describe the same thing. A union has no choices.
    """
    things: list[Segment] = []
    parts: dict[int, list[Segment]] = {}
    for one in drawn:
        if one.stuff:
            parts.setdefault(one.category, []).append(one)
        else:
            things.append(one)
    return things + [_union(category, several, size) for category, several in sorted(parts.items())]


def _union(category: int, parts: Sequence[Segment], size: Size) -> Segment:
    key = "+".join(sorted(one.key for one in parts))
    if len(parts) == 1:
        only = parts[0]
        return Segment(key, category, only.counts, only.area, only.box, stuff=True)
    merged = coco.merge([rle(one, size) for one in parts])
    counts = masks.canonical(merged["counts"].decode("ascii"), size.height, size.width)
    area, box = masks.area_and_box(counts, size.height, size.width)
    return Segment(key, category, counts, area, box, stuff=True)


def rle(one: Segment, size: Size) -> dict[str, object]:
    """A segment's mask as pycocotools takes it."""
    return {"size": [size.height, size.width], "counts": one.counts.encode("ascii")}
