"""COCO instances: what pycocotools, detectron2, mmdetection and torchvision read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from pydantic import Field

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange import coco_json, json_entries, spool
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import CodecError, coco_rle, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.reading import OTHER_SIZE, Reading, Skip, fill_hint, is_id, shown, uid_of, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader, when
from labeling.images.models import content_of
from labeling.projects.attributes import by_name

ANNOTATIONS = "annotations/instances_{split}.json"

README = """COCO instances of the project “{project}”

annotations/instances_<split>.json   {images} images, {objects} objects, {categories} classes

- Ids of images and annotations count from 1: images in the order of their making, the annotations of an image in
  drawing order (where two overlap, the later one is on top). Category ids are the numbers of the
  project's classes: the same in every export, never used again for another class.
- width and height are those of the upright picture; file_name is relative to images/.{pictures}
- segmentation is {segmentation}
- area and bbox are exact: pixels of the mask, and x, y, width, height of its tight box; the first pixel of a picture
  alone is [0, 0, 1, 1]. iscrowd is always 0.
- Additional keys: uid of an annotation (stays the same in every export), its attributes (if the project defines any;
  answers by the attribute's name; what was not answered is left out), original of an image (the uploaded file),
  color of a category; its supercategory is thing or stuff.
"""
_RLE = 'run-length encoded: {"size": [height, width], "counts": compressed string}, column by column.'
_POLYGONS = {
    "coco": "polygons along the edges of the pixels; each draws exactly the mask (checked with pycocotools).\n"
    "  {rle} of {objects} objects have holes, which COCO polygons can't say, and are run-length encoded instead.",
    "opencv": "polygons through the centres of the border's pixels; cv2.fillPoly draws exactly the mask\n"
    "  (checked; supervision uses it), and pycocotools half a pixel less on every side.\n"
    "  {rle} of {objects} objects have holes or parts of one or two pixels, which such polygons can't say, and are\n"
    "  run-length encoded instead.",
}


class CocoOptions(Options):
    """`segmentation`: how masks are written. `fill`: by whose rule polygons are exactly the mask."""

    segmentation: Literal["rle", "polygons"] = "rle"
    fill: Literal["coco", "opencv"] = Field(default="coco", json_schema_extra=when(segmentation="polygons"))


@register(name="coco", title="COCO instances", options=CocoOptions, cannot=("order",))
def write(dataset: Dataset, options: CocoOptions, archive: Archive, advance: Advance) -> None:
    """One JSON file with images, classes and masks (RLE or polygons), as pycocotools reads it."""
    count = kept_as_rle = 0
    images: dict[str, list[dict[str, Any]]] = {"train": []}
    with ExitStack() as stack:
        files: dict[str, Text] = {}
        for item in dataset:
            out = files.get(item.split)
            images.setdefault(item.split, []).append(_image(item))
            for kept in item.objects:
                count += 1
                segmentation = _segmentation(kept, item, options)
                kept_as_rle += isinstance(segmentation, dict)
                annotation = _annotation(count, kept, item, segmentation)
                if dataset.attributes:
                    annotation["attributes"] = by_name(dataset.attributes, kept.attributes)
                if out is None:
                    out = _begun(stack, archive, files, item.split)
                else:
                    out.write(",")
                out.write_json(annotation)
            if options.include_images:
                item.copy_view(archive)
            advance()
        info = _info(dataset) | ({"kept_as_rle": kept_as_rle} if options.segmentation == "polygons" else {})
        for split in [one for one in images if images[one] or len(images) == 1]:
            _end(files.get(split) or _begun(stack, archive, files, split), dataset, info, images[split])
    archive.write_text("README.txt", _readme(dataset, options, sum(map(len, images.values())), count, kept_as_rle))


def _begun(stack: ExitStack, archive: Archive, files: dict[str, Text], split: str) -> Text:
    """The JSON file of a split, up to its annotations, which are written one by one."""
    files[split] = stack.enter_context(archive.beside(ANNOTATIONS.format(split=split)))
    files[split].write('{"annotations":[')
    return files[split]


def _end(out: Text, dataset: Dataset, info: dict[str, Any], images: list[dict[str, Any]]) -> None:
    categories = [
        {"id": one.number, "name": one.name, "supercategory": one.kind, "color": one.color}
        for one in dataset.categories
    ]
    for name, value in (("images", images), ("categories", categories), ("info", info), ("licenses", [])):
        out.write(f'{"]" if name == "images" else ""},"{name}":')
        out.write_json(value)
    out.write("}")


def _info(dataset: Dataset) -> dict[str, Any]:
    changed = dataset.changed_at()
    return {
        "description": dataset.project.name,
        "version": "1.0",
        "year": changed.year,
        "contributor": "Interlabel",
        "date_created": changed.isoformat(timespec="seconds"),
    }


def _image(item: Item) -> dict[str, Any]:
    page, geo = item.image.page, item.image.source.get("geo")
    return {
        "id": item.number,
        "file_name": item.file_name,
        "width": item.image.width,
        "height": item.image.height,
        "original": {"name": item.image.name, "sha256": item.image.sha256} | ({"page": page} if page else {}),
        **({"geo": geo} if geo else {}),
    }


def _content(original: Any) -> str:
    """What an export of our own says of the uploaded file, as `Image.content`; "" for anything else."""
    digest, page = (original.get("sha256"), original.get("page", 0)) if isinstance(original, dict) else ("", 0)
    return content_of(digest, page if is_id(page) else 0) if isinstance(digest, str) else ""


def _annotation(number: int, kept: Annotation, item: Item, segmentation: Any) -> dict[str, Any]:
    area, box = masks.area_and_box(item.counts(kept), item.image.height, item.image.width)
    return {
        "id": number,
        "image_id": item.number,
        "category_id": kept.category.number,
        "segmentation": segmentation,
        "area": area,
        "bbox": box.as_list(),
        "iscrowd": int(kept.crowd),
        "uid": str(kept.uid),
    }


def _segmentation(kept: Annotation, item: Item, options: CocoOptions) -> dict[str, Any] | list[list[int]]:
    if options.segmentation == "polygons":
        box, patch = item.patch(kept)
        outlines = polygons.of if options.fill == "coco" else polygons.of_opencv
        found = outlines(patch, box.x, box.y)
        if found is not None:
            return found
    return {"size": [item.image.height, item.image.width], "counts": item.counts(kept)}


def _readme(dataset: Dataset, options: CocoOptions, images: int, objects: int, kept_as_rle: int) -> str:
    of_polygons = _POLYGONS[options.fill].format(rle=kept_as_rle, objects=objects)
    segmentation = _RLE if options.segmentation == "rle" else of_polygons
    return README.format(
        project=dataset.project.name,
        images=images,
        objects=objects,
        categories=len(dataset.categories),
        pictures="" if options.include_images else " The pictures are not in this zip.",
        segmentation=segmentation,
    )


class CocoReadOptions(ReadOptions):
    """`crowd`: what `iscrowd` 1 means. `keep`: a crowd; `objects`: nothing, they are objects as the others; `auto`: a
    crowd, unless every mask has it, as Datumaro and CVAT write them. `fill`: whose rule a polygon's pixels follow."""

    crowd: Literal["auto", "keep", "objects"] = "auto"
    fill: polygons.Fill = "coco"


_SPLIT = re.compile(r"^(?:instances|panoptic|annotations?)?[_-]?(.*?)$")


@register_reader(name="coco", title="COCO instances", options=CocoReadOptions)
def read(reading: Reading, options: CocoReadOptions) -> Iterator[ReadImage]:
    """JSON files with images, classes and masks (RLE or polygons), as pycocotools reads them."""
    found = reading.source.names(".json")
    named = [name for name in found if PurePosixPath(name).name.startswith("instances")]
    if not found:
        raise ImportProblem(f"{reading.source.label} has no .json file. A COCO dataset has its labels in one.")
    others: ImportProblem | None = None
    some = False
    for name in named or found:
        with spool.opened() as kept:
            try:
                file = _File(reading, options, name, kept)
            except NotCoco as problem:
                if named or len(found) == 1:
                    raise
                others = problem  # a folder may have other files, too
                continue
            some = True
            yield from file.images()
    if others is not None and not some:
        raise others


_SECTIONS = ("images", "annotations", "categories")
_MOST_CLASSES = 100_000
_NO_IMAGE = "-"


def _key(number: Any) -> str:
    """An id as text; 1 and "1" are two. Empty for what is none."""
    return json.dumps(number) if is_id(number) else ""


class NotCoco(ImportProblem):
    """A JSON file that is no COCO dataset."""


class _File:
    """One JSON file. Defects name it, and the annotation by its id or, without one, by its place from 1.

    It is gone through entry by entry; images and annotations wait in `kept`, as a file lists them in any order.
    """

    def __init__(self, reading: Reading, options: CocoReadOptions, name: str, kept: spool.Spool) -> None:
        self._reading, self._options, self._name, self._kept = reading, options, name, kept
        self._flags: set[bool] = set()
        self._is_ours = False
        self._classes = coco_json.classes(reading, name, self._take_in())
        self._is_crowd = self._crowds()
        stem = PurePosixPath(name).stem
        self._split = _SPLIT.sub(r"\1", stem) if stem.startswith("instances") else ""
        self._seen: set[Any] = set()

    def _take_in(self) -> list[Mapping[str, Any]]:
        """Returns: the classes. Raises: NotCoco where the file lacks a list; ImportProblem."""
        classes: list[Mapping[str, Any]] = []
        lists: set[str] = set()
        first: ImportProblem | None = None
        for entry in json_entries.entries(self._reading.source, self._name):
            section, one = entry.section, entry.value
            if section not in _SECTIONS or (not entry.place and one != []):
                continue
            lists.add(section)
            if not isinstance(one, dict):
                text = f"entry {entry.place} of “{section}” is not an object with names and values."
                first = first or (ImportProblem(f"{self._name}: {text}") if entry.place else None)
            elif section == "categories":
                classes.append(one)
                if len(classes) > _MOST_CLASSES:
                    raise ImportProblem(f"{self._name} has more than {_MOST_CLASSES:,} classes.")
            elif section == "images":
                self._kept.add(section, _key(one.get("id")) or _NO_IMAGE, entry.place, entry.text)
            else:
                self._kept.add(section, _key(one.get("image_id")), entry.place, entry.text)
                self._is_ours = self._is_ours or uid_of(one.get("uid")) is not None
                if one.get("segmentation"):
                    self._flags.add(bool(one.get("iscrowd")))
        for section in _SECTIONS:
            if section not in lists:
                raise NotCoco(
                    f"{self._name} has no list “{section}”, so it is no COCO dataset. A file of predictions (results) "
                    "is another format."
                )
        if first is not None:
            raise first
        self._kept.seal()
        return classes

    def _crowds(self) -> bool:
        """Whether `iscrowd` says that an object is a crowd."""
        if self._options.crowd != "auto":
            return self._options.crowd == "keep"
        if self._is_ours:  # in our exports the flag means what it says
            return True
        if self._flags == {True}:
            self._reading.note(
                self._name, "Every mask is marked as a crowd, as some tools mark all RLE. They are taken as objects."
            )
        return self._flags != {True}

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the file's order."""
        for place, text in self._kept.without("annotations", "images"):
            one = json.loads(text)
            self._reading.defect(self._where(place, one), f"Its image {shown(one.get('image_id'))} is not in the file.")
        for place, text in self._kept.all("images"):
            image = json.loads(text)
            key = _key(image.get("id"))
            where = f"{self._name}, image {shown(image.get('id'))}"
            rows = self._reading.of_one_image(where, self._kept.of("annotations", key) if key else ())
            annotations = [(self._where(of, one), one) for of, one in ((of, json.loads(row)) for of, row in rows)]
            yield from self._image(place, image, annotations)

    def _where(self, place: int, one: Mapping[str, Any]) -> str:
        return f"{self._name}, annotation {one['id'] if is_id(one.get('id')) else f'at place {place}'}"

    def _image(
        self, place: int, image: Mapping[str, Any], annotations: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[ReadImage]:
        number, name = image.get("id"), image.get("file_name")
        where = f"{self._name}, image {number if is_id(number) else f'at place {place}'}"
        if not is_id(number) or not isinstance(name, str) or not name.strip():
            self._reading.defect(where, "It has no id or no file_name. Give it both.")
            return
        if number in self._seen:
            self._reading.defect(where, "Its id is there twice. Give each image an id of its own.", name)
            return
        self._seen.add(number)
        original = image.get("original")
        frame = self._reading.frame(name, where, _content(original))
        if frame is None:
            return
        fits = self._reading.tell_size(where, frame, image.get("height"), image.get("width"))
        fits = fits or _are_for(frame, image.get("height"), image.get("width"), [one for _, one in annotations])
        objects = []
        for place_of, one in annotations:
            with self._reading.taking(place_of, name):
                objects.append(self._object(place_of, one, frame, fits))
        yield ReadImage(frame, objects, self._split)

    def _object(self, where: str, one: Mapping[str, Any], frame: Frame, fits: bool) -> ReadObject:
        """fits: whether polygons are for the picture as it is. Raises: Skip, CodecError."""
        category = one.get("category_id")
        if not is_id(category) or category not in self._classes:
            raise Skip(f"its class {shown(category)} is not in the file")
        segmentation = one.get("segmentation")
        if isinstance(segmentation, dict):
            counts, note = coco_rle.counts_of(segmentation, frame.height, frame.width)
        elif segmentation:
            if not fits:
                raise Skip(OTHER_SIZE)
            counts, note = polygons.counts_of(segmentation, frame.height, frame.width, self._options.fill)
        else:
            raise Skip("it has no mask, only a box at most")
        self._reading.told(where, note, frame.name)
        with_pixels(counts, frame, "" if isinstance(segmentation, dict) else fill_hint(self._options.fill))
        given = one.get("attributes")
        return ReadObject(
            category=self._classes[category],
            counts=counts,
            where=where,
            attributes=given if isinstance(given, dict) else {},
            crowd=self._is_crowd and bool(one.get("iscrowd")),
            uid=uid_of(one.get("uid")),
        )


def _are_for(frame: Frame, height: Any, width: Any, annotations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether annotations are for the picture, although the file states another size for it: one of their masks has
    the picture's size, or one of their points is in the picture and outside of what the file states."""
    stated = np.array([one if type(one) in (int, float) else np.inf for one in (width, height)], np.float64)
    for one in annotations:
        segmentation = one.get("segmentation")
        if isinstance(segmentation, dict):
            if segmentation.get("size") == [frame.height, frame.width]:
                return True
        elif segmentation:
            try:
                rings, _ = polygons.checked(segmentation, frame.height, frame.width)
            except CodecError:
                continue
            points = np.concatenate(rings)
            if (points <= [frame.width, frame.height]).all() and (points > stated).any():
                return True
    return False
