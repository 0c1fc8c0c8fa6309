"""PNG masks: a class index, an instance id and a colour for every pixel."""

from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.exchange import painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.codecs.index_png import Index
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem
from labeling.exchange.registry import Advance, Options, register

LARGEST = painting.LARGEST

README = """PNG masks of the project “{project}”: {images} images, {objects} objects

semantic/    {bits}-bit grey: the number of the class; 0 is background (nothing kept there)
instances/   16-bit grey: the number of the object in its image, from 1; 0 is background
color/       RGB: the colour of the class; black is background
legend.json  the classes, and for each image its files and its objects by instance number
{pictures}
- The masks have the size of the upright picture. The folders of the uploaded names are kept.
- Where objects overlap, the upper one in the editor's order is on top, in all three files. `area` in the legend is
  the whole object, `visible` what is left of it in these files: an object that is covered has 0 there.
- Class numbers are the same in every export and never used again for another class.
- For every pixel of objects without overlap use the COCO export: it keeps each mask whole.
"""


@register(name="png", title="PNG masks", cannot=("overlap", "order", "attributes", "crowd"))
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """A class index, a 16-bit instance and a colour picture for each image, with a legend."""
    wide = max((one.number for one in dataset.categories), default=0) > 255
    colors = _colors(dataset)
    pictures: list[dict[str, Any]] = []
    for item in dataset:
        semantic, instances, objects = _draw(item)
        files = {kind: f"{kind}/{item.stem}.png" for kind in ("semantic", "instances", "color")}
        classes = index_png.write(semantic if wide else semantic.astype(np.uint8))
        archive.write(files["semantic"], classes, compress=False)
        archive.write(files["instances"], index_png.write(instances), compress=False)
        archive.write(files["color"], index_png.write(colors[semantic]), compress=False)
        if options.include_images:
            item.copy_view(archive)
        pictures.append(_entry(item, files, objects))
        advance()
    archive.write_json("legend.json", _legend(dataset, pictures), indent=1)
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=len(pictures),
            objects=sum(len(one["objects"]) for one in pictures),
            bits=16 if wide else 8,
            pictures="images/      the upright pictures\n" if options.include_images else "",
        ),
    )


def _draw(item: Item) -> tuple[Index, Index, list[dict[str, Any]]]:
    """Class and instance of each pixel, `height×width`, and what the legend says of each object."""
    instances = painting.instances(item, LARGEST)
    semantic = painting.by_object(instances, [kept.category.number for kept in item.objects])
    visible = painting.visible(instances, len(item.objects))
    objects = [
        {
            "instance": number,
            "annotation": kept.pk,
            "uid": str(kept.uid),
            "class": kept.category.number,
            "name": kept.category.name,
            "area": kept.area,
            "visible": left,
        }
        for number, (kept, left) in enumerate(zip(item.objects, visible, strict=True), start=1)
    ]
    return semantic, instances, objects


def _colors(dataset: Dataset) -> npt.NDArray[np.uint8]:
    """RGB by class number, `(numbers + 1)×3`; background is black."""
    highest = max((one.number for one in dataset.categories), default=0)
    if highest > LARGEST:
        raise ExportProblem(f"Class number {highest} does not fit 16 bits. Use the COCO format.")
    colors = np.zeros((highest + 1, 3), np.uint8)
    for one in dataset.categories:
        colors[one.number] = painting.rgb(one)
    return colors


def _entry(item: Item, files: dict[str, str], objects: list[dict[str, Any]]) -> dict[str, Any]:
    size = {"width": item.image.width, "height": item.image.height}
    return {"file_name": item.file_name, "original": item.image.name, **files, **size, "objects": objects}


def _legend(dataset: Dataset, pictures: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "project": dataset.project.name,
        "background": 0,
        "overlap": "the object with the higher number is on top",
        "classes": [
            {"index": one.number, "name": one.name, "color": one.color, "kind": one.kind} for one in dataset.categories
        ],
        "images": pictures,
    }
