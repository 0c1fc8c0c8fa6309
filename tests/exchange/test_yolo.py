"""YOLO segments, read back as their readers do: numbers of a line, times the size, filled by OpenCV."""

import cv2
import numpy as np
import pytest
import yaml

from labeling import masks
from labeling.projects.models import Category
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

pytestmark = pytest.mark.once


def drawn(line: str, width: int, height: int, *, cut: bool) -> tuple[int, masks.Bits]:
    """Class and mask. cut: digits are cut off, as Ultralytics does; else rounded, as supervision does."""
    number, *values = line.split()
    points = np.array(values, np.float32).reshape(-1, 2) * np.array([width, height], np.float32)
    bits = np.zeros((height, width), np.uint8)
    cv2.fillPoly(bits, [(points if cut else np.rint(points)).astype(np.int32)], 1)
    assert 0 <= np.array(values, float).min() <= np.array(values, float).max() <= 1
    return int(number), bits.astype(bool)


def lines(found: Zip, name: str) -> list[str]:
    return found.read(f"labels/train/{name}.txt").decode().splitlines()


@pytest.mark.parametrize("cut", [False, True])
def test_masks_with_holes_are_drawn_exactly(add_image: AddImage, keep: Keep, make_zip: MakeZip, cut: bool) -> None:
    image = add_image("day/a.png")
    ring = box(2, 3, 20, 15) & ~box(6, 7, 4, 4) & ~box(15, 8, 1, 1)
    kept = [box(0, 0, 1, 1), box(0, 0, WIDTH, HEIGHT), ring, box(WIDTH - 1, HEIGHT - 1, 1, 1), box(3, 3, 5, 1)]
    for at, bits in enumerate(kept):
        keep(image, bits, at % 3 + 1)
    add_image("empty.png")
    found = make_zip("yolo", images="all", include_images=True)
    rows = lines(found, "day/a")
    assert len(rows) == len(kept)
    for at, (row, bits) in enumerate(zip(rows, kept, strict=True)):
        number, mask = drawn(row, WIDTH, HEIGHT, cut=cut)
        assert number == at % 3
        assert np.array_equal(mask, bits)
    assert lines(found, "empty") == []
    assert {"images/train/day/a.png", "images/train/empty.png"} <= set(found.names)
    assert "0 of 5 objects are drawn with other pixels" in found.read("README.txt").decode()


def test_whole_numbers_survive_every_width(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    """A column of single pixels: each x/width, written with six digits, gives the same x."""
    for width in (997, 1920):
        bits = np.zeros((5, width), bool)
        bits[2] = True
        bits[0, ::2] = True
        bits[1, ::2] = True
        keep(add_image(f"{width}.png", width, 5), bits)
        for cut in (False, True):
            (row,) = lines(make_zip("yolo"), str(width))
            assert np.array_equal(drawn(row, width, 5, cut=cut)[1], bits)


def test_parts_are_joined_or_lines_of_their_own(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    two = box(2, 2, 5, 5) | box(20, 2, 5, 5)
    keep(add_image("a.png"), two)
    found = make_zip("yolo")
    (row,) = lines(found, "a")
    mask = drawn(row, WIDTH, HEIGHT, cut=False)[1]
    assert not (two & ~mask).any()
    assert (mask & ~two).sum() == 13
    assert "1 of 1 objects are drawn with other pixels than they have (13 pixels in all)" in (
        found.read("README.txt").decode()
    )
    rows = lines(make_zip("yolo", parts="lines"), "a")
    assert len(rows) == 2
    assert np.array_equal(sum(drawn(row, WIDTH, HEIGHT, cut=False)[1] for row in rows), two)


def test_the_classes_are_in_data_yaml(add_image: AddImage, make_zip: MakeZip) -> None:
    Category.objects.filter(number=2).update(name='tree: "big" # ä')
    add_image("a.png")
    found = yaml.safe_load(make_zip("yolo", images="all").read("data.yaml"))
    assert found["nc"] == 3
    assert list(found["names"].items()) == list(enumerate(one.name for one in Category.objects.order_by("number")))
    assert found["train"] == found["val"] == "images/train"


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("yolo").content == make_zip("yolo").content
