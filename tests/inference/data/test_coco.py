"""Data files of all kinds, and what is wrong with those that cannot be used."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inference.data.coco import DataError, decode, read_set, set_name
from inference.measure.noc import sample

SQUARE = np.zeros((8, 10), bool)
SQUARE[2:6, 3:7] = True


def put(file: Path, data: Any, *pictures: str) -> Path:
    """Write a data file and small grey pictures beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(data if isinstance(data, str) else json.dumps(data))
    for name in pictures:
        path = file.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((8, 10, 3), 90, np.uint8))
    return file


def test_all_kinds_of_segmentations() -> None:
    counts: list[int] = []
    last, length = False, 0
    for value in SQUARE.T.reshape(-1):
        if value != last:
            counts.append(length)
            last, length = value, 0
        length += 1
    counts.append(length)
    assert np.array_equal(decode({"size": [8, 10], "counts": counts}, 8, 10), SQUARE)
    polygon = decode([[3, 2, 7, 2, 7, 6, 3, 6]], 8, 10)
    assert (polygon & SQUARE).sum() / (polygon | SQUARE).sum() > 0.7


def test_lvis_names_its_pictures_by_url(tmp_path: Path) -> None:
    image = {"id": 7, "height": 8, "width": 10, "coco_url": "http://images.example.org/train2017/000000000007.jpg"}
    polygon = [[3, 2, 7, 2, 7, 6, 3, 6]]
    annotation = {"id": 1, "image_id": 7, "category_id": 3, "segmentation": polygon, "area": 16, "bbox": [3, 2, 4, 4]}
    data = {"images": [image], "annotations": [annotation]}
    file = put(tmp_path / "annotations" / "lvis_v1_train.json", data, "../train2017/000000000007.jpg")
    (found,) = read_set(file)
    assert found.path.resolve() == (tmp_path / "train2017" / "000000000007.jpg").resolve()
    assert decode(found.annotations[0]["segmentation"], 8, 10).any()


def test_coco_s_own_layout_and_missing_measures(tmp_path: Path) -> None:
    image = {"id": 7, "height": 8, "width": 10, "file_name": "7.jpg"}
    annotation = {"id": 1, "image_id": 7, "segmentation": {"size": [8, 10], "counts": [26, 4, 4, 4, 4, 4, 4, 4, 26]}}
    data = {"images": [image], "annotations": [annotation, {"id": 2, "image_id": 7}]}
    file = put(tmp_path / "annotations" / "instances_val2017.json", data, "../val2017/7.jpg")
    (found,) = read_set(file)
    (only,) = found.annotations
    assert np.array_equal(decode(only["segmentation"], 8, 10), SQUARE)
    assert only["area"] == 16
    assert only["bbox"] == [3, 2, 4, 4]


def test_panoptic_segments_come_out_of_the_png(tmp_path: Path) -> None:
    big = 3 + 256 * 2 + 65536 * 1
    ids = np.where(SQUARE, big, 0)
    ids[0], ids[7] = 5, 9
    colours = np.stack([ids >> 16, ids >> 8 & 255, ids & 255], 2).astype(np.uint8)  # OpenCV writes blue first
    infos = [
        {"id": big, "category_id": 1, "iscrowd": 0, "area": 16, "bbox": [3, 2, 4, 4]},
        {"id": 5, "category_id": 2, "iscrowd": 0, "area": 10, "bbox": [0, 0, 10, 1]},
        {"id": 9, "category_id": 1, "iscrowd": 1, "area": 10, "bbox": [0, 7, 10, 1]},
    ]
    image = {"id": 7, "height": 8, "width": 10, "file_name": "7.jpg"}
    data = {
        "images": [image],
        "annotations": [{"image_id": 7, "file_name": "7.png", "segments_info": infos}],
        "categories": [{"id": 1, "name": "hare", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}],
    }
    file = put(tmp_path / "panoptic_val2017.json", data, "val2017/7.jpg")
    with pytest.raises(DataError, match=r"panoptic_val2017\.json.*folder"):
        read_set(file)
    (tmp_path / "panoptic_val2017").mkdir()
    cv2.imwrite(str(tmp_path / "panoptic_val2017" / "7.png"), colours)
    (found,) = read_set(file)
    hare, sky = found.annotations
    assert np.array_equal(decode(hare["segmentation"], 8, 10), SQUARE)
    assert not hare["stuff"]
    assert sky["stuff"]
    void = decode(found.ignore, 8, 10)
    assert np.array_equal(void, (ids == 0) | (ids == 9))  # nothing, and the crowd
    ((_, objects),) = list(sample(file, None, 0, 0))
    assert [a["id"] for a in objects] == [big]


IMAGE = {"id": 1, "file_name": "1.jpg", "height": 8, "width": 10}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("no json", "is no JSON file"),
        ([1], "'images' and 'annotations'"),
        ({"images": []}, "'annotations'"),
        ({"images": [IMAGE], "annotations": [{"id": 3}]}, "(id 3) has no 'image_id'"),
        ({"images": [IMAGE], "annotations": [{"id": 3, "image_id": 1}]}, "'segmentation'"),
        ({"images": [{"id": 4, "file_name": "1.jpg", "width": 3}], "annotations": []}, "(id 4) has no 'height'"),
        ({"images": [{"id": 4, "height": 3, "width": 3}], "annotations": []}, "'coco_url'"),
    ],
)
def test_an_unusable_file_is_named_with_its_field(tmp_path: Path, data: Any, words: str) -> None:
    file = put(tmp_path / "some" / "set.json", data, "1.jpg")
    with pytest.raises(DataError) as error:
        read_set(file)
    assert str(file) in str(error.value)
    assert words in str(error.value)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    file = put(tmp_path / "set.json", {"images": [IMAGE | {"file_name": "gone.jpg"}], "annotations": []})
    with pytest.raises(FileNotFoundError, match=r"gone\.jpg"):
        read_set(file)


def test_sets_are_named_by_their_folder() -> None:
    assert set_name(Path("data/coco/train.json")) == "coco"
    assert set_name(Path("data/lvis/annotations/lvis_v1_train.json")) == "lvis"
