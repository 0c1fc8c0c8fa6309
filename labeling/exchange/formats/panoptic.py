"""COCO panoptic: what panopticapi, detectron2, mmdetection and Datumaro read.

It can't say: what is under another object, the order of objects, attributes, objects that are covered entirely, and
separate objects of a class that is stuff (they are one segment).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from labeling import masks
from labeling.exchange import coco_json, json_files, painting
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import index_png
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, is_id, shown
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader

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


@register(name="panoptic", title="COCO panoptic", cannot=("overlap", "order", "attributes", "stuff"))
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


Content = Mapping[str, Any]


@register_reader(name="panoptic", title="COCO panoptic")
def read(reading: Reading, options: ReadOptions) -> Iterator[ReadImage]:
    """JSON files with images, classes and segments, each with a folder of RGB PNGs of segment ids."""
    pngs = _Pngs(reading)
    names = reading.source.names(".json")
    for name, content in json_files.of_format(reading, names, _lacks, "COCO panoptic"):
        yield from _File(reading, name, content, pngs).images()


def _lacks(content: Any) -> str:
    for section in ("images", "annotations", "categories"):
        found = content.get(section) if isinstance(content, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            return f"list “{section}” of objects"
    is_panoptic = not content["annotations"] or any("segments_info" in one for one in content["annotations"])
    return "" if is_panoptic else "list “segments_info” in its annotations"


class _Pngs:
    """The PNGs of a dataset, by the last part of their names."""

    def __init__(self, reading: Reading) -> None:
        self._source = reading.source
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for name in self._source.names(".png"):
            self._by_last[PurePosixPath(name).name].append(name)
        reading.label_files(
            name for names in self._by_last.values() for name in names if "panoptic" in str(PurePosixPath(name).parent)
        )

    def find(self, json_file: str, name: str) -> str | None:
        """Where a PNG is that a JSON file names: in the folder of that file's name, beside it, or the only one."""
        name = name.replace("\\", "/")
        file = PurePosixPath(json_file)
        for path in (file.with_suffix("") / name, file.parent / name, PurePosixPath(file.stem) / name):
            if self._source.has(path.as_posix()):
                return path.as_posix()
        same = self._by_last.get(PurePosixPath(name).name, [])
        if len(same) > _MOST_SAME:  # looking through them for each image takes too long
            return None
        ends = [one for one in same if f"/{one}".endswith(f"/{name}")]
        near = [one for one in ends if file.stem in PurePosixPath(one).parts] or ends
        return near[0] if len(near) == 1 else None


class _File:
    """One JSON file. Defects name it, the image's id, and the segment's."""

    def __init__(self, reading: Reading, name: str, content: Content, pngs: _Pngs) -> None:
        self._reading, self._name, self._pngs = reading, name, pngs
        self._images: Sequence[Content] = content["images"]
        given = content["categories"]
        no_thing = bool(given) and all(one.get("isthing") == 0 for one in given)
        if no_thing:
            reading.note(name, "No class is a thing (isthing), as some tools write it. They are taken as things.")
        self._classes = coco_json.classes(reading, name, given, only_things=no_thing)
        self._of_image = self._annotations(content["annotations"])
        self._split = split_of(PurePosixPath(name).name)

    def _annotations(self, given: Sequence[Content]) -> dict[Any, tuple[str, Content]]:
        """The annotation of each image, and its PNG."""
        known = {one["id"] for one in self._images if is_id(one.get("id"))}
        found: dict[Any, tuple[str, Content]] = {}
        for place, one in enumerate(given, 1):
            image, name = one.get("image_id"), one.get("file_name")
            where = f"{self._name}, annotation of image {shown(image)}"
            png = self._pngs.find(self._name, name) if isinstance(name, str) and name else None
            if not is_id(image) or image not in known:
                place_of = f"{self._name}, annotation at place {place}"
                self._reading.defect(place_of, f"Its image {shown(image)} is not in the file.")
            elif image in found:
                self._reading.defect(where, "It is there twice. Only the first is taken.")
            elif png is None:
                self._reading.defect(where, f"Its PNG {shown(name)} is not in the dataset.")
            else:
                found[image] = (png, one)
        self._reading.label_files(png for png, _ in found.values())
        return found

    def images(self) -> Iterator[ReadImage]:
        """The images that have segments and a frame, in the file's order."""
        seen: set[Any] = set()
        for place, image in enumerate(self._images, 1):
            number, name = image.get("id"), image.get("file_name")
            where = f"{self._name}, image {shown(number) if is_id(number) else f'at place {place}'}"
            if not is_id(number) or not isinstance(name, str) or not name.strip():
                self._reading.defect(where, "It has no id or no file_name. Give it both.")
            elif number in seen:
                self._reading.defect(where, "Its id is there twice. Give each image an id of its own.", name)
            elif number not in self._of_image:
                self._reading.note(where, "It has no segments.", name)
            elif (frame := self._reading.frame(name, where)) is not None:
                self._reading.tell_size(where, frame, image.get("height"), image.get("width"))
                png, annotation = self._of_image[number]
                objects: list[ReadObject] = []
                with self._reading.taking(png, name):
                    objects = self._objects(where, png, annotation, frame)
                yield ReadImage(frame, objects, self._split)
            if is_id(number):
                seen.add(number)

    def _objects(self, where: str, png: str, annotation: Content, frame: Frame) -> list[ReadObject]:
        """The segments in the list's order. Raises: Skip, CodecError when none can be taken."""
        picture = index_png.read(self._reading.source.read(png), frame.height, frame.width)
        if picture.palette is not None:
            raise Skip("the PNG has a palette; ids of segments are R + 256 G + 65536 B of an RGB picture")
        masks_of = dict(index_png.segments(picture.values))
        masks_of.pop(0, None)
        found, seen = [], set()
        given = annotation.get("segments_info")
        if not isinstance(given, list):
            raise Skip("the JSON file has no list “segments_info” for it")
        for place, one in enumerate(given, 1):
            number = one.get("id") if isinstance(one, dict) else None
            where_of = f"{where}, segment {shown(number) if is_id(number) else f'at place {place}'}"
            with self._reading.taking(where_of, frame.name):
                if type(number) is not int or number in seen:
                    raise Skip("it has no id of its own")
                seen.add(number)
                category = one.get("category_id")
                if number not in masks_of:
                    raise Skip(f"{png} has no pixel of it")
                if not is_id(category) or category not in self._classes:
                    raise Skip(f"its class {shown(category)} is not in the file")
                crowd = bool(one.get("iscrowd"))
                found.append(ReadObject(self._classes[category], masks_of[number], where_of, crowd=crowd))
        unknown = sorted(set(masks_of) - seen)
        for number in unknown[:_SHOWN]:
            self._reading.defect(png, f"Segment {number} has pixels, and no entry in {self._name}.", frame.name)
        if len(unknown) > _SHOWN:
            text = f"{len(unknown) - _SHOWN} further segments have no entry in {self._name}."
            self._reading.defect(png, text, frame.name)
        return found


_SHOWN = 20
_MOST_SAME = 200  # PNGs of one name, in other folders than those that are looked in first
