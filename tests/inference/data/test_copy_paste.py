"""Composites."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.data import copy_paste as composites
from inference.data.coco import DataError, decode, read_rgb, read_set


def test_composites_have_the_pasted_object_first(coco_file: Callable[..., Path], tmp_path: Path) -> None:
    file = coco_file(3, 160, 200)
    made = composites.make([file], tmp_path / "a", 6, seed=1)
    images = read_set(made)
    assert len(images) == 6
    for image in images:
        pixels = read_rgb(image.path).astype(int)
        truth = decode(image.annotations[0]["segmentation"], image.height, image.width)
        inner = cv2.erode(truth.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
        orange = (pixels[..., 0] - pixels[..., 2] > 90) & inner
        assert orange.sum() > 0.95 * inner.sum()
        rest = [decode(a["segmentation"], image.height, image.width) for a in image.annotations[1:]]
        assert not any((truth & other).any() for other in rest)
    before = made.stat().st_mtime_ns
    assert composites.make([file], tmp_path / "a", 6, seed=1).stat().st_mtime_ns == before
    again = composites.make([file], tmp_path / "b", 6, seed=1)
    assert json.loads(again.read_text())["annotations"] == json.loads(made.read_text())["annotations"]
    with pytest.raises(DataError, match="can be pasted"):
        composites.make([file], tmp_path / "c", 2, 0, frozenset({"1", "2", "3"}))
