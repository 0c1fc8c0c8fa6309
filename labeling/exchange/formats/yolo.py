"""YOLO segments: what Ultralytics and supervision read. A line of text for each object.

It can't say: holes and parts other than by bridges, what lies above what (Ultralytics puts the smaller object on top),
attributes, crowds (they are written as objects), which classes are stuff. Ultralytics reads two equal lines as one,
and by default takes 1000 points of an outline.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from labeling.annotations.models import Annotation
from labeling.exchange import painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import bridges
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register
from labeling.exchange.splits import SPLITS

_INSIDE = 0.25  # of a pixel: readers that cut off digits and readers that round get the same whole number

README = """YOLO segments of the project “{project}”: {images} images, {objects} objects

labels/{split}/ a file for each image, also for one without objects; a line for each object in drawing order:
                the class from 0, then x y of the outline's points divided by the picture's width and height
data.yaml       the classes, in the order of their numbers in the project
{pictures}
- The outline goes through the centres of the border's pixels. cv2.fillPoly, which Ultralytics and supervision use,
  draws of it exactly the mask, if that hangs together.
- Holes are in the outline: it goes a bridge of no width to each and back.
- {parts}
- {changed} of {objects} objects are drawn with other pixels than they have ({pixels} pixels in all):
  this was counted by drawing each.
- Without a part that is held out, data.yaml has the same folder for train and val: divide the images before you trust
  a validation.
"""
_PARTS = {
    "joined": "Parts of an object are joined by lines of one pixel, as Ultralytics' own converter does.",
    "lines": "Each part of an object has a line of its own, so it is an object of its own to readers.",
}


class YoloOptions(Options):
    """`parts`: of objects that don't hang together: `joined` by lines of one pixel, or `lines` of their own."""

    parts: Literal["joined", "lines"] = "joined"


@dataclass
class _Changed:
    """What is not drawn as it is."""

    objects: int = 0
    pixels: int = 0


@register(name="yolo", title="YOLO segments", options=YoloOptions, cannot=("parts", "order", "attributes", "crowd"))
def write(dataset: Dataset, options: YoloOptions, archive: Archive, advance: Advance) -> None:
    """A text file of outlines for each image, with data.yaml."""
    index = painting.class_indices(dataset, 0)
    changed = _Changed()
    images = objects = 0
    splits: set[str] = set()
    for item in dataset:
        splits.add(item.split)
        lines = []
        for kept in item.objects:
            for values in _rows(item, kept, options.parts == "joined", changed):
                lines.append(f"{index[kept.category_id]} {values}\n")
        archive.write_text(f"labels/{item.split}/{item.stem}.txt", "".join(lines))
        if options.include_images:
            item.copy_view(archive, f"images/{item.split}/{item.file_name}")
        images, objects = images + 1, objects + len(item.objects)
        advance()
    archive.write_text("data.yaml", _yaml(dataset, splits))
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=images,
            objects=objects,
            split="<split>",
            pictures="images/<split>/   the upright pictures\n" if options.include_images else "",
            parts=_PARTS[options.parts],
            changed=changed.objects,
            pixels=changed.pixels,
        ),
    )


def _rows(item: Item, kept: Annotation, join: bool, changed: _Changed) -> list[str]:
    """The coordinates of each outline of an object."""
    box, patch = item.patch(kept)
    rings = bridges.outlines(patch, join=join)
    wrong = int((bridges.draw(rings, box.height, box.width) ^ patch).sum())
    changed.objects, changed.pixels = changed.objects + (wrong > 0), changed.pixels + wrong
    size, corner = np.array([item.image.width, item.image.height]), np.array([box.x, box.y])
    return [" ".join(f"{value:.6f}" for value in ((ring + corner + _INSIDE) / size).ravel().tolist()) for ring in rings]


def _yaml(dataset: Dataset, splits: Collection[str]) -> str:
    """YAML takes a JSON string as it is."""
    of = {split: f"images/{split}" for split in SPLITS if split in splits}
    train = of.get("train", next(iter(of.values()), "images/train"))
    rows = [f"train: {train}", f"val: {of.get('val', train)}"]  # both are asked for
    rows += [f"test: {of['test']}"] if "test" in of else []
    rows += [f"nc: {len(dataset.categories)}", "names:"]
    rows += [f"  {at}: {json.dumps(one.name, ensure_ascii=False)}" for at, one in enumerate(dataset.categories)]
    return "\n".join(rows) + "\n"
