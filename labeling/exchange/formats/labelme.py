"""labelme: a JSON file for each picture, with mask shapes (labelme 5.1 and later).

It has whole masks and drawing order. It can't say: attributes other than yes or no as such (they are lines of the
description), which classes are stuff, colours. Tools that know only polygons don't read masks.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from labeling.annotations.models import Annotation
from labeling.exchange import json_files
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject, Value
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.reading import Reading, Skip, fill_hint, plain_attributes, shown, united, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
from labeling.projects.attributes import by_name

CROWD = "crowd"
"""The flag of objects that are a crowd."""

_VERSION = "5.5.0"


@register(name="labelme", title="labelme")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """A JSON file with masks for each picture, where that is or belongs."""
    for item in dataset:
        archive.write_json(f"images/{item.stem}.json", _file(dataset, item), indent=2)
        if options.include_images:
            item.copy_view(archive)
        advance()
    rows = ["__ignore__", "_background_", *(" ".join(one.name.splitlines()) for one in dataset.categories)]
    archive.write_text("labels.txt", "".join(f"{row}\n" for row in rows))


def _file(dataset: Dataset, item: Item) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "flags": {},
        "shapes": [shape for kept in item.objects if (shape := _shape(dataset, item, kept))],
        "imagePath": PurePosixPath(item.file_name).name,
        "imageData": None,
        "imageHeight": item.image.height,
        "imageWidth": item.image.width,
    }


def _shape(dataset: Dataset, item: Item, kept: Annotation) -> dict[str, Any] | None:
    """A mask: a PNG of 0 and 1 in its tight box, whose corners belong to it. None when it has no pixel."""
    box, patch = item.patch(kept)
    if not box.width:
        return None
    answers = by_name(dataset.attributes, kept.attributes)
    flags = {name: value for name, value in answers.items() if isinstance(value, bool)}
    if kept.crowd:
        flags[CROWD] = True
    return {
        "label": kept.category.name,
        "points": [[box.x, box.y], [box.x + box.width - 1, box.y + box.height - 1]],
        "group_id": None,
        "description": _description({name: value for name, value in answers.items() if type(value) is not bool}),
        "shape_type": "mask",
        "flags": flags,
        "mask": base64.b64encode(index_png.write(patch.astype(np.uint8))).decode("ascii"),
    }


def _description(answers: Mapping[str, Value]) -> str:
    """A line `name: value` for each answer; JSON where lines would not say the same."""
    lines = [f"{name}: {value}" for name, value in answers.items()]
    parsed = [_LINE.fullmatch(line) for line in lines]
    if all(one and one[1] == name for one, name in zip(parsed, answers, strict=True)):
        return "\n".join(lines)
    return json.dumps(answers, ensure_ascii=False)


class LabelmeReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow."""

    fill: polygons.Fill = "pil"


_NO_CLASS = {"__ignore__", "_background_"}
_LINE = re.compile(r"([^:\n]{1,80}): (.*)")
_MOST_CLASSES_BYTES = 1024 * 1024


@register_reader(name="labelme", title="labelme", options=LabelmeReadOptions)
def read(reading: Reading, options: LabelmeReadOptions) -> Iterator[ReadImage]:
    """A JSON file for each picture, with masks or polygons."""
    for name in reading.source.names(".txt"):
        if PurePosixPath(name).name == "labels.txt":
            rows = reading.source.read(name, _MOST_CLASSES_BYTES).decode("utf-8", "replace").splitlines()
            for row in rows:
                if row.strip() and row.strip() not in _NO_CLASS:
                    reading.add_class(row)
    names = reading.source.names(".json")
    for name, content in json_files.of_format(reading, names, _lacks, "a file of labelme"):
        yield from _File(reading, options, name, content).image()


def _lacks(content: Any) -> str:
    return "" if isinstance(content, dict) and isinstance(content.get("shapes"), list) else "list “shapes”"


