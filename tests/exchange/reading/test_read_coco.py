"""COCO files whose entries contradict the picture."""

from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, told
from tests.exchange.reading.test_importing import coco, rle
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

SMALL = {"category_id": 1, "segmentation": [[2, 3, 7, 3, 7, 9, 2, 9]]}
"""A polygon that is in the picture, and in one with width and height exchanged."""

WIDE = {"category_id": 1, "segmentation": [[30, 3, 45, 3, 45, 9, 30, 9]]}
"""One that is in the picture alone: it reaches over the other one's edge."""

TALL = {"category_id": 1, "segmentation": [[2, 30, 7, 30, 7, 40, 2, 40]]}
"""One that is outside of the picture."""

MASK = rle(box(20, 20, 4, 4))


@pytest.mark.parametrize(
    ("annotations", "taken"),
    [
        ([SMALL], 0),
        ([SMALL, TALL], 0),
        ([SMALL, WIDE], 2),
        ([SMALL, MASK], 2),
    ],
)
def test_polygons_of_a_wrong_size_are_taken_only_if_they_are_for_the_picture(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, annotations: list[dict[str, Any]], taken: int
) -> None:
    """Width and height are exchanged in the file. What shows that its masks are for the picture as it is: a mask of
    its size, or a point inside of it that the stated size does not have."""
    image = add_image("a.png")
    content = coco(("a.png", annotations))
    content["images"][0] |= {"width": HEIGHT, "height": WIDTH}
    row = bring_in(dataset(tmp_path, {"x.json": content}), "coco", skip_defects=True)
    assert told(row, "notes")[0][1] == f"It says {HEIGHT} × {WIDTH}; the picture is {WIDTH} × {HEIGHT}."
    assert len(imported(image)) == taken
    if not taken:
        assert {one["reason"].split(",")[0] for one in row.report["defects"]} == {
            "Its polygon is for a picture of another size"
        }
    else:
        assert imported(image)[0].counts == masks.encode(box(2, 3, 5, 6))
