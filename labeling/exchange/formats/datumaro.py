"""Datumaro JSON: what Datumaro reads, and what it converts into further formats.

It has all that is kept of an object: the whole mask, its class, order, attributes, and as the attribute `is_crowd`
whether it is a crowd. It can't say which classes are stuff.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any

from labeling.exchange import json_files, painting
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import coco_rle, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.names import split_of
from labeling.exchange.reading import OTHER_SIZE, Reading, Skip, fill_hint, plain_attributes, shown, united, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
from labeling.projects.attributes import by_name

ANNOTATIONS = "annotations/{split}.json"
_CROWD = "is_crowd"  # the attribute that Datumaro makes of COCO's iscrowd, and the other way round


@register(name="datumaro", title="Datumaro JSON")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """One JSON file with whole masks (RLE), drawing order and attributes."""
    labels = painting.class_indices(dataset, 0)
    objects = 0
    with ExitStack() as stack:
        files: dict[str, Text] = {}
        for item in dataset:
            known = files.get(item.split)
            out = known or _begun(stack, archive, files, item.split, dataset)
            out.write("," if known else "")
            out.write_json(_entry(dataset, item, labels, objects))
            objects += len(item.objects)
            if options.include_images:
                item.copy_view(archive, f"images/{item.split}/{item.file_name}")
            advance()
        for out in (files or {"train": _begun(stack, archive, files, "train", dataset)}).values():
            out.write("]}")


def _begun(stack: ExitStack, archive: Archive, files: dict[str, Text], split: str, dataset: Dataset) -> Text:
    """The JSON file of a split, up to its items."""
    out = files[split] = stack.enter_context(archive.beside(ANNOTATIONS.format(split=split)))
    out.write('{"dm_format_version":"1.0","media_type":2,"infos":')
    out.write_json({"author": "Interlabel", "description": dataset.project.name})
    out.write(',"categories":')
    out.write_json(_categories(dataset))
    out.write(',"items":[')
    return out


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
            "attributes": by_name(dataset.attributes, kept.attributes) | ({_CROWD: True} if kept.crowd else {}),
            "group": 0,
            "label_id": labels[kept.category_id],
            "rle": {"counts": item.counts(kept), "size": size},
            "z_order": at - 1,
        }
        for at, kept in enumerate(item.objects, start=1)
    ]
    image = {"path": item.file_name, "size": size}
    return {"id": item.stem, "annotations": annotations, "attr": {}, "image": image}


class DatumaroReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow."""

    fill: polygons.Fill = "coco"


@register_reader(name="datumaro", title="Datumaro JSON", options=DatumaroReadOptions)
def read(reading: Reading, options: DatumaroReadOptions) -> Iterator[ReadImage]:
    """JSON files with images, classes and masks or polygons, as Datumaro writes them."""
    found = reading.source.names(".json")
    inside = [name for name in found if PurePosixPath(name).parent.name == "annotations"]
    names = inside or found
    for name, content in json_files.long_of_format(reading, names, "items", bool, _lacks, "Datumaro JSON"):
        yield from _File(reading, options, name, content).images()


def _lacks(content: json_files.Long) -> str:
    if not content.has_list:
        return "list “items”"
    return "" if isinstance(content.rest.get("categories"), dict) else "object “categories”"


