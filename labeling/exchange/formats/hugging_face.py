"""Hugging Face `datasets`: what `load_dataset` loads without code, as Parquet or as ImageFolder.

Each image is a row with the index PNG of its classes, the index PNG of its objects, and `objects`: a list for each of
id, area, bbox, category, iscrowd, segmentation, uid. A segmentation is the RLE as JSON, so nothing of a mask is lost.
It can't say which classes are stuff, and their colours.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import model_validator

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange import json_files, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import coco_rle, index_png, polygons
from labeling.exchange.codecs.index_png import VOID
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import (
    OTHER_SIZE,
    Reading,
    Skip,
    fill_hint,
    plain_attributes,
    shown,
    uid_of,
    with_pixels,
)
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
from labeling.exchange.source import TABLES
from labeling.exchange.splits import Split
from labeling.projects.attributes import by_name

if TYPE_CHECKING:  # imported where tables are written: a web server that lists the formats needs no 50 MB for it
    import pyarrow as pa

_SPLITS: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
_GROUP = 64  # rows of a row group
_GROUP_BYTES = 32 * 1024**2
_LISTS = ("id", "area", "bbox", "category", "iscrowd", "segmentation", "uid")

CARD = """---
configs:
- config_name: default
  data_files:
{files}task_categories:
- image-segmentation
---

# {project}

{images} images, {objects} objects, made with Interlabel.

```python
from datasets import load_dataset

dataset = load_dataset("{loader}", data_dir="…/this folder")
```

- `annotation`: a PNG of {bits} bits. 0 is background, then the classes from 1; `id2label.json` has their names.
- `instances`: a PNG of 16 bits. 0 is background, then the objects of the image from 1 in their order in `objects`.
- In both PNGs the upper object in the editor's order is on top where objects overlap. `objects` has each mask whole.
- `objects`: a list for each of `id` (counts the dataset from 1), `area`, `bbox` (x, y, width, height), `category`
  ({category}), `iscrowd`, `segmentation`, `uid` (stays the same in every export){attributes}. Their order is that of
  drawing.
