"""COCO panoptic: what panopticapi, detectron2, mmdetection and Datumaro read.

It can't say: what is under another object, the order of objects, attributes, objects that are covered entirely, and
separate objects of a class that is stuff (they are one segment).
"""

from typing import Any

import numpy as np

from labeling import masks
from labeling.exchange import painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register

SPLIT = "train"
ANNOTATIONS = f"annotations/panoptic_{SPLIT}.json"

README = """COCO panoptic of the project “{project}”: {images} images, {segments} segments of {objects} objects

annotations/panoptic_{split}.json
annotations/panoptic_{split}/   an RGB PNG for each image: R + 256 G + 65536 B is the segment's id; 0 is void{pictures}

- The ids of segments are unique in their image. Those of images count from 1; category ids are the numbers of the
  project's classes.
- Where objects overlap, the upper one in the editor's order is on top; area and bbox are of what is seen.
  {hidden} objects are covered entirely and have no segment.
- Stuff has one segment for each class and image.
"""


@register(name="panoptic", title="COCO panoptic")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """An RGB PNG of segment ids for each image, with one JSON file."""
    images: list[dict[str, Any]] = []
    segments = objects = hidden = 0
    with archive.beside(ANNOTATIONS) as out:
        out.write('{"annotations":[')
        for item in dataset:
            pixels = painting.instances(item)
            ids, found = _segments(item, pixels)
            hidden += painting.visible(pixels, len(item.objects)).count(0)
            file_name = f"{item.stem}.png"
            archive.write(f"annotations/panoptic_{SPLIT}/{file_name}", _png(ids), compress=False)
            if options.include_images:
                item.copy_view(archive)
            out.write("," if images else "")
            out.write_json({"image_id": item.number, "file_name": file_name, "segments_info": found})
            size = {"width": item.image.width, "height": item.image.height}
            images.append({"id": item.number, "file_name": item.file_name, **size})
            segments, objects = segments + len(found), objects + len(item.objects)
            advance()
        out.write('],"images":')
        out.write_json(images)
        out.write(',"categories":')
        out.write_json(_categories(dataset))
        out.write(',"info":')
        out.write_json({"description": dataset.project.name, "version": "1.0", "contributor": "Interlabel"})
        out.write(',"licenses":[]}')
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=len(images),
            segments=segments,
            objects=objects,
            hidden=hidden,
            split=SPLIT,
            pictures="\nimages/   the upright pictures" if options.include_images else "",
        ),
    )


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
