"""ADE20K: a PNG of class indices for each picture, as ADEChallengeData2016 has it and mmsegmentation, detectron2 and
the evaluation of scene parsing read it.

It can't say: which pixels of a class belong to which object, what is under another object, attributes, crowds, colours
of classes.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from labeling.exchange import names, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.codecs.index_png import VOID, Index
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, shown
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
from labeling.exchange.splits import Split

_OWN, _REDUCED = "annotations", "annotations_detectron2"
_FOLDERS: dict[Split, str] = {"train": "training", "val": "validation", "test": "testing"}
_MOST = 254  # classes that 8 bits can number beside 0 and 255
_HEADER = ("Idx", "Ratio", "Train", "Val", "Stuff", "Name")

README = """ADE20K-type index PNGs of the project “{project}”: {images} images, {objects} objects

{annotations}/{split}/   grey PNG of {bits} bits for each image: {meaning}
images/{split}/        the upright pictures{pictures}
objectInfo{classes}.txt   the classes by Idx: their share of the pixels, images in training and in validation that have
                   them, whether they are stuff, and their names
{renamed}
- {how}
- Where objects overlap, the upper one in the editor's order is on top. Objects of a class are not told apart.
- ADE20K's pictures are .jpg; set the suffix in your reader if yours are not. detectron2 does not look into folders
  inside of training and validation.
"""
_MEANINGS = {
    False: "0 is other or unlabeled, then the classes from 1",
    True: "the classes from 0; 255 is unlabeled",
}
_HOW = {
    False: "mmsegmentation reads it with reduce_zero_label=True, which takes 1 of each index and ignores what was 0.",
    True: "detectron2 reads it with ignore_label=255; mmsegmentation with reduce_zero_label=False.",
}


class AdeOptions(Options):
    """`reduced`: the classes are numbered from 0 and unlabeled is 255, as detectron2 needs it."""

    reduced: bool = False


@register(
    name="ade20k",
    title="ADE20K index PNG",
    options=AdeOptions,
    cannot=("overlap", "instances", "order", "attributes", "crowd"),
)
def write(dataset: Dataset, options: AdeOptions, archive: Archive, advance: Advance) -> None:
    """A PNG of class indices for each image, with a table of the classes."""
    most = VOID if options.reduced else painting.LARGEST
    index = painting.class_indices(dataset, 1, most, "such an index PNG")
    wide = len(dataset.categories) > _MOST and not options.reduced
    folder = _REDUCED if options.reduced else _OWN
    table = _Table(len(dataset.categories))
    objects = 0
    for item in dataset:
        values = painting.by_object(painting.instances(item), [index[kept.category_id] for kept in item.objects])
        table.add(item, values)
        if options.reduced:
            values = np.where(values, values - 1, VOID)
        name = f"{folder}/{_FOLDERS[item.split]}/{item.stem}.png"
        archive.write(name, index_png.write(values if wide else values.astype(np.uint8)), compress=False)
        if options.include_images:
            item.copy_view(archive, f"images/{_FOLDERS[item.split]}/{item.file_name}")
        objects += len(item.objects)
        advance()
    labels = names.plain([one.name for one in dataset.categories], "\t")
    stuff = [one.kind == one.Kind.STUFF for one in dataset.categories]
    archive.write_text(f"objectInfo{len(labels)}.txt", table.text(labels, stuff))
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=table.images,
            objects=objects,
            annotations=folder,
            split="<training|validation|testing>",
            bits=16 if wide else 8,
            classes=len(labels),
            meaning=_MEANINGS[options.reduced],
            how=_HOW[options.reduced],
            pictures="" if options.include_images else ": put them there",
            renamed=names.renamed_classes(dataset.categories, labels, "the table"),
        ),
    )


class _Table:
    """What ADE20K's table says of each class: how much of the pictures it is, and in how many it is."""

    def __init__(self, classes: int) -> None:
        self._pixels = np.zeros(classes + 1, np.int64)
        self._seen: dict[str, Counter[int]] = {split: Counter() for split in _FOLDERS}
        self.images = 0

    def add(self, item: Item, values: Index) -> None:
        """Count an image. values: the index of the class of each pixel, 0 for none."""
        counts = np.bincount(values.ravel(), minlength=len(self._pixels))
        self._pixels += counts
        self._seen[item.split].update(np.flatnonzero(counts).tolist())
        self.images += 1

    def text(self, labels: Sequence[str], stuff: Sequence[bool]) -> str:
        """The table, a row for each class, with tabs between columns."""
        whole = max(1, int(self._pixels.sum()))
        rows = ["\t".join(_HEADER)]
        for at, (label, is_stuff) in enumerate(zip(labels, stuff, strict=True), 1):
            seen = (self._seen["train"][at], self._seen["val"][at], int(is_stuff))
            rows.append("\t".join(map(str, (at, f"{self._pixels[at] / whole:.4f}", *seen, label))))
        return "".join(f"{row}\n" for row in rows)