- `segmentation` is COCO's run-length encoding as JSON:
  `pycocotools.mask.decode(json.loads(segmentation))` is the mask.
{pictures}"""
_NO_PICTURES = """- The pictures are not in this dataset; `file_name` says which one a row is about.
"""
_CATEGORIES = {"parquet": "a `ClassLabel`, from 0", "imagefolder": "the name of the class"}


class HuggingFaceOptions(Options):
    """`layout`: tables with pictures, masks and the classes' names inside (`parquet`), or folders of pictures with
    metadata.jsonl (`imagefolder`), which are nothing without the pictures."""

    layout: Literal["parquet", "imagefolder"] = "parquet"

    @model_validator(mode="after")
    def _has_pictures(self) -> Self:
        if self.layout == "imagefolder" and not self.include_images:
            raise ValueError("the layout imagefolder has the pictures in it: include the images")
        return self


@register(name="huggingface", title="Hugging Face datasets", options=HuggingFaceOptions)
def write(dataset: Dataset, options: HuggingFaceOptions, archive: Archive, advance: Advance) -> None:
    """Parquet or ImageFolder with whole masks (RLE) and index PNGs, as load_dataset reads them."""
    index = painting.class_indices(dataset, 0)
    labels = [one.name for one in dataset.categories]
    images = objects = 0
    splits: set[Split] = set()
    with ExitStack() as stack:
        out = (_Parquet if options.layout == "parquet" else _Folders)(stack, archive, dataset, options)
        for item in dataset:
            splits.add(item.split)
            out.add(item, *_masks(item, index, len(labels)), _objects(dataset, item, index, objects))
            images, objects = images + 1, objects + len(item.objects)
            advance()
        found: list[Split] = [split for split in _SPLITS if split in splits] or ["train"]
        if not splits:
            out.begin("train")
    names = {0: "background"} | dict(enumerate(labels, 1))
    archive.write_json("id2label.json", {str(at): name for at, name in names.items()}, indent=1)
    files = "".join(f"  - split: {_SPLITS[one]}\n    path: {out.path(one)}\n" for one in found)
    archive.write_text(
        "README.md",
        CARD.format(
            project=" ".join(dataset.project.name.split()),
            files=files,
            images=images,
            objects=objects,
            loader=options.layout,
            bits=_bits(len(labels)),
            category=_CATEGORIES[options.layout],
            attributes=" and `attributes`, the answers as JSON" if dataset.attributes else "",
            pictures="" if options.include_images else _NO_PICTURES,
        ),
    )


def _bits(classes: int) -> int:
    return 8 if classes < VOID else 16


def _masks(item: Item, index: Mapping[int, int], classes: int) -> tuple[bytes, bytes]:
    """The PNGs of classes and of objects. Raises: ExportProblem."""
    pixels = painting.instances(item)
    semantic = painting.by_object(pixels, [index[kept.category_id] + 1 for kept in item.objects])
    small = _bits(classes) == 8
    return index_png.write(semantic.astype(np.uint8) if small else semantic), index_png.write(pixels)


def _objects(dataset: Dataset, item: Item, index: Mapping[int, int], before: int) -> dict[str, list[Any]]:
    """A list for each of what an object has. before: how many objects the images before have."""
    rows = [
        _object(item, kept, index, before + at)
        | ({"attributes": _answers(dataset, kept)} if dataset.attributes else {})
        for at, kept in enumerate(item.objects, 1)
    ]
    keys = [*_LISTS, *(["attributes"] if dataset.attributes else [])]
    return {key: [row[key] for row in rows] for key in keys}


def _object(item: Item, kept: Annotation, index: Mapping[int, int], number: int) -> dict[str, Any]:
    height, width = item.image.height, item.image.width
    area, box = masks.area_and_box(item.counts(kept), height, width)
    return {
        "id": number,
        "area": area,
        "bbox": box.as_list(),
        "category": index[kept.category_id],
        "iscrowd": int(kept.crowd),
        "segmentation": json.dumps({"size": [height, width], "counts": item.counts(kept)}),
        "uid": str(kept.uid),
    }


def _answers(dataset: Dataset, kept: Annotation) -> str:
    return json.dumps(by_name(dataset.attributes, kept.attributes), ensure_ascii=False)


class _Parquet:
    """A table for each split, with the features of `datasets` in its schema."""

    def __init__(self, stack: ExitStack, archive: Archive, dataset: Dataset, options: HuggingFaceOptions) -> None:
        self._stack, self._archive = stack, archive
        self._pictures = options.include_images
        labels = [one.name for one in dataset.categories]
        self._schema = _schema(labels, pictures=options.include_images, attributes=bool(dataset.attributes))
        self._groups: dict[Split, _Group] = {}

    def path(self, split: Split) -> str:
        return f"data/{_SPLITS[split]}-*"

    def begin(self, split: Split) -> "_Group":
        """The table of a split; it is written to the archive when the stack ends."""
        if split not in self._groups:
            name = f"data/{_SPLITS[split]}-00000-of-00001.parquet"
            file = self._stack.enter_context(self._archive.pending(name))
            self._groups[split] = self._stack.enter_context(_Group(file, self._schema))
        return self._groups[split]

    def add(self, item: Item, classes: bytes, instances: bytes, objects: Mapping[str, Any]) -> None:
        row: dict[str, Any] = {}
        if self._pictures:
            with item.opened() as view:
                row["image"] = {"bytes": view.read(), "path": item.file_name}
        row |= _size_of(item) | {"file_name": item.file_name, "objects": objects}
        row |= {"annotation": _png(classes, f"{item.stem}.png"), "instances": _png(instances, f"{item.stem}.png")}
        self.begin(item.split).add(row)


class _Group:
    """Rows that are written as a row group once they are some."""

    def __init__(self, file: IO[bytes], schema: "pa.Schema") -> None:
        from pyarrow import parquet as pq

        self._writer = pq.ParquetWriter(file, schema, write_page_checksum=True)
        self._schema, self._bytes = schema, 0
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> "_Group":
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._writer.close()

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        pictures = (row.get(name) or {} for name in ("image", "annotation", "instances"))
        self._bytes += sum(len(one.get("bytes") or b"") for one in pictures)
        self._bytes += sum(map(len, row["objects"]["segmentation"]))
        if len(self._rows) >= _GROUP or self._bytes >= _GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()
            self._bytes = 0


class _Folders:
    """Folders of pictures and PNGs, and metadata.jsonl, for each split. A column `…_file_name` is loaded as a
    picture."""

    def __init__(self, stack: ExitStack, archive: Archive, dataset: Dataset, options: HuggingFaceOptions) -> None:
        self._stack, self._archive = stack, archive
        self._labels = [one.name for one in dataset.categories]
        self._files: dict[Split, Any] = {}

    def path(self, split: Split) -> str:
        return f"{_SPLITS[split]}/**"

    def begin(self, split: Split) -> Any:
        """The metadata of a split."""
        if split not in self._files:
            name = f"{_SPLITS[split]}/{_METADATA}"
            self._files[split] = self._stack.enter_context(self._archive.beside(name))
        return self._files[split]

    def add(self, item: Item, classes: bytes, instances: bytes, objects: Mapping[str, Any]) -> None:
        folder = _SPLITS[item.split]
        row: dict[str, Any] = {"file_name": f"images/{item.file_name}"} | _size_of(item)
        item.copy_view(self._archive, f"{folder}/images/{item.file_name}")
        for kind, content in (("annotation", classes), ("instances", instances)):
            self._archive.write(f"{folder}/{kind}/{item.stem}.png", content, compress=False)
            row[f"{kind}{_FILE_NAME}"] = f"{kind}/{item.stem}.png"
        named = {"category": [self._labels[at] for at in objects["category"]]}
        out = self.begin(item.split)
        out.write_json(row | {"objects": {**objects, **named}})
        out.write("\n")


def _size_of(item: Item) -> dict[str, int]:
    return {"image_id": item.number, "width": item.image.width, "height": item.image.height}


def _png(content: bytes, path: str) -> dict[str, Any]:
    return {"bytes": content, "path": path}


def _schema(labels: Sequence[str], *, pictures: bool, attributes: bool) -> "pa.Schema":
    """The columns, with what `datasets` has to know of them. Lists are `Sequence`, which every version knows."""
    import pyarrow as pa

    picture, text = pa.struct([("bytes", pa.binary()), ("path", pa.string())]), pa.string()
    kinds: dict[str, tuple[Any, Any]] = {
        "id": (pa.int64(), _value("int64")),
        "area": (pa.int64(), _value("int64")),
        "bbox": (pa.list_(pa.float32(), 4), {"feature": _value("float32"), "length": 4, "_type": "Sequence"}),
        "category": (pa.int64(), {"names": list(labels), "_type": "ClassLabel"}),
        "iscrowd": (pa.int8(), _value("int8")),
        "segmentation": (text, _value("string")),
        "uid": (text, _value("string")),
    }
    if attributes:
        kinds["attributes"] = (text, _value("string"))
    lists = pa.struct([(name, pa.list_(kind)) for name, (kind, _) in kinds.items()])
    of_lists = {name: {"feature": feature, "_type": "Sequence"} for name, (_, feature) in kinds.items()}
    columns: list[tuple[str, Any, Any]] = [
        ("file_name", text, _value("string")),
        ("image_id", pa.int64(), _value("int64")),
        ("width", pa.int32(), _value("int32")),
        ("height", pa.int32(), _value("int32")),
        ("annotation", picture, {"_type": "Image"}),
        ("instances", picture, {"_type": "Image"}),
        ("objects", lists, of_lists),
    ]
    if pictures:
        columns.insert(0, ("image", picture, {"_type": "Image"}))
    info = {"info": {"features": {name: feature for name, _, feature in columns}}}
    metadata = {"huggingface": json.dumps(info, ensure_ascii=False)}
    return pa.schema([(name, kind) for name, kind, _ in columns], metadata=metadata)


def _value(dtype: str) -> dict[str, str]:
    return {"dtype": dtype, "_type": "Value"}


class HuggingFaceReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow."""

    fill: polygons.Fill = "coco"


