"""Pascal VOC segmentation: what torchvision, mmsegmentation, Datumaro and CVAT (“Segmentation mask”) read.

It can't say: what is under another object, more than 254 classes or objects of an image, which class an object has
that is covered entirely, attributes, crowds, and which objects are stuff.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from labeling import masks
from labeling.exchange import names, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import CodecError, index_png
from labeling.exchange.codecs.index_png import VOID, Color, IndexPicture
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, shown
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader

_MOST = 254  # 0 is background, 255 void

README = """Pascal VOC segmentation of the project “{project}”: {images} images, {objects} objects

SegmentationClass/    palette PNG: 0 background, then the classes in the order of labelmap.txt; 255 void
SegmentationObject/   palette PNG: 0 background, then the objects of the image from 1, in drawing order; 255 void
ImageSets/Segmentation/{split}.txt   the images, without suffix
labelmap.txt          name:red,green,blue:parts:actions of each class; the first line is index 0
{pictures}
- Colours are Pascal VOC's own palette by index, so readers of colours and readers of indices find the same.
- Where objects overlap, the upper one in the editor's order is on top. {hidden} objects are covered entirely.
- Void: {void}
{renamed}"""


class VocOptions(Options):
    """`border`: how many pixels around every object's edge, on both sides, are void, as in Pascal VOC's own files."""

    border: int = Field(default=0, ge=0, le=10)


@register(
    name="voc",
    title="Pascal VOC segmentation",
    options=VocOptions,
    cannot=("overlap", "order", "attributes", "crowd", "classes"),
)
def write(dataset: Dataset, options: VocOptions, archive: Archive, advance: Advance) -> None:
    """Palette PNGs of classes and of objects, with ImageSets and labelmap.txt."""
    index = painting.class_indices(dataset, 1, _MOST, "Pascal VOC")
    labels = names.plain([one.name for one in dataset.categories], ":,#", ["background"])
    colors = index_png.voc_palette()
    stems: dict[str, list[str]] = {}
    objects = hidden = 0
    for item in dataset:
        pixels = painting.instances(item, _MOST, "Pascal VOC")
        classes = painting.by_object(pixels, [index[kept.category_id] for kept in item.objects])
        void = _border(pixels, options.border)
        for folder, values in (("SegmentationClass", classes), ("SegmentationObject", pixels)):
            values[void] = VOID
            archive.write(f"{folder}/{item.stem}.png", index_png.write(values.astype(np.uint8), colors), compress=False)
        if options.include_images:
            item.copy_view(archive, f"JPEGImages/{item.file_name}")
        stems.setdefault(item.split, []).append(item.stem)
        objects, hidden = objects + len(item.objects), hidden + _hidden(item, pixels)
        advance()
    for split, found in sorted(stems.items() or [("train", [])]):
        archive.write_text(f"ImageSets/Segmentation/{split}.txt", "".join(f"{stem}\n" for stem in found))
    archive.write_text("labelmap.txt", _labelmap(labels, colors))
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=sum(map(len, stems.values())),
            objects=objects,
            hidden=hidden,
            split=", ".join(sorted(stems)) or "train",
            pictures="JPEGImages/           the upright pictures\n" if options.include_images else "",
            void=f"{options.border} pixels on both sides of every edge." if options.border else "none.",
            renamed=names.renamed_classes(dataset.categories, labels, "labelmap.txt"),
        ),
    )


def _border(pixels: index_png.Index, width: int) -> npt.NDArray[np.bool_]:
    """The pixels that are at most `width` pixels from one of another object or of none, `height×width`."""
    if not width:
        return np.zeros(pixels.shape, bool)
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    numbers = pixels.astype(np.uint8)
    edge: npt.NDArray[np.bool_] = cv2.dilate(numbers, kernel) != cv2.erode(numbers, kernel)
    return edge


def _hidden(item: Item, pixels: index_png.Index) -> int:
    """How many objects have no pixel left for themselves."""
    return painting.visible(pixels, max(VOID, len(item.objects)))[: len(item.objects)].count(0)


def _labelmap(labels: list[str], colors: index_png.Palette) -> str:
    rows = ["# label:color_rgb:parts:actions"]
    for at, label in enumerate(["background", *labels]):
        rows.append(f"{label}:{','.join(map(str, colors[at].tolist()))}::")
    return "\n".join(rows) + "\n"


_CLASSES, _OBJECTS = "SegmentationClass", "SegmentationObject"
_BACKGROUND = {"background", "_background_"}
_VOID_COLOR: Color = (224, 224, 192)
_MOST_COLORS = 65_535
_LARGEST_LIST = 16 * 1024**2
_OFFICIAL = """
background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant
sheep sofa train tvmonitor
"""
Numbers = npt.NDArray[np.uint32]


@register_reader(name="voc", title="Pascal VOC segmentation")
def read(reading: Reading, options: ReadOptions) -> Iterator[ReadImage]:
    """PNGs of classes and of objects (palette or RGB), with labelmap.txt or a list of classes."""
    pngs = {folder: _in_folder(reading, folder) for folder in (_CLASSES, _OBJECTS)}
    reading.label_files(name for found in pngs.values() for name in found.values())
    if not pngs[_CLASSES]:
        raise ImportProblem(f"{reading.source.label} has no PNG in a folder {_CLASSES}, as Pascal VOC has.")
    classes = _read_classes(reading)
    splits = _read_splits(reading, pngs[_CLASSES])
    if not pngs[_OBJECTS]:
        text = f"There is no folder {_OBJECTS}. Each class of an image is one object."
        reading.note(reading.source.label, text)
    for stem in sorted(pngs[_OBJECTS].keys() - pngs[_CLASSES].keys()):
        reading.defect(pngs[_OBJECTS][stem], f"It has no PNG in {_CLASSES}, which says the classes of its objects.")
    for stem, name in pngs[_CLASSES].items():
        frame = reading.frame(stem, name, stem=True)
        if frame is not None:
            objects: list[ReadObject] = []
            with reading.taking(name, frame.name):
                objects = _Picture(reading, classes, frame, name, pngs[_OBJECTS].get(stem)).objects()
            yield ReadImage(frame, objects, splits.get(stem, ""))


def _in_folder(reading: Reading, folder: str) -> dict[str, str]:
    """The PNGs in a folder of that name, by what comes behind it, without suffix."""
    found: dict[str, str] = {}
    for name in reading.source.names(".png"):
        parts = PurePosixPath(name).parts
        if folder in parts[:-1]:
            stem = PurePosixPath(*parts[parts.index(folder) + 1 :]).with_suffix("").as_posix()
            if found.setdefault(_composed(stem), name) != name:
                reading.defect(name, f"The dataset has this image twice; the other is {found[_composed(stem)]}.")
    return found


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True)
class _Classes:
    """`names`: of each index but background and void. `table`: the index of each colour."""

    names: dict[int, str]
    table: dict[Color, int]


def _read_classes(reading: Reading) -> _Classes:
    """Of labelmap.txt, of a list of names, or the 20 of Pascal VOC."""
    rows: list[tuple[str, Color | None]] = [(name, None) for name in _OFFICIAL.split()]
    for wanted in ("labelmap.txt", "class_names.txt", "labels.txt"):
        files = [name for name in reading.source.names(".txt") if PurePosixPath(name).name == wanted]
        if files:
            rows = _rows(reading, min(files, key=len), with_colors=wanted == "labelmap.txt")
            break
    else:
        reading.note(reading.source.label, "There is no labelmap.txt. The classes are Pascal VOC's own 20.")
    if not any(name.lower() in _BACKGROUND for name, _ in rows):
        rows.insert(0, ("background", None))
    palette = [_color(one) for one in index_png.voc_palette()]
    named: dict[int, str] = {}
    table: dict[Color, int] = {_VOID_COLOR: VOID}
    for row, (name, given) in enumerate(rows):
        index = row if row < VOID else row + 1  # 255 is void in any PNG, 0 background
        if not row:
            index = len(rows) + VOID + 1
        color = given or palette[row % 256]
        is_background = name.lower() in _BACKGROUND
        if not is_background:
            named[index] = reading.add_class(name, index, f"#{bytes(color).hex()}")
        table[color] = 0 if is_background else index
    table[0, 0, 0] = 0
    return _Classes(named, table)


def _rows(reading: Reading, file: str, *, with_colors: bool) -> list[tuple[str, Color | None]]:
    found: list[tuple[str, Color | None]] = []
    for number, line in enumerate(_lines(reading, file), 1):
        if line.startswith("#") or line in ("", "__ignore__"):
            continue
        name, _, rest = line.partition(":") if with_colors else (line, "", "")
        numbers = rest.split(":")[0].split(",")
        color: Color | None = None
        if rest.split(":")[0].strip():
            if len(numbers) != 3 or not all(one.strip().isdecimal() and int(one[:4]) < 256 for one in numbers):
                text = f"The colour “{shown(rest)}” is not three numbers up to 255; Pascal VOC's is taken."
                reading.note(f"{file}, line {number}", text)
            else:
                color = (int(numbers[0]), int(numbers[1]), int(numbers[2]))
        found.append((name.strip(), color))
    return found


def _lines(reading: Reading, file: str) -> list[str]:
    """Raises: ImportProblem."""
    try:
        text = reading.source.read(file, _LARGEST_LIST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportProblem(f"{file} is not UTF-8 text (at byte {error.start:,}). Save it as UTF-8.") from error
    return [line.strip() for line in text.splitlines()]


def _read_splits(reading: Reading, pngs: dict[str, str]) -> dict[str, str]:
    """The subset of each image, by ImageSets/Segmentation/<subset>.txt. What is listed and not there is told."""
    found: dict[str, str] = {}
    for name in reading.source.names(".txt"):
        parts = PurePosixPath(name).parts
        if "ImageSets" not in parts[:-1] or parts[-2] not in ("Segmentation", "ImageSets"):
            continue
        split = split_of(parts[-1])
        for line in _lines(reading, name):
            if line and _composed(line) not in pngs:
                reading.defect(f"{name}, {shown(line)}", f"It is listed, and has no PNG in {_CLASSES}.")
            elif line and split and (split != "trainval" or _composed(line) not in found):
                found[_composed(line)] = split
    return found


class _Picture:
    """An image's two PNGs."""

    def __init__(self, reading: Reading, classes: _Classes, frame: Frame, name: str, objects: str | None) -> None:
        self._reading, self._known, self._frame = reading, classes, frame
        self._name, self._objects_name = name, objects

    def objects(self) -> list[ReadObject]:
        """The objects by their numbers, each of the class that most of its pixels have. Raises: CodecError."""
        classes = self._class_indices(self._opened(self._name))
        numbers = np.zeros_like(classes)
        if self._objects_name is not None:
            numbers, void = _object_numbers(self._opened(self._objects_name))
            classes[void] = VOID
        parts: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for value, counts in index_png.segments(numbers << np.uint32(16) | classes):
            parts[value >> 16].append((value & 0xFFFF, counts))
        found = []
        for number, given in parts.items():
            pieces = [one for one in given if one[0] != VOID]
            if number:
                where = f"{self._objects_name}, object {number}"
                with self._reading.taking(where, self._frame.name):
                    found.append(self._object(where, pieces))
            else:
                found += self._without_number([one for one in pieces if one[0]])
        return found

    def _opened(self, name: str) -> IndexPicture:
        return index_png.read(self._reading.source.read(name), self._frame.height, self._frame.width)

    def _class_indices(self, picture: IndexPicture) -> Numbers:
        """The index of each pixel's class, `height×width`; of a palette by its colours, if all that it uses are known.

        Raises: CodecError.
        """
        if picture.palette is not None:
            used = [one for one in np.unique(picture.values).tolist() if one < len(picture.palette)]
            colors = {one: _color(picture.palette[one]) for one in used if one not in (0, VOID)}
            if all(color in self._known.table for color in colors.values()):
                lookup = np.arange(256, dtype=np.uint32)
                for index, color in colors.items():
                    lookup[index] = self._known.table[color]
                return lookup[picture.values]
        return index_png.indices(picture, self._known.table).astype(np.uint32)

    def _object(self, where: str, pieces: Sequence[tuple[int, str]]) -> ReadObject:
        """pieces: the object's pixels by class, without void. Raises: Skip."""
        height, width = self._frame.height, self._frame.width
        sizes = {index: masks.area_and_box(counts, height, width)[0] for index, counts in pieces}
        index = max((one for one in sizes if one), key=lambda one: sizes[one], default=0)
        if not index:
            raise Skip(f"{self._name} has {'background' if sizes else 'void'} where it is, and no class")
        if index not in self._known.names:
            raise Skip(f"its class {index} is not in the list of classes")
        others = sum(sizes.values()) - sizes[index]
        if others:
            name = self._known.names[index]
            text = f"{others} of its {sum(sizes.values())} pixels are not “{name}” in {self._name}. They are now."
            self._reading.note(where, text, self._frame.name)
        counts = masks.union([counts for _, counts in pieces], height, width)
        return ReadObject(self._known.names[index], counts, where)

    def _without_number(self, pieces: Sequence[tuple[int, str]]) -> Iterator[ReadObject]:
        """What has a class and no object: an object of each class."""
        for index, counts in pieces:
            where = f"{self._name}, class {index}"
            if index not in self._known.names:
                self._reading.defect(where, "This class is not in the list of classes.", self._frame.name)
                continue
            if self._objects_name is not None:
                text = f"Some of its pixels have no object in {self._objects_name}. They are one of their own."
                self._reading.note(where, text, self._frame.name)
            yield ReadObject(self._known.names[index], counts, where)


def _object_numbers(picture: IndexPicture) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """The number of each pixel's object, 0 where there is none, and which pixels are void, both `height×width`.

    Colours are Pascal VOC's of the number if all are; else the objects are numbered in the order of their colours.
    """
    if not picture.colors:
        values = picture.values.astype(np.uint32)
        void = (values == VOID) & (picture.values.dtype == np.uint8)
        return np.where(void, np.uint32(0), values), void
    codes = {index_png.color_code(_color(color)): index for index, color in enumerate(index_png.voc_palette())}
    used, places = np.unique(picture.values, return_inverse=True)
    given = used.tolist()
    if all(code in codes for code in given):
        numbers = [codes[code] for code in given]
    else:
        numbers = list(range(1 if given[0] else 0, len(given) + (1 if given[0] else 0)))
        if len(given) > _MOST_COLORS:
            raise CodecError(f"the PNG has {len(given)} different colours, which are no objects")
    void = picture.values == index_png.color_code(_VOID_COLOR)
    found = np.array(numbers, np.uint32)[places.reshape(picture.values.shape)]
    return np.where(void, np.uint32(0), found), void


def _color(values: npt.NDArray[np.uint8]) -> Color:
    red, green, blue = values.tolist()
    return red, green, blue