class _File:
    """One JSON file. Defects name it, the item, and the annotation by its place from 1."""

    def __init__(self, reading: Reading, options: DatumaroReadOptions, name: str, content: json_files.Long) -> None:
        self._reading, self._options, self._name = reading, options, name
        self._items = content.entries()
        self._classes = self._read_classes(content.rest["categories"])
        stem = PurePosixPath(name).stem
        inside = PurePosixPath(name).parent.name == "annotations" and stem != "default"
        self._split = stem if inside else split_of(stem)

    def _read_classes(self, categories: Mapping[str, Any]) -> list[str]:
        """The name of each class by its number; "" where it has none, which is told."""
        labels, colors = _list_in(categories, "label", "labels"), _colors(_list_in(categories, "mask", "colormap"))
        found = []
        for number, one in enumerate(labels):
            name = one.get("name") if isinstance(one, dict) else None
            if isinstance(name, str) and name.strip():
                found.append(self._reading.add_class(name, number, colors.get(number, "")))
            else:
                found.append("")
                self._reading.defect(f"{self._name}, class {number}", "It has no name. Give it one.")
        return found

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the file's order."""
        for place, item in enumerate(self._items, 1):
            where = f"{self._name}, item at place {place}"
            if not isinstance(item, dict):
                self._reading.defect(where, "It is not an object with names and values.")
                continue
            given = item.get("image") or item.get("media")
            media: Mapping[str, Any] = given if isinstance(given, dict) else {}
            name, path = item.get("id"), media.get("path")
            if not isinstance(path, str) or not path.strip():
                path = ""
            if not path and (not isinstance(name, str) or not name.strip()):
                self._reading.defect(where, "It has no id and no image with a path. Give it one of them.")
                continue
            where = f"{self._name}, item {shown(name or path)}"
            frame = self._reading.frame(path or str(name), where, stem=not path)
            if frame is not None:
                yield ReadImage(frame, self._objects(where, item, media, frame), self._split)

    def _objects(self, where: str, item: Mapping[str, Any], media: Mapping[str, Any], frame: Frame) -> list[ReadObject]:
        size = media.get("size")
        height, width = size if isinstance(size, list) and len(size) == 2 else (None, None)
        fits = self._reading.tell_size(where, frame, height, width)
        given = item.get("annotations")
        if not isinstance(given, list):
            self._reading.defect(where, "It has no list “annotations”.", frame.name)
            return []
        found: list[tuple[float, object, ReadObject]] = []
        for place, one in enumerate(given, 1):
            place_of = f"{where}, annotation {place}"
            with self._reading.taking(place_of, frame.name):
                if not isinstance(one, dict):
                    raise Skip("it is not an object with names and values")
                group = one.get("group")
                made = self._object(place_of, one, frame, fits)
                found.append((_z_order(one), group if isinstance(group, int) and group else None, made))
        found.sort(key=lambda one: one[0])  # those of the same height stay in the file's order
        return united(self._reading, frame, [(group, one) for _, group, one in found])

    def _object(self, where: str, one: Mapping[str, Any], frame: Frame, fits: bool) -> ReadObject:
        """Raises: Skip, CodecError."""
        number = one.get("label_id")
        if type(number) is not int or not 0 <= number < len(self._classes) or not self._classes[number]:
            raise Skip(f"its class {shown(number)} is not in the file")
        kind, hint = one.get("type"), ""
        if kind == "mask":
            counts, note = coco_rle.counts_of(one.get("rle"), frame.height, frame.width)
        elif kind == "polygon":
            if not fits:
                raise Skip(OTHER_SIZE)
            counts, note = polygons.counts_of([one.get("points")], frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        else:
            raise Skip(f"it is a {shown(kind)}, which has no mask")
        self._reading.told(where, note, frame.name)
        attributes = plain_attributes(one.get("attributes"))
        crowd = bool(attributes.pop(_CROWD, False))
        with_pixels(counts, frame, hint)
        return ReadObject(self._classes[number], counts, where, attributes, crowd)


def _list_in(categories: Mapping[str, Any], kind: str, name: str) -> list[Any]:
    part = categories.get(kind)
    found = part.get(name) if isinstance(part, dict) else None
    return found if isinstance(found, list) else []


def _colors(given: list[Any]) -> dict[int, str]:
    """The colour of each class by its number; those that are none are left out."""
    found = {}
    for one in given:
        if isinstance(one, dict) and type(one.get("label_id")) is int:
            color = [value for channel in "rgb" if type(value := one.get(channel)) is int and 0 <= value <= 255]
            if len(color) == 3:
                found[one["label_id"]] = "#" + bytes(color).hex()
    return found


def _z_order(one: Mapping[str, Any]) -> float:
    given = one.get("z_order", 0)
    return float(given) if isinstance(given, int | float) and abs(given) < 2**53 else 0.0
