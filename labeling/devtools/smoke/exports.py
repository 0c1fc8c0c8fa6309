"""Making exports and reading them as their users do."""

import contextlib
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from pycocotools.coco import COCO

from labeling import masks
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.labeling import Kept
from labeling.devtools.smoke.report import check
from labeling.devtools.smoke.sockets import Socket


def make(
    client: Client, news: Socket, project: int, format: str, options: dict[str, Any], to: Path, seconds: float
) -> None:
    """Ask for an export, follow it on the project socket, download it."""
    asked = {"format": format, "options": options}
    export = client.json("POST", f"/api/projects/{project}/exports", asked, expected=(202,))
    told = news.wait_for(
        f"the {format} export to be ready",
        lambda one: one["type"] == "export" and one["id"] == export["id"] and one["state"] in ("ready", "failed"),
        seconds,
    )
    check(told["state"] == "ready", f"The {format} export is made; it failed: {told.get('reason')}")
    shown = client.json("GET", f"/api/exports/{export['id']}")
    check(shown["url"] == told["url"], "Socket and API name the same address.")
    client.download(shown["url"], to)


def compare_coco(path: Path, kept: list[Kept]) -> None:
    """pycocotools loads it, and every mask, area, box and class is what was kept."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        check(archive.testzip() is None, "The COCO zip is whole.")
        file = Path(archive.extract("annotations/instances_train.json", folder))
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(file))
    check(len(coco.anns) == len(kept), f"The COCO file has {len(kept)} objects; it has {len(coco.anns)}.")
    check(min(coco.imgs) == min(coco.anns) == 1, "Ids of images and annotations begin at 1.")
    mine = {one.uid: one for one in kept}
    for one in coco.loadAnns(coco.getAnnIds()):
        expected = mine[one["uid"]]
        name = f"{expected.picture.name}, object {one['id']}"
        image = coco.loadImgs([one["image_id"]])[0]
        check(image["file_name"] == expected.picture.name, f"{name}: belongs to {expected.picture.name}.")
        check(np.array_equal(coco.annToMask(one).astype(bool), expected.bits), f"{name}: the mask is the kept one.")
        check(one["area"] == int(expected.bits.sum()), f"{name}: the area is exact.")
        check(one["bbox"] == masks.crop(expected.bits)[0].as_list(), f"{name}: the box is exact.")
        check((one["iscrowd"], one["category_id"]) == (0, expected.category), f"{name}: class and iscrowd are right.")


def compare_png(path: Path, kept: list[Kept]) -> None:
    """Index and instance PNGs are the kept masks, the later one on top."""
    with zipfile.ZipFile(path) as archive:
        check(archive.testzip() is None, "The PNG zip is whole.")
        legend = json.loads(archive.read("legend.json"))
        numbers = {one["uid"]: one["instance"] for image in legend["images"] for one in image["objects"]}
        check(sorted(numbers) == sorted(one.uid for one in kept), "The legend names every object.")
        for image in legend["images"]:
            semantic, instances = _pixels(archive, image["semantic"]), _pixels(archive, image["instances"])
            expected_semantic, expected_instances = np.zeros_like(semantic), np.zeros_like(instances)
            for one in kept:
                if one.picture.name == image["file_name"]:
                    expected_semantic[one.bits], expected_instances[one.bits] = one.category, numbers[one.uid]
            check(np.array_equal(semantic, expected_semantic), f"{image['semantic']} has the classes.")
            check(np.array_equal(instances, expected_instances), f"{image['instances']} has the objects.")


def _pixels(archive: zipfile.ZipFile, name: str) -> Any:
    with Pillow.open(io.BytesIO(archive.read(name))) as opened:
        return np.asarray(opened)