_METADATA, _FILE_NAME = "metadata.jsonl", "_file_name"
_LONGEST_LINE = 64 * 1024**2
_MOST_OBJECTS = 100_000
_CLASS_KEYS = ("category", "categories", "category_id", "label", "labels", "class", "class_name")
_MASK_KEYS = ("segmentation", "segmentations", "mask", "masks", "rle")
_INDEX_COLUMNS = ("annotation", "annotations", "label", "mask", "semantic", "semantic_segmentation")
_NO_CLASS = {"background", "unlabeled", "_background_", "void", "ignore"}
Row = Mapping[str, Any]


@register_reader(name="huggingface", title="Hugging Face datasets", options=HuggingFaceReadOptions)
def read(reading: Reading, options: HuggingFaceReadOptions) -> Iterator[ReadImage]:
    """Parquet tables or folders with metadata.jsonl, as load_dataset reads them."""
    tables = reading.source.names(TABLES)
    folders = [name for name in reading.source.names(".jsonl") if PurePosixPath(name).name == _METADATA]
    if not tables and not folders:
        raise ImportProblem(
            f"{reading.source.label} has no .parquet file and no {_METADATA}, as datasets of Hugging Face have."
        )
    labels = _Labels(reading)
    reading.label_files([picture for name in folders for picture in _index_pngs(reading, name)])
    for name in tables:
        yield from _Table(reading, options, labels, name).images()
    for name in folders:
        yield from _Folder(reading, options, labels, name).images()


