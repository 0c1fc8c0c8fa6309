"""Defective files, as users have them: each defect is told by file and annotation, and nothing else is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.exchange.models import Import
from labeling.images.models import Image
from tests.exchange.reading.conftest import BringIn, case
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

FILES = {
    "01_category_ids_from_0.json": [],
    "03_uncompressed_rle_not_crowd.json": [],
    "04_bad_polygons.json": ["has 2 points", "not a finite number", "no mask", "odd number"],
    "06_missing_image_unknown_category.json": ["999", "777", "not_there.jpg"],
    "08_width_height_swapped.json": [],
    "10_huge_or_corrupt_counts.json": ["add up", "compressed COCO RLE", "negative", "inside a number"],
}
"""A file, and what its defects say, in order."""


@pytest.mark.parametrize("name", FILES)
def test_each_says_what_is_wrong_and_the_rest_is_imported(
    name: str, sample_images: dict[str, Image], bring_in: BringIn
) -> None:
    row = bring_in(case("defects") / name, "coco", skip_defects=True)
    told = [one["reason"] for one in row.report["defects"]]
    assert len(told) == len(FILES[name])
    for words, reason in zip(FILES[name], told, strict=True):
        assert words in reason
    _, by_position = truth_of(name)
    content = json.loads((case("defects") / name).read_text())
    right = [one for place, one in enumerate(content["annotations"]) if by_position[place]["import"].startswith("yes")]
    assert row.added == len(right)
    exact = {place["truth_id"] for place in by_position if place["import"] == "yes, mask equals truth"}
    truth = json.loads(case("truth.json").read_text())
    names = {one["id"]: one["file_name"] for one in truth["images"]}
    there = {(image.name, one.counts) for image in sample_images.values() for one in imported(image)}
    for one in truth["annotations"]:
        if one["id"] in exact:
            height, width = one["segmentation"]["size"]
            assert (names[one["image_id"]], masks.canonical(one["segmentation"]["counts"], height, width)) in there


def truth_of(name: str) -> tuple[Path, list[dict[str, Any]]]:
    """Where the answers are, and what should become of each annotation of a file."""
    path = case("defects") / "expected.json"
    return path, json.loads(path.read_text())[name]


def test_without_leave_nothing_is_imported(sample_images: dict[str, Image], bring_in: BringIn) -> None:
    row = bring_in(case("defects") / "04_bad_polygons.json", "coco", check_only=True)
    assert row.state == Import.State.CHECKED
    assert len(row.report["defects"]) == 4
    assert not any(imported(image) for image in sample_images.values())
