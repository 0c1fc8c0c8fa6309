"""PNG masks: a class index, an instance id and a colour for every pixel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from labeling.exchange import coco_json, json_files, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.codecs.index_png import VOID, Color, Index
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem, ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, shown, uid_of
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader

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


class PngReadOptions(ReadOptions):
    """`numbers`: what PNGs of instances without a legend have: class × 256 + number (`kitti`) or class × 1000 + number
    (`mots`)."""

    numbers: Literal["kitti", "mots"] = "kitti"


_SHOWN = 20
_LARGEST_LIST = 1024 * 1024
_DIVISORS = {"kitti": 256, "mots": 1000}
_BACKGROUND = {"background", "_background_"}


@register_reader(name="png", title="PNG masks", options=PngReadOptions)
def read(reading: Reading, options: PngReadOptions) -> Iterator[ReadImage]:
    """PNGs of instances or classes with a legend: legend.json as exports have it, or label_colors.txt as KITTI has."""
    legends = [name for name in reading.source.names(".json") if PurePosixPath(name).name == "legend.json"]
    if legends:
        pngs = reading.source.names(".png")
        reading.label_files(name for name in pngs if _folder_of(name, "semantic", "instances", "color"))
        for name in legends:
            yield from _Legend(reading, name).images()
    else:
        yield from _Kitti(reading, _DIVISORS[options.numbers]).images()


def _folder_of(name: str, *folders: str) -> str:
    """The first of some folders that a file is in; "" for none."""
    return next((part for part in PurePosixPath(name).parts[:-1] if part in folders), "")


class _Legend:
    """An export of PNG masks. Defects name the legend or the PNG, and the instance."""

    def __init__(self, reading: Reading, name: str) -> None:
        self._reading, self._name = reading, name
        content = json_files.load(reading.source, name)
        classes, images = (content.get(key) if isinstance(content, dict) else None for key in ("classes", "images"))
        if not isinstance(classes, list) or not isinstance(images, list):
            raise ImportProblem(f"{name} has no lists “classes” and “images”, so it is no legend of PNG masks.")
        self._images = images
        self._classes: dict[int, str] = {}
        for place, one in enumerate(classes, 1):
            index, label = (one.get(key) if isinstance(one, dict) else None for key in ("index", "name"))
            if type(index) is not int or not isinstance(label, str) or not label.strip():
                reading.defect(f"{name}, class at place {place}", "It has no index or no name. Give it both.")
            else:
                color, stuff = coco_json.color(one.get("color")), one.get("kind") == "stuff"
                self._classes[index] = reading.add_class(label, index, color, stuff=stuff)

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the legend's order."""
        for place, image in enumerate(self._images, 1):
            given = image if isinstance(image, dict) else {}
            file, png = given.get("file_name"), given.get("instances")
            where = f"{self._name}, image {shown(file) if isinstance(file, str) else f'at place {place}'}"
            if not isinstance(file, str) or not file.strip() or not isinstance(png, str):
                self._reading.defect(where, "It has no file_name or no instances. Give it both.")
                continue
            original = given.get("original")
            frame = self._reading.frame(file, where, others=[original] if isinstance(original, str) else [])
            if frame is not None:
                path = (PurePosixPath(self._name).parent / png).as_posix()
                objects: list[ReadObject] = []
                with self._reading.taking(path, frame.name):
                    objects = self._objects(where, path, given, frame)
                yield ReadImage(frame, objects)

    def _objects(self, where: str, path: str, image: Mapping[str, Any], frame: Frame) -> list[ReadObject]:
        """Raises: Skip, CodecError."""
        if not self._reading.source.has(path):
            raise Skip("the dataset does not have it")
        values = index_png.read(self._reading.source.read(path), frame.height, frame.width).values
        masks_of = dict(index_png.segments(values))
        masks_of.pop(0, None)
        given, found = image.get("objects"), []
        for place, one in enumerate(given if isinstance(given, list) else [], 1):
            number, category = (one.get(key) if isinstance(one, dict) else None for key in ("instance", "class"))
            where_of = f"{where}, object {shown(number) if type(number) is int else f'at place {place}'}"
            with self._reading.taking(where_of, frame.name):
                if type(number) is not int or number not in masks_of:
                    raise Skip(f"no pixel of it is left in {path}; what lies above may cover it")
                if type(category) is not int or category not in self._classes:
                    raise Skip(f"its class {shown(category)} is not in the legend")
                counts = masks_of.pop(number)
                found.append(ReadObject(self._classes[category], counts, where_of, uid=uid_of(one.get("uid"))))
        left = sorted(masks_of)
        for number in left[:_SHOWN]:
            self._reading.defect(path, f"Number {number} has pixels, and no object in the legend.", frame.name)
        if len(left) > _SHOWN:
            self._reading.defect(path, f"{len(left) - _SHOWN} further numbers have none, too.", frame.name)
        return found