class _Labels:
    """The names of classes: of `id2label.json`, which is about index PNGs, and of a ClassLabel."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.of_index: dict[int, str] = {}
        for file in [name for name in reading.source.names(".json") if PurePosixPath(name).name == "id2label.json"][:1]:
            content = json_files.load(reading.source, file)
            for key, name in content.items() if isinstance(content, dict) else ():
                if key.isascii() and key.isdigit() and len(key) < 6 and isinstance(name, str) and name.strip():
                    self.of_index[int(key)] = name
        for index, name in self.of_index.items():
            if name.strip().lower() not in _NO_CLASS:
                reading.add_class(name, index)

    def named(self, given: Any, names: Sequence[str]) -> str:
        """The class that an object's value means: a name, or a number in a ClassLabel's names. Raises: Skip."""
        if isinstance(given, str) and given.strip():
            return self._reading.add_class(given)
        if type(given) is int and 0 <= given < len(names):
            return self._reading.add_class(names[given], given)
        if type(given) is int and not names and given in self.of_index:
            return self._reading.add_class(self.of_index[given], given)
        raise Skip(f"its class {shown(given)} has no name: the column is no ClassLabel that has it")


class _Rows:
    """Rows of a split, whatever has them. Defects name the file, the row from 0, and the object from 1."""

    def __init__(self, reading: Reading, options: HuggingFaceReadOptions, labels: _Labels, file: str) -> None:
        self._reading, self._options, self._labels, self._file = reading, options, labels, file
        self.names: Sequence[str] = ()
        """The names of a ClassLabel in `objects`."""

    def objects(self, where: str, frame: Frame, row: Row, png: tuple[str, bytes] | None) -> list[ReadObject]:
        """The objects of a row. png: without `objects`, the column that has a PNG of classes, and the PNG."""
        fits = self._reading.tell_size(where, frame, row.get("height"), row.get("width"))
        if row.get("objects") is not None:
            return self._listed(where, frame, row["objects"], fits)
        found: list[ReadObject] = []
        if png is None:
            text = "It has no column “objects”, and no index PNG such as “annotation”."
            self._reading.defect(where, text, frame.name)
        else:
            with self._reading.taking(f"{where}, {png[0]}", frame.name):
                found += self._of_index(f"{where}, {png[0]}", frame, png[1])
        return found

    def _of_index(self, where: str, frame: Frame, content: bytes) -> list[ReadObject]:
        """An object for each class of an index PNG. Raises: Skip, CodecError."""
        picture = index_png.read(content, frame.height, frame.width)
        if picture.colors:
            raise Skip("it is in colours; an index PNG is grey or has a palette")
        names, found = self._labels.of_index, []
        for value, counts in index_png.segments(picture.values):
            name = names.get(value, "" if value in (0, VOID) else str(value))
            if name and name.strip().lower() not in _NO_CLASS:
                found.append(ReadObject(self._reading.add_class(name, value), counts, f"{where}, value {value}"))
        if found and not names:
            self._reading.note(where, "No id2label.json names its classes: they are called by number.", frame.name)
        return found

    def _listed(self, where: str, frame: Frame, given: Any, fits: bool) -> list[ReadObject]:
        rows = _by_object(given)
        if rows is None or len(rows) > _MOST_OBJECTS:
            text = f"Its “objects” are no lists of the same length, or more than {_MOST_OBJECTS:,}."
            self._reading.defect(where, text, frame.name)
            return []
        found: list[ReadObject] = []
        for place, one in enumerate(rows, 1):
            place_of = f"{where}, object {place}"
            with self._reading.taking(place_of, frame.name):
                found.append(self._object(place_of, frame, one, fits))
        return found

    def _object(self, where: str, frame: Frame, one: Row, fits: bool) -> ReadObject:
        """Raises: Skip, CodecError."""
        category = self._labels.named(_first(one, _CLASS_KEYS), self.names)
        given = _first(one, _MASK_KEYS)
        mask = _parsed(given)
        hint = ""
        if isinstance(mask, dict) or (isinstance(mask, str) and mask):
            counts, note = coco_rle.counts_of(mask, frame.height, frame.width)
        elif isinstance(mask, list) and mask:
            if not fits:
                raise Skip(OTHER_SIZE)
            counts, note = polygons.counts_of(mask, frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        else:
            raise Skip("it has no mask, only a box at most")
        self._reading.told(where, note, frame.name)
        with_pixels(counts, frame, hint)
        answers = plain_attributes(_parsed(one.get("attributes")))
        return ReadObject(category, counts, where, answers, bool(one.get("iscrowd")), uid_of(one.get("uid")))


class _Table(_Rows):
    """A Parquet table: `data/train-00000-of-00001.parquet`."""

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the table's order. Raises: ImportProblem."""
        table = self._reading.source.table(self._file)
        self.names = _class_names(table.features.get("objects"))
        for number, label in enumerate(self.names):
            self._reading.add_class(label, number)
        stem = PurePosixPath(self._file).stem.split("-")[0]
        split = split_of(stem) or split_of(PurePosixPath(self._file).parent.name)
        masks_in = [one for one in _INDEX_COLUMNS if "objects" not in table.columns and table.is_picture(one)][:1]
        plain = [one for one in ("file_name", "width", "height", "objects") if one in table.columns]
        if not plain and not table.names:
            raise ImportProblem(f"{self._file} has no column “image” and no “file_name”, which say the picture.")
        for at, content in table.rows([*plain, *(f"{one}.bytes" for one in masks_in)]):
            where = f"{self._file}, row {at}"
            picture = f"{self._file}/{table.names[at]}" if table.names else ""
            name = content.get("file_name")
            called = [one for one in (name, picture) if isinstance(one, str) and one.strip()]
            if not called:
                self._reading.defect(where, "It has no file_name.")
                continue
            frame = self._reading.frame(called[0], where, self._digest(picture), others=called[1:])
            if frame is not None:
                content_of = (content.get(masks_in[0]) or {}).get("bytes") if masks_in else None
                png = (masks_in[0], content_of) if content_of else None
                yield ReadImage(frame, self.objects(where, frame, content, png), _usual(split))

    def _digest(self, picture: str) -> str:
        """The SHA-256 of a row's picture; "" where there is none."""
        if not picture:
            return ""
        try:
            with self._reading.source.open(picture) as file:
                return hashlib.sha256(file.read()).hexdigest()
        except ImportProblem:
            return ""


