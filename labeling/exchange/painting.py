"""One number for every pixel of an image, for formats in which objects can't overlap: the upper object wins."""

from collections.abc import Sequence

import numpy as np

from labeling.exchange.codecs.index_png import Index
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem
from labeling.projects.models import Category

LARGEST = 65_535  # what 16 bits can say


def instances(item: Item, most: int = LARGEST, of: str = "a 16-bit PNG") -> Index:
    """The number of the uppermost object of each pixel, `height×width` uint16, from 1 in drawing order; 0 where there
    is none.

    of: what can number `most` objects, for the message. Raises: ExportProblem when the image has more.
    """
    if len(item.objects) > most:
        raise ExportProblem(
            f"“{item.image.name}” has {len(item.objects)} objects; {of} can number {most}. "
            "Use the COCO format, which has no such limit."
        )
    height, width = item.image.height, item.image.width
    pixels = np.zeros((height, width), np.uint16)
    for number, kept in enumerate(item.objects, start=1):
        box, bits = item.patch(kept)
        pixels[box.y : box.y + box.height, box.x : box.x + box.width][bits] = number
    return pixels


def by_object(pixels: Index, values: Sequence[int]) -> Index:
    """`pixels` of `instances` with a value for each object (uint16), such as the index of its class; 0 stays."""
    return np.array([0, *values], np.uint16)[pixels]


def visible(pixels: Index, objects: int) -> list[int]:
    """How many pixels of each object are left."""
    return np.bincount(pixels.ravel(), minlength=objects + 1)[1:].tolist()


def class_indices(dataset: Dataset, first: int, most: int | None = None, of: str = "") -> dict[int, int]:
    """The index of each class by its id, counted from `first` in the order of the classes' numbers.

    Raises: ExportProblem when there are more than `most`, which is what `of` can say.
    """
    if most is not None and len(dataset.categories) > most:
        raise ExportProblem(
            f"The project has {len(dataset.categories)} classes; {of} can have {most}. Use the COCO format, which has "
            "no such limit."
        )
    return {one.pk: at for at, one in enumerate(dataset.categories, start=first)}


def rgb(category: Category) -> tuple[int, int, int]:
    """The colour of a class."""
    red, green, blue = bytes.fromhex(category.color.removeprefix("#"))
    return red, green, blue