@dataclass(frozen=True)
class _Pngs:
    """The PNGs of an image, as far as there are."""

    instance: str | None
    semantic: str | None


class _Kitti:
    """Folders `instance` (class × divisor + number) and `semantic`, and label_colors.txt with a class in each row."""

    def __init__(self, reading: Reading, divisor: int) -> None:
        self._reading, self._divisor = reading, divisor
        self._pngs = self._find()
        self._names: dict[int, str] = {}
        self._table: dict[Color, int] = {}
        self._read_classes()

    def _find(self) -> dict[str, _Pngs]:
        """The PNGs by what the image is called, without suffix. Raises: ImportProblem when there are none."""
        found: dict[str, dict[str, str]] = {}
        names = self._reading.source.names(".png")
        self._reading.label_files(
            name for name in names if _folder_of(name, "instance", "instances", "semantic", "semantic_rgb", "color")
        )
        for name in names:
            folder = _folder_of(name, "instance", "instances", "semantic")
            if folder:
                parts = PurePosixPath(name).with_suffix("").parts
                stem = "/".join(part for part in parts if part != folder)
                found.setdefault(stem, {})[folder.removesuffix("s")] = name
        if not found:
            raise ImportProblem(
                f"{self._reading.source.label} has no legend.json, and no PNG in a folder instance or semantic."
            )
        return {stem: _Pngs(one.get("instance"), one.get("semantic")) for stem, one in sorted(found.items())}

    def _read_classes(self) -> None:
        """Raises: ImportProblem when there is no list of classes."""
        files = [name for name in self._reading.source.names(".txt") if name.endswith("label_colors.txt")]
        if not files:
            raise ImportProblem(
                f"{self._reading.source.label} has no legend.json and no label_colors.txt with “r g b name” in each "
                "row, which say the classes."
            )
        file = min(files, key=len)
        rows = self._reading.source.read(file, _LARGEST_LIST).decode("utf-8-sig", "replace").splitlines()
        for index, row in enumerate(one for one in rows if one.strip()):
            *numbers, name = row.split(None, 3)
            if len(numbers) != 3 or not all(one.isascii() and one.isdigit() and int(one[:4]) < 256 for one in numbers):
                self._reading.defect(f"{file}, row {index + 1}", "It is not “r g b name”. Correct it.")
                continue
            red, green, blue = map(int, numbers)
            self._table[red, green, blue] = index
            if name.strip().lower() not in _BACKGROUND:
                color = f"#{bytes((red, green, blue)).hex()}"
                self._names[index] = self._reading.add_class(name, index, color)

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, by name."""
        for stem, pngs in self._pngs.items():
            name = pngs.instance or pngs.semantic or stem
            frame = self._reading.frame(stem, name, stem=True)
            if frame is not None:
                objects: list[ReadObject] = []
                with self._reading.taking(name, frame.name):
                    objects = self._objects(name, pngs, frame)
                split = next((found for part in PurePosixPath(stem).parts[:-1] if (found := split_of(part))), "")
                yield ReadImage(frame, objects, split)

    def _objects(self, name: str, pngs: _Pngs, frame: Frame) -> list[ReadObject]:
        """Raises: CodecError."""
        picture = index_png.read(self._reading.source.read(name), frame.height, frame.width)
        values = picture.values if pngs.instance else index_png.indices(picture, self._table)
        if not pngs.instance:
            self._reading.note(name, "It has no PNG of instances. Each of its classes is one object.", frame.name)
        found = []
        for value, counts in index_png.segments(values):
            index = value // self._divisor if pngs.instance else value
            where = f"{name}, value {value}"
            if index in self._names:
                found.append(ReadObject(self._names[index], counts, where))
            elif index and not (value == VOID and not pngs.instance):
                self._reading.defect(where, f"Its class {index} is not in label_colors.txt.", frame.name)
            elif value and pngs.instance:
                self._reading.defect(where, "It has a number and no class.", frame.name)
        return found
