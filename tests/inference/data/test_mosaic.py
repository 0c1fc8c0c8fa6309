"""A large picture of photographs, with their objects."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from pycocotools import mask as rle

from inference.data.coco import decode, read_set
from tests.patience import PATIENCE


def test_objects_lie_where_their_photographs_do(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, annotations, masks = [], [], {}
    for number, (width, height) in enumerate([(60, 40), (50, 45), (64, 30)], 1):
        pixels = np.full((height, width, 3), 40 * number, np.uint8)
        mask = np.zeros((height, width), bool)
        x, y = int(rng.integers(0, width - 20)), int(rng.integers(0, height - 20))
        mask[y : y + 15, x : x + 12] = True
        mask[y + 4 : y + 6, x + 3 : x + 9] = False
        pixels[mask] = 250
        Pillow.fromarray(pixels).save(tmp_path / f"{number}.png")
        coded = rle.encode(np.asfortranarray(mask.view(np.uint8)))
        images.append({"id": number, "file_name": f"{number}.png", "width": width, "height": height})
        annotations.append(
            {"id": number, "image_id": number, "category_id": 7, "iscrowd": 0, "area": int(mask.sum()),
             "bbox": [x, y, 12, 15], "segmentation": coded | {"counts": coded["counts"].decode()}}
        )  # fmt: skip
        masks[number] = mask
    (tmp_path / "set.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": []}))
    command = [sys.executable, "-m", "inference.data.mosaic", str(tmp_path / "set.json"), "--size", "180x130"]
    subprocess.run([*command, "--out", str(tmp_path / "large")], check=True, timeout=PATIENCE)
    (large,) = read_set(tmp_path / "large.json")
    pixels = np.asarray(Pillow.open(large.path).convert("L"))
    assert pixels.shape == (large.height, large.width) == (130, 180)
    assert {int(a["area"]) for a in large.annotations} <= {int(m.sum()) for m in masks.values()}
    assert len(large.annotations) == 3, "of copies only the first one counts"
    for one in large.annotations:
        found = decode(one["segmentation"], 130, 180)
        assert found.sum() == one["area"]
        assert pixels[found].mean() > 200
        ys, xs = np.nonzero(found)
        assert [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1] == one["bbox"]
