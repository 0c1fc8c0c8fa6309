"""What may be kept: the checks between a request and a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from labeling import masks
from labeling.images.models import Image
from labeling.masks import Box
from labeling.projects import merging
from labeling.projects.attributes import Value, Values, asked, checked_values
from labeling.projects.models import Attribute, Category
from labeling.web.api import ApiError

MAX_CLICKS = 500
Z_GAP = 2**16
"""Between the places of two objects that were kept one after the other: others fit between them."""
MAX_COUNTS = 4 * 1024**2
"""Characters of compressed RLE. A smooth outline in a picture of 100 megapixels needs about a tenth of it."""

MAX_CHANGES = 2000
"""Changes that one request may carry out together."""

Click = tuple[float, float, bool]


@dataclass(frozen=True)
class Created:
    """A new object; without `z` it lies over all others. `crowd`: several objects that were not told apart."""

    uid: UUID
    category: int
    counts: str
    clicks: Sequence[Click]
    z: int | None = None
    attributes: Mapping[str, Any] | None = None
    crowd: bool = False


@dataclass(frozen=True)
class Changed:
    """What is different about an object; None: nothing. `attributes` replaces all of them."""

    uid: UUID
    category: int | None = None
    counts: str | None = None
    clicks: Sequence[Click] | None = None
    z: int | None = None
    attributes: Mapping[str, Any] | None = None
    crowd: bool | None = None


@dataclass(frozen=True)
class Deleted:
    """An object goes."""

    uid: UUID


ObjectChange = Created | Changed | Deleted


@dataclass(frozen=True)
class Mask:
    """A checked mask of a whole view: canonical counts, its pixels and its tight box."""

    counts: str
    area: int
    box: Box


def checked_mask(counts: str, image: Image) -> Mask:
    """The mask that `counts` describes over `image`'s view.

    Raises: ApiError 400 `bad_mask` unless it is an RLE of exactly the view's pixels with at least one set.
    """
    if len(counts) > MAX_COUNTS:
        raise ApiError(400, "bad_mask", f"The mask has {len(counts)} characters of RLE; at most {MAX_COUNTS} fit.")
    try:
        counts = masks.canonical(counts, image.height, image.width)
    except masks.MaskError as error:
        raise ApiError(400, "bad_mask", f"The mask does not fit the image: {error}") from error
    area, box = masks.area_and_box(counts, image.height, image.width)
    if area == 0:
        raise ApiError(400, "bad_mask", "The mask is empty. Click the object until it has pixels, then keep it.")
    return Mask(counts, area, box)


def checked_clicks(clicks: list[Click], image: Image) -> list[list[float | bool]]:
    """The clicks as they are kept, `[[x, y, positive], …]` in pixels of the view.

    Raises: ApiError 400 `bad_clicks` for a click outside the view or too many of them.
    """
    if len(clicks) > MAX_CLICKS:
        raise ApiError(400, "bad_clicks", f"{len(clicks)} clicks; an object has at most {MAX_CLICKS}.")
    for x, y, _ in clicks:
        if not (0 <= x < image.width and 0 <= y < image.height):
            raise ApiError(
                400, "bad_clicks", f"The click ({x}, {y}) is not in the {image.width} × {image.height} view."
            )
    return [[float(x), float(y), positive] for x, y, positive in clicks]


class Definitions:
    """What a project offers the objects of an image: read once for all objects that are checked together.

    numbers: of the classes that are asked for.
    """

    def __init__(self, image: Image, numbers: Collection[int]) -> None:
        self._project = image.project
        self._categories = merging.categories_numbered(image.project_id, numbers) if numbers else {}

    def category(self, number: int) -> Category:
        """The category with that number, or the one that it was merged into. Raises: ApiError 400 `bad_category`."""
        found = self._categories.get(number)
        if found is None:
            message = f"The project has no class number {number}. Reload the page for its classes."
            raise ApiError(400, "bad_category", message)
        return found

    def values(self, given: Mapping[str, Any], before: Values) -> dict[str, Value]:
        """What attributes become when `given` is sent for an object that has `before`. Raises: ApiError 400."""
        return checked_values(self._project, given, before, self._asked) if given or before else {}

    @cached_property
    def _asked(self) -> Mapping[str, Attribute]:
        return asked(self._project)