class _Folder(_Rows):
    """metadata.jsonl in a folder of pictures."""

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the file's order. Raises: ImportProblem."""
        folder = PurePosixPath(self._file).parent
        split = split_of(folder.name)
        for number, row in _lines(self._reading, self._file):
            where = f"{self._file}, line {number}"
            name = row.get("file_name") if isinstance(row, dict) else None
            if not isinstance(name, str) or not name.strip():
                self._reading.defect(where, "It is no object with a file_name.")
                continue
            frame = self._reading.frame((folder / name).as_posix(), where)
            if frame is not None:
                yield ReadImage(frame, self.objects(where, frame, row, self._png(folder, row)), _usual(split))

    def _png(self, folder: PurePosixPath, row: Row) -> tuple[str, bytes] | None:
        """The first column that has a PNG of classes, and the PNG."""
        for column in _INDEX_COLUMNS if row.get("objects") is None else ():
            given = row.get(f"{column}{_FILE_NAME}")
            path = (folder / given).as_posix() if isinstance(given, str) else ""
            if self._reading.source.has(path):
                return column, self._reading.source.read(path)
        return None


def _usual(split: str) -> str:
    return "val" if split == "validation" else split


def _lines(reading: Reading, file: str) -> Iterator[tuple[int, Any]]:
    """What each line holds, from 1; damaged ones are told. Raises: ImportProblem for a line that is too long."""
    with reading.source.open(file) as lines:
        number = 0
        while line := lines.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise ImportProblem(f"{file}, line {number} is longer than {_LONGEST_LINE:,} bytes.")
            if line.strip():
                try:
                    yield number, json.loads(line.decode("utf-8-sig"))
                except (ValueError, RecursionError):
                    reading.defect(f"{file}, line {number}", "It is not valid JSON.")


