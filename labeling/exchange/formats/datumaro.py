"""Datumaro JSON: what Datumaro reads, and what it converts into further formats.

It has all that is kept of an object: the whole mask, its class, order, attributes, and as the attribute `is_crowd`
whether it is a crowd. It can't say which classes are stuff.
"""

from typing import Any

from labeling.exchange import painting
from labeling.exchange.archive import Archive
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register
from labeling.projects.attributes import by_name

SPLIT = "train"
ANNOTATIONS = f"annotations/{SPLIT}.json"


@register(name="datumaro", title="Datumaro JSON")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """One JSON file with whole masks (RLE), drawing order and attributes."""
    labels = painting.class_indices(dataset, 2**31, "Datumaro", first=0)
    objects = 0
    with archive.beside(ANNOTATIONS) as out:
        out.write('{"dm_format_version":"1.0","media_type":2,"infos":')
        out.write_json({"author": "Interlabel", "description": dataset.project.name})
        out.write(',"categories":')
        out.write_json(_categories(dataset))
        out.write(',"items":[')
        for item in dataset:
            out.write("," if item.number > 1 else "")
            out.write_json(_entry(dataset, item, labels, objects))
            objects += len(item.objects)
            if options.include_images:
                item.copy_view(archive, f"images/{SPLIT}/{item.file_name}")
            advance()
        out.write("]}")


def _categories(dataset: Dataset) -> dict[str, Any]:
    attributes = [one.name for one in dataset.attributes]
    colors = []
    for at, one in enumerate(dataset.categories):
        red, green, blue = painting.rgb(one)
        colors.append({"label_id": at, "r": red, "g": green, "b": blue})
    return {
        "label": {
            "labels": [{"name": one.name, "parent": "", "attributes": []} for one in dataset.categories],
            "label_groups": [],
            "attributes": attributes,
        },
        "mask": {"colormap": colors},
    }


def _entry(dataset: Dataset, item: Item, labels: dict[int, int], before: int) -> dict[str, Any]:
    """An image. Ids of annotations count the dataset from 1; `before`: how many are in the images before."""
    size = [item.image.height, item.image.width]
    annotations = [
        {
            "id": before + at,
            "type": "mask",
            "attributes": by_name(dataset.attributes, kept.attributes) | ({"is_crowd": True} if kept.crowd else {}),
            "group": 0,
            "label_id": labels[kept.category_id],
            "rle": {"counts": item.counts(kept), "size": size},
            "z_order": at - 1,
        }
        for at, kept in enumerate(item.objects, start=1)
    ]
    image = {"path": item.file_name, "size": size}
    return {"id": item.stem, "annotations": annotations, "attr": {}, "image": image}