class _File:
    """One JSON file, of one image. Defects name it, and the shape by its place from 1."""

    def __init__(self, reading: Reading, options: LabelmeReadOptions, name: str, content: Mapping[str, Any]) -> None:
        self._reading, self._options, self._name, self._content = reading, options, name, content

    def image(self) -> Iterator[ReadImage]:
        """The image, if it has a frame."""
        content = self._content
        name = _beside(self._name, content.get("imagePath"))
        frame = self._reading.frame(name, self._name, stem=name == PurePosixPath(self._name).with_suffix("").as_posix())
        if frame is None:
            return
        objects = []
        if self._reading.has_size(self._name, frame, content.get("imageHeight"), content.get("imageWidth")):
            for place, shape in enumerate(content["shapes"], 1):
                where = f"{self._name}, shape {place}"
                with self._reading.taking(where, frame.name):
                    if not isinstance(shape, dict):
                        raise Skip("it is not an object with names and values")
                    group = shape.get("group_id")
                    made = self._object(where, shape, frame)
                    objects.append((group if isinstance(group, int | str) else None, made))
        yield ReadImage(frame, united(self._reading, frame, objects, "group_id"))

    def _object(self, where: str, shape: Mapping[str, Any], frame: Frame) -> ReadObject:
        """Raises: Skip, CodecError."""
        label, kind, hint = shape.get("label"), shape.get("shape_type") or "polygon", ""
        if not isinstance(label, str) or not label.strip():
            raise Skip("it has no label")
        if kind == "mask":
            left, top = _corner(shape.get("points"))
            counts, note = index_png.patch(_png(shape.get("mask")), left, top, frame.height, frame.width)
        elif kind == "polygon":
            points = _flat(shape.get("points"))
            counts, note = polygons.counts_of([points], frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        else:
            raise Skip(f"it is a {shown(kind)}, which has no mask. Make it a polygon in labelme")
        self._reading.told(where, note, frame.name)
        with_pixels(counts, frame, hint)
        attributes = _answers(shape)
        crowd = attributes.pop(CROWD, False) is True
        return ReadObject(self._reading.add_class(label), counts, where, attributes, crowd)


def _beside(file: str, path: Any) -> str:
    """The picture that a JSON file names, from the dataset's root; without a path the file's own name without suffix.
    It may not be there: people move folders."""
    if not isinstance(path, str) or not path.strip():
        return PurePosixPath(file).with_suffix("").as_posix()
    parts: list[str] = []
    for part in (PurePosixPath(file).parent / path.replace("\\", "/")).parts:
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    return "/".join(parts).lstrip("/") or path


def _flat(points: Any) -> list[Any]:
    """`[x1, y1, …]` of `[[x1, y1], …]`. Raises: Skip."""
    if not isinstance(points, list) or not all(isinstance(one, list) and len(one) == 2 for one in points):
        raise Skip("its points are no list of pairs")
    return [value for one in points for value in one]


def _corner(points: Any) -> tuple[int, int]:
    """The first pixel of a mask. Raises: Skip."""
    flat = _flat(points)
    good = all(isinstance(one, int | float) and abs(one) < 2**31 for one in flat)  # NaN is not less
    if len(flat) != 4 or not good:
        raise Skip("its points are not the two corners of a mask")
    return math.floor(min(flat[0], flat[2]) + 0.5), math.floor(min(flat[1], flat[3]) + 0.5)


def _png(text: Any) -> bytes:
    """Raises: Skip."""
    if not isinstance(text, str):
        raise Skip("it has no mask")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Skip("its mask is not base64") from error


def _answers(shape: Mapping[str, Any]) -> dict[str, Value]:
    """Its flags, and its description: as lines `name: value` if all its lines are such, or JSON; else whole."""
    given, text = shape.get("flags"), shape.get("description")
    found: dict[str, Value] = {}
    if isinstance(text, str) and text.strip():
        lines = [_LINE.fullmatch(line) for line in text.split("\n")]
        of_lines: dict[str, Value] = {one[1]: one[2] for one in lines if one} if all(lines) else {}
        found = _of_json(text) or of_lines or {"description": text}
    if isinstance(given, dict):
        found |= {str(name): value for name, value in given.items() if isinstance(value, bool)}
    return found


def _of_json(text: str) -> dict[str, Value]:
    """The answers that are a JSON object; none for any other text."""
    try:
        return plain_attributes(json.loads(text))
    except (ValueError, RecursionError):
        return {}