def _index_pngs(reading: Reading, file: str) -> list[str]:
    """The PNGs that a metadata.jsonl names beside the pictures."""
    folder, found = PurePosixPath(file).parent, []
    with reading.source.open(file) as lines:
        while line := lines.readline(_LONGEST_LINE + 1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            for key, value in row.items() if isinstance(row, dict) else ():
                if key.endswith(_FILE_NAME) and key != f"image{_FILE_NAME}" and isinstance(value, str):
                    found.append((folder / value).as_posix())
    return found


def _class_names(feature: Any, deep: int = 0) -> list[str]:
    """The names of the first ClassLabel inside a feature."""
    if deep > 8:
        return []
    if isinstance(feature, dict):
        names = feature.get("names")
        if feature.get("_type") == "ClassLabel" and isinstance(names, list):
            return [str(name) for name in names]
        parts = [feature[key] for key in (*_CLASS_KEYS, "feature") if key in feature]
    else:
        parts = feature if isinstance(feature, list) else []
    return next((found for part in parts if (found := _class_names(part, deep + 1))), [])


def _by_object(given: Any) -> list[Row] | None:
    """Objects as a list, of a list or of lists by name; None for anything else."""
    if isinstance(given, list):
        return given if all(isinstance(one, dict) for one in given) else None
    if not isinstance(given, dict):
        return None
    lists = {name: values for name, values in given.items() if isinstance(values, list)}
    lengths = {len(values) for values in lists.values()}
    if len(lengths) > 1:
        return None
    return [{name: values[at] for name, values in lists.items()} for at in range(lengths.pop() if lengths else 0)]


def _first(one: Row, keys: Sequence[str]) -> Any:
    return next((one[key] for key in keys if one.get(key) is not None), None)


def _parsed(given: Any) -> Any:
    """What a text holds as JSON; the text where it is none, and what is no text as it is."""
    if isinstance(given, str) and given[:1] in "{[" and given:
        try:
            return json.loads(given)
        except (ValueError, RecursionError):
            return given
    return given