_SPLITS = {folder: split for split, folder in _FOLDERS.items()}
_LARGEST_TABLE = 4 * 1024 * 1024


@register_reader(name="ade20k", title="ADE20K index PNG")
def read(reading: Reading, options: ReadOptions) -> Iterator[ReadImage]:
    """PNGs of class indices with objectInfo….txt: each class of an image becomes one object."""
    found: dict[str, tuple[str, int]] = {}
    for name in reading.source.names(".png"):
        parts = PurePosixPath(name).parts
        folder = next((part for part in parts[:-1] if part in (_OWN, _REDUCED)), "")
        if folder:
            stem = PurePosixPath(*parts[parts.index(folder) + 1 :]).with_suffix("").as_posix()
            other = found.setdefault(stem, (name, int(folder == _REDUCED)))[0]
            if other != name:
                reading.note(name, f"The dataset has this image twice; {other} is read.")
    reading.label_files(
        name
        for name in reading.source.names(".png")
        if any(part.startswith("annotations") for part in PurePosixPath(name).parts[:-1])
    )
    if not found:
        raise ImportProblem(f"{reading.source.label} has no PNG in a folder {_OWN} or {_REDUCED}, as ADE20K has.")
    classes = _read_table(reading)
    for stem, (name, first) in found.items():
        folder, _, rest = stem.partition("/")
        split = _SPLITS.get(folder, split_of(folder)) if rest else ""
        frame = reading.frame(f"images/{stem}", name, stem=True, others=[rest] if split else [])
        if frame is not None:
            objects: list[ReadObject] = []
            with reading.taking(name, frame.name):
                objects = _objects(reading, name, classes, first, frame)
            yield ReadImage(frame, objects, split)


def _read_table(reading: Reading) -> dict[int, str]:
    """The name of each class by its index in the table. Raises: ImportProblem."""
    files = [
        name
        for name in reading.source.names(".txt", ".csv")
        if PurePosixPath(name).name.lower().startswith("objectinfo")
    ]
    if not files:
        raise ImportProblem(
            f"{reading.source.label} has no objectInfo….txt, the table of classes by {', '.join(_HEADER)}."
        )
    file = min(files, key=len)
    text = reading.source.read(file, _LARGEST_TABLE).decode("utf-8-sig", "replace")
    is_tabs = "\t" in text.partition("\n")[0]
    rows = [line.split("\t", len(_HEADER) - 1) for line in text.split("\n")] if is_tabs else _csv(file, text)
    found: dict[int, str] = {}
    for number, row in enumerate(rows, 1):
        if not any(row) or (number == 1 and row[0].strip().lower() == "idx"):
            continue
        index = row[0].strip()
        if len(row) < len(_HEADER) or not (index.isascii() and index.isdigit()) or len(index) > 5 or not row[5].strip():
            reading.defect(f"{file}, line {number}", f"It is not {', '.join(_HEADER)}. Correct it.")
        elif int(index) in found:
            reading.defect(f"{file}, line {number}", f"Its Idx {index} is that of “{found[int(index)]}”, too.")
        else:
            found[int(index)] = reading.add_class(row[5], int(index), stuff=row[4].strip() == "1")
    return found


def _csv(file: str, text: str) -> list[list[str]]:
    """Raises: ImportProblem."""
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ImportProblem(f"{file} is not a table with commas or tabs between columns ({error}).") from error


def _objects(reading: Reading, name: str, classes: dict[int, str], first: int, frame: Frame) -> list[ReadObject]:
    """An object for each class. first: what to add to a value to have the index. Raises: Skip, CodecError."""
    picture = index_png.read(reading.source.read(name), frame.height, frame.width)
    if picture.colors:
        raise Skip(
            "it is in colours, as the full ADE20K has them; index PNGs are grey, as those of ADEChallengeData2016"
        )
    found = []
    for value, counts in index_png.segments(picture.values):
        is_void = value == VOID and picture.values.dtype == np.uint8 and (first or VOID not in classes)
        where = f"{name}, value {value}"
        if value + first in classes and not is_void:
            found.append(ReadObject(classes[value + first], counts, where))
        elif (value or first) and not is_void:
            reading.defect(where, f"Index {shown(value + first)} is not in the table of classes.", frame.name)
    return found
