"""COCO panoptic: what panopticapi, detectron2, mmdetection and Datumaro read.

It can't say: what is under another object, the order of objects, attributes, objects that are covered entirely, and
separate objects of a class that is stuff (they are one segment).
"""

from contextlib import ExitStack
from typing import Any

import numpy as np

from labeling import masks
from labeling.exchange import painting
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import index_png
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register

ANNOTATIONS = "annotations/panoptic_{split}.json"

README = """COCO panoptic of the project “{project}”: {images} images, {segments} segments of {objects} objects

annotations/panoptic_{split}.json
annotations/panoptic_{split}/   an RGB PNG for each image: R + 256 G + 65536 B is the segment's id; 0 is void{pictures}

- The ids of segments are unique in their image. Those of images count from 1; category ids are the numbers of the
  project's classes.
- Where objects overlap, the upper one in the editor's order is on top; area and bbox are of what is seen.
  {hidden} objects are covered entirely and have no segment.
- Stuff has one segment for each class and image.
"""


@register(name="panoptic", title="COCO panoptic", cannot=("overlap", "order", "attributes"))
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """An RGB PNG of segment ids for each image, with one JSON file."""
    images: dict[str, list[dict[str, Any]]] = {"train": []}
    segments = objects = hidden = 0
    with ExitStack() as stack:
        files: dict[str, Text] = {}
        for item in dataset:
            pixels = painting.instances(item)
            ids, found = _segments(item, pixels)
            hidden += painting.visible(pixels, len(item.objects)).count(0)
            file_name = f"{item.stem}.png"
            archive.write(f"annotations/panoptic_{item.split}/{file_name}", _png(ids), compress=False)
            if options.include_images:
                item.copy_view(archive)
            out = files.get(item.split) or _begun(stack, archive, files, item.split)
            listed = images.setdefault(item.split, [])
            out.write("," if listed else "")
            out.write_json({"image_id": item.number, "file_name": file_name, "segments_info": found})
            size = {"width": item.image.width, "height": item.image.height}
            listed.append({"id": item.number, "file_name": item.file_name, **size})
            segments, objects = segments + len(found), objects + len(item.objects)
            advance()
        for split, out in (files or {"train": _begun(stack, archive, files, "train")}).items():
            _end(out, dataset, images[split])
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=sum(map(len, images.values())),
            segments=segments,
            objects=objects,
            hidden=hidden,
            split="<split>",
            pictures="\nimages/   the upright pictures" if options.include_images else "",
        ),
    )


def _begun(stack: ExitStack, archive: Archive, files: dict[str, Text], split: str) -> Text:
    """The JSON file of a split, up to its annotations."""
    files[split] = stack.enter_context(archive.beside(ANNOTATIONS.format(split=split)))
    files[split].write('{"annotations":[')
    return files[split]


def _end(out: Text, dataset: Dataset, images: list[dict[str, Any]]) -> None:
    out.write('],"images":')
    out.write_json(images)
    out.write(',"categories":')
    out.write_json(_categories(dataset))
    out.write(',"info":')
    out.write_json({"description": dataset.project.name, "version": "1.0", "contributor": "Interlabel"})
    out.write(',"licenses":[]}')


def _segments(item: Item, pixels: index_png.Index) -> tuple[index_png.Index, list[dict[str, Any]]]:
    """The id of each pixel, `height×width`, and what the JSON says of each id. pixels: as `painting.instances`."""
    height, width = item.image.height, item.image.width
    first_of: dict[int, int] = {}
    numbers = []
    for number, kept in enumerate(item.objects, start=1):
        is_stuff = kept.category.kind == kept.category.Kind.STUFF
        numbers.append(first_of.setdefault(kept.category_id, number) if is_stuff else number)
    ids = painting.by_object(pixels, numbers)
    found = []
    for number, counts in index_png.segments(ids):
        if number:
            kept = item.objects[number - 1]
            area, box = masks.area_and_box(counts, height, width)
            segment = {"id": number, "category_id": kept.category.number, "area": area, "bbox": box.as_list()}
            found.append({**segment, "iscrowd": int(kept.crowd)})
    return ids, found


def _png(ids: index_png.Index) -> bytes:
    return index_png.write(np.dstack([ids & 255, ids >> 8, np.zeros_like(ids)]).astype(np.uint8))


def _categories(dataset: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "id": one.number,
            "name": one.name,
            "supercategory": one.kind,
            "isthing": int(one.kind != one.Kind.STUFF),
            "color": list(painting.rgb(one)),
        }
        for one in dataset.categories
    ]
