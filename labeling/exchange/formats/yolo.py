"""YOLO segments: what Ultralytics and supervision read. A line of text for each object.

It can't say: holes and parts other than by bridges, what lies above what (Ultralytics puts the smaller object on top),
attributes, crowds (they are written as objects), which classes are stuff. Ultralytics reads two equal lines as one,
and by default takes 1000 points of an outline.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import yaml

from labeling.annotations.models import Annotation
from labeling.exchange import painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import bridges, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, fill_hint, shown, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
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


class YoloReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow."""

    fill: polygons.Fill = "opencv"


_LARGEST_YAML = 256 * 1024
_LARGEST_LABELS = 64 * 1024**2
_LARGEST = 1.01  # Ultralytics allows as much


@register_reader(name="yolo", title="YOLO segments", options=YoloReadOptions)
def read(reading: Reading, options: YoloReadOptions) -> Iterator[ReadImage]:
    """A text file of outlines for each image, with data.yaml."""
    source = reading.source
    files = [name for name in source.names(".txt") if "labels" in PurePosixPath(name).parts[:-1]]
    if not files:
        raise ImportProblem(f"{source.label} has no .txt file in a folder labels, as YOLO has.")
    found, file = _read_yaml(reading)
    classes = _read_classes(reading, found, file)
    splits = _read_splits(found)
    for name in files:
        stem = _image_of(name)
        frame = reading.frame(stem, name, stem=True)
        if frame is not None:
            yield ReadImage(frame, _objects(reading, options, classes, name, frame), _split(stem, splits))


class _Loader(yaml.BaseLoader):
    """Every value is a text, and a value is there once: neither types nor repeated parts cost anything."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*), which is not read")
        return super().compose_node(parent, index)


def _read_yaml(reading: Reading) -> tuple[Mapping[str, Any], str]:
    """The YAML file that has the classes, and its name. Raises: ImportProblem when there is none."""
    files = sorted(reading.source.names(".yaml", ".yml"), key=lambda name: (name.count("/"), name))
    for name in files:
        content = reading.source.read(name, _LARGEST_YAML)
        try:
            found = yaml.load(content.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - it makes nothing but texts
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            text = " ".join(str(error).split())[:200]
            raise ImportProblem(f"{name} is not valid YAML: {text}.") from error
        except RecursionError as error:
            raise ImportProblem(f"{name} is nested too deeply to be a dataset.") from error
        if isinstance(found, dict) and "names" in found:
            return found, name
    raise ImportProblem(f"{reading.source.label} has no data.yaml with “names”, the classes of the dataset.")


def _read_classes(reading: Reading, content: Mapping[str, Any], file: str) -> dict[int, str]:
    """The name of each class by its number. Raises: ImportProblem."""
    names = content["names"]
    given = enumerate(names) if isinstance(names, list) else names.items() if isinstance(names, dict) else ()
    found: dict[int, str] = {}
    for key, name in given:
        if not isinstance(name, str) or not name.strip() or not str(key).isdecimal() or len(str(key)) > 9:
            reading.defect(f"{file}, class {shown(key)}", "It has no name, or its number is none.")
        else:
            found[int(key)] = reading.add_class(name, int(key))
    if not found:
        raise ImportProblem(f"{file} has no classes: “names” is a list of them, or 0: name, 1: name, and so on.")
    return found


def _read_splits(content: Mapping[str, Any]) -> dict[str, str]:
    """The subset of each folder that data.yaml has; "" for one that several subsets share."""
    found: dict[str, str] = {}
    for split in (*SPLITS, "minival"):
        given = content.get(split)
        for path in given if isinstance(given, list) else [given]:
            if isinstance(path, str) and path.strip():
                folder = "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", ".", ".."))
                found[folder] = "" if folder in found else split
    return found


def _image_of(file: str) -> str:
    """What an image of a label file is called, without suffix: the last folder `labels` is `images`."""
    parts = list(PurePosixPath(file).with_suffix("").parts)
    at = len(parts) - 2 - parts[:-1][::-1].index("labels")
    return "/".join([*parts[:at], "images", *parts[at + 1 :]])


def _split(image: str, splits: Mapping[str, str]) -> str:
    folder = PurePosixPath(image).parent.as_posix()
    for path, split in splits.items():
        if f"/{folder}/".find(f"/{path}/") >= 0:
            return split
    return next((found for part in PurePosixPath(folder).parts if not splits and (found := split_of(part))), "")


def _objects(
    reading: Reading, options: YoloReadOptions, classes: Mapping[int, str], name: str, frame: Frame
) -> list[ReadObject]:
    try:
        lines = reading.source.read(name, _LARGEST_LABELS).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        reading.defect(name, f"It is not UTF-8 text (at byte {error.start:,}). Save it as UTF-8.", frame.name)
        return []
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{name}, line {number}"
            with reading.taking(where, frame.name):
                found.append(_object(reading, options, classes, where, line.split(), frame))
    return found


def _object(
    reading: Reading, options: YoloReadOptions, classes: Mapping[int, str], where: str, row: list[str], frame: Frame
) -> ReadObject:
    """Raises: Skip, CodecError."""
    try:
        number, values = float(row[0]), np.array(row[1:], np.float64)
    except ValueError as error:
        raise Skip(f"it has something else than numbers ({shown(' '.join(row))})") from error
    if number not in classes:
        raise Skip(f"its class {shown(row[0])} is not in data.yaml")
    if len(values) == 4:
        raise Skip("it is a box, without a mask")
    inside = np.isfinite(values).all() and np.abs(values).max(initial=0) <= _LARGEST
    if not inside:
        raise Skip("it has a value that is not from 0 to 1, a share of the width or height")
    if len(values) % 2 or len(values) < 6:
        raise Skip(f"it has {len(values)} values behind the class; an outline has x and y of 3 points or more")
    points = (values.reshape(-1, 2) * (frame.width, frame.height)).ravel()
    counts, note = polygons.counts_of([points], frame.height, frame.width, options.fill)
    reading.told(where, note, frame.name)
    with_pixels(counts, frame, fill_hint(options.fill))
    return ReadObject(classes[int(number)], counts, where)
