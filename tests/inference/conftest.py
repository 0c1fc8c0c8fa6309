"""A generated picture, its features by the shipped weights, and generated COCO files."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as rle

from inference import ClickPredictor, Features
from inference.core.arrays import Image, Mask


def draw(height: int, width: int, seed: int = 0) -> tuple[Image, Mask]:
    """A bright ellipse on dark, noisy ground, and its mask."""
    rng = np.random.default_rng(seed)
    image = rng.integers(30, 70, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.uint8)
    centre = (int(width * rng.uniform(0.35, 0.65)), int(height * rng.uniform(0.35, 0.65)))
    cv2.ellipse(mask, centre, (max(1, width // 5), max(1, height // 4)), 20, 0, 360, 1, -1)
    image[mask > 0] = (230, 160, 40)
    return image, mask > 0


@pytest.fixture(scope="session")
def predictor() -> ClickPredictor:
    return ClickPredictor(encode_runtime="onnx", threads=2)


@pytest.fixture(scope="session")
def picture() -> tuple[Image, Mask]:
    return draw(120, 160)


@pytest.fixture(scope="session")
def features(predictor: ClickPredictor, picture: tuple[Image, Mask]) -> Features:
    return predictor.encode(picture[0])


@pytest.fixture
def coco_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a COCO-format set of generated pictures; returns its JSON file."""

    def make(count: int = 2, height: int = 96, width: int = 128, name: str = "made") -> Path:
        folder = tmp_path / name
        (folder / "images").mkdir(parents=True)
        images, annotations = [], []
        for i in range(1, count + 1):
            image, mask = draw(height, width, seed=i)
            cv2.imwrite(str(folder / "images" / f"{i}.png"), image[:, :, ::-1])
            coded = rle.encode(np.asfortranarray(mask.view(np.uint8)))
            coded["counts"] = coded["counts"].decode()
            ys, xs = np.nonzero(mask)
            box = [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1]
            images.append({"id": i, "file_name": f"{i}.png", "height": height, "width": width})
            annotations.append(
                {
                    "id": i,
                    "image_id": i,
                    "category_id": 1,
                    "segmentation": coded,
                    "area": int(mask.sum()),
                    "bbox": box,
                    "iscrowd": 0,
                }
            )
        data = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]}
        file = folder / "train.json"
        file.write_text(json.dumps(data))
        return file

    return make
