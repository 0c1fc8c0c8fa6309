"""Cityscapes: what cityscapesScripts, torchvision, mmsegmentation and Datumaro read.

It can't say: what is under another object (in the PNGs), parts (in the JSON each is an object), more than 1000 objects
of a class in an image, attributes, and which object it is where a class has no instances.
"""

import io
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from PIL import Image as Pillow

from labeling.annotations.models import Annotation
from labeling.exchange import coco_json, json_files, names, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import bridges, index_png, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem, ImportProblem
from labeling.exchange.reading import Reading, Skip, fill_hint, plain_attributes, shown, united, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader

_PER_CLASS = 1000
_FIRST_OWN = 34
_FIRST_TRAIN = 19
_LAST_WITH_INSTANCES = 64  # 64 × 1000 + 999 fits 16 bits
_LAST = 254
_UNKNOWN = 255  # the train id of what is not labeled, and of Cityscapes' classes that the benchmark does not count
_OBJECT, _VALUE = "object", "instanceId"  # keys of polygons.json in our exports
_NAMED = re.compile(r"([A-Za-z0-9-]+)_(\d{6})_(\d{6})(?:_leftImg8bit)?")

# Name, id, train id, whether it has instances, colour: cityscapesscripts.helpers.labels
_OFFICIAL = """
ego vehicle|1|255|0|0,0,0
rectification border|2|255|0|0,0,0
out of roi|3|255|0|0,0,0
static|4|255|0|0,0,0
dynamic|5|255|0|111,74,0
ground|6|255|0|81,0,81
road|7|0|0|128,64,128
sidewalk|8|1|0|244,35,232
parking|9|255|0|250,170,160
rail track|10|255|0|230,150,140
building|11|2|0|70,70,70
wall|12|3|0|102,102,156
fence|13|4|0|190,153,153
guard rail|14|255|0|180,165,180
bridge|15|255|0|150,100,100
tunnel|16|255|0|150,120,90
pole|17|5|0|153,153,153
polegroup|18|255|0|153,153,153
traffic light|19|6|0|250,170,30
traffic sign|20|7|0|220,220,0
vegetation|21|8|0|107,142,35
terrain|22|9|0|152,251,152
sky|23|10|0|70,130,180
person|24|11|1|220,20,60
rider|25|12|1|255,0,0
car|26|13|1|0,0,142
truck|27|14|1|0,0,70
bus|28|15|1|0,60,100
caravan|29|255|1|0,0,90
trailer|30|255|1|0,0,110
train|31|16|1|0,80,100
motorcycle|32|17|1|0,0,230
bicycle|33|18|1|119,11,32
"""

README = """Cityscapes of the project “{project}”: {images} images, {objects} objects

gtFine/{split}/{city}/<image>_gtFine_labelIds.png       8-bit: the id of the class; 0 is unlabeled
gtFine/{split}/{city}/<image>_gtFine_instanceIds.png    16-bit: id × 1000 + number from 0, or the id alone
gtFine/{split}/{city}/<image>_gtFine_labelTrainIds.png  8-bit: train ids; 255 is ignored
gtFine/{split}/{city}/<image>_gtFine_color.png          RGBA
gtFine/{split}/{city}/<image>_gtFine_polygons.json      outlines in drawing order; which are one
                                                    object (from 1), and its value in instanceIds
labels.json   the classes: name, id, trainId, hasInstances, color
files.json    the name that each image has here, and the file name in other exports
{pictures}
- Classes that are called as Cityscapes calls its own have its id, colour and rule for instances; others have ids from
  {first} on, train ids from 19 on, and instances if they are things. A crowd has the id of its class alone in
  instanceIds; in the JSON it is called as its class with “group” behind.
- Where objects overlap, the upper one in the editor's order is on top in the PNGs. In the JSON objects are painted in
  order, each part is an object of its own, and holes are in the outline, which goes a bridge to each and back.
"""


@dataclass(frozen=True)
class Label:
    """A class as Cityscapes has it. `instances`: whether its objects are told apart."""

    name: str
    id: int
    train_id: int
    instances: bool
    color: tuple[int, int, int]


@register(
    name="cityscapes", title="Cityscapes", cannot=("parts", "overlap", "attributes", "crowds", "stuff", "classes")
)
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """PNGs of label, instance and train ids and of colours, with polygons.json, for each image."""
    labels = _labels(dataset)
    city = _city(dataset)
    given: dict[str, str] = {}
    taken: set[str] = set()
    objects = 0
    for item in dataset:
        stem = _stem(item, city, taken)
        given[stem] = item.file_name
        folder = f"{item.split}/{stem.split('_')[0]}/{stem}"
        for kind, content in _pictures(item, labels).items():
            archive.write(f"gtFine/{folder}_gtFine_{kind}.png", content, compress=False)
        archive.write_json(f"gtFine/{folder}_gtFine_polygons.json", _polygons(item, labels), indent=1)
        if options.include_images:
            _copy_png(item, archive, f"leftImg8bit/{folder}_leftImg8bit.png")
        objects += len(item.objects)
        advance()
    archive.write_json("labels.json", {"labels": [_entry(labels[one.pk]) for one in dataset.categories]}, indent=1)
    archive.write_json("files.json", given, indent=1)
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=len(given),
            objects=objects,
            split="<split>",
            city="<city>",
            first=_FIRST_OWN,
            pictures="leftImg8bit/<split>/<city>/   the upright pictures\n" if options.include_images else "",
        ),
    )


def _official() -> dict[str, Label]:
    """Cityscapes' own classes by name."""
    found = {}
    for row in _OFFICIAL.split("\n")[1:-1]:
        name, number, train, has, color = row.split("|")
        red, green, blue = map(int, color.split(","))
        found[name] = Label(name, int(number), int(train), has == "1", (red, green, blue))
    return found


def _labels(dataset: Dataset) -> dict[int, Label]:
    """The label of each class by its id. Raises: ExportProblem when there are more than ids."""
    official = _official()
    found: dict[int, Label] = {}
    own = _FIRST_OWN
    things_first = sorted(dataset.categories, key=lambda one: (one.kind == one.Kind.STUFF, one.number))
    for one in things_first:
        is_thing = one.kind != one.Kind.STUFF
        label = official.pop(one.name.strip().lower(), None)
        if label is None:
            train_id = _FIRST_TRAIN + own - _FIRST_OWN
            label, own = Label(one.name, own, train_id, is_thing, painting.rgb(one)), own + 1
        if label.id > (_LAST_WITH_INSTANCES if label.instances else _LAST):
            raise ExportProblem(
                f"There is no number left for the class “{one.name}”: Cityscapes has room for 31 things and "
                f"{_LAST - _FIRST_OWN + 1} classes beside its own. Use the COCO panoptic format."
            )
        found[one.pk] = label
    return found


def _entry(label: Label) -> dict[str, Any]:
    return {
        "name": label.name,
        "id": label.id,
        "trainId": label.train_id,
        "hasInstances": label.instances,
        "color": list(label.color),
    }


def _city(dataset: Dataset) -> str:
    """The project's name as that of a city: readers divide file names at `_`."""
    plain = unicodedata.normalize("NFKD", dataset.project.name).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    return found if found and names.fit(found) == found else "city"


def _stem(item: Item, city: str, taken: set[str]) -> str:
    """`<city>_<six digits>_<six digits>`, another one than those `taken`, to which it is added: the image's own if it
    has such a name, else of its number."""
    own = _NAMED.fullmatch(PurePosixPath(item.stem).name)
    stem = "_".join(own.groups()) if own and names.fit(own[1]) == own[1] else ""
    frame = 0
    while not stem or names.key(stem) in taken:
        stem, frame = f"{city}_{item.number:06d}_{frame:06d}", frame + 1
    taken.add(names.key(stem))
    return stem


def _pictures(item: Item, labels: dict[int, Label]) -> dict[str, bytes]:
    """The PNGs by their kind. Raises: ExportProblem."""
    pixels = painting.instances(item)
    of_objects = [labels[kept.category_id] for kept in item.objects]
    ids = [label.id for label in of_objects]
    colors = np.array([(0, 0, 0, 255), *((*label.color, 255) for label in of_objects)], np.uint8)
    train = np.array([_UNKNOWN, *(label.train_id for label in of_objects)], np.uint8)
    return {
        "labelIds": index_png.write(painting.by_object(pixels, ids).astype(np.uint8)),
        "instanceIds": index_png.write(painting.by_object(pixels, _instance_ids(item, of_objects))),
        "labelTrainIds": index_png.write(train[pixels]),
        "color": index_png.write(colors[pixels]),
    }


def _instance_ids(item: Item, labels: list[Label]) -> list[int]:
    """The value of each object in instanceIds; a crowd has the id of its class alone. Raises: ExportProblem."""
    counted: dict[int, int] = {}
    found = []
    for kept, label in zip(item.objects, labels, strict=True):
        if not label.instances or kept.crowd:
            found.append(label.id)
            continue
        number = counted.get(label.id, 0)
        if number >= _PER_CLASS:
            raise ExportProblem(
                f"“{item.image.name}” has more than {_PER_CLASS} objects of “{label.name}”, which is what Cityscapes "
                "can number. Use the COCO format, which has no such limit."
            )
        counted[label.id] = number + 1
        found.append(1000 * label.id + number)
    return found


def _polygons(item: Item, labels: dict[int, Label]) -> dict[str, Any]:
    """The outlines in drawing order. Which of them are one object, and its value in instanceIds, are keys of ours."""
    objects: list[dict[str, Any]] = []
    of_objects = [labels[kept.category_id] for kept in item.objects]
    values = _instance_ids(item, of_objects)
    for number, (kept, label, value) in enumerate(zip(item.objects, of_objects, values, strict=True), 1):
        name = f"{label.name}group" if kept.crowd and label.instances else label.name
        ours = {_OBJECT: number, _VALUE: value}
        for ring in _outlines(item, kept):
            objects.append({"label": name, "polygon": ring, "deleted": 0, "draw": True, **ours})
    for at, one in enumerate(objects):
        one["id"] = at
    return {"imgHeight": item.image.height, "imgWidth": item.image.width, "objects": objects}


def _outlines(item: Item, kept: Annotation) -> list[list[list[int]]]:
    box, patch = item.patch(kept)
    return [(ring + [box.x, box.y]).tolist() for ring in bridges.outlines(patch, join=False)]


def _copy_png(item: Item, archive: Archive, name: str) -> None:
    """The picture itself as a PNG, which is what readers look for. Raises: ExportProblem."""
    if PurePosixPath(item.file_name).suffix.lower() == ".png":
        item.copy_view(archive, name)
        return
    out = io.BytesIO()
    with item.opened() as view, Pillow.open(view) as opened:
        opened.convert("RGB").save(out, "PNG", compress_level=6)
    archive.write(name, out.getvalue(), compress=False)


class CityscapesReadOptions(ReadOptions):
    """`labels`: what is read of an image that has both: `instances` (instanceIds.png) or `polygons` (polygons.json).
    `fill`: whose rule a polygon's pixels follow."""

    labels: Literal["instances", "polygons"] = "instances"
    fill: polygons.Fill = "pil"


_FILE = re.compile(r"(?:(.*)/)?gt(?:Fine|Coarse)/(.*)_gt(?:Fine|Coarse)_(instanceIds\.png|polygons\.json)")
_ANY_LABEL = re.compile(r"_gt(?:Fine|Coarse)_\w+\.png$")


@register_reader(name="cityscapes", title="Cityscapes", options=CityscapesReadOptions)
def read(reading: Reading, options: CityscapesReadOptions) -> Iterator[ReadImage]:
    """instanceIds.png or polygons.json of each image, in gtFine or gtCoarse."""
    found: dict[str, dict[str, str]] = {}
    for name in reading.source.names(".png", ".json"):
        match = _FILE.fullmatch(name)
        if match:
            found.setdefault(match[2], {}).setdefault(match[3].split(".")[0], name)
    reading.label_files(name for name in reading.source.names(".png") if _ANY_LABEL.search(name))
    if not found:
        raise ImportProblem(
            f"{reading.source.label} has no file gtFine/…_gtFine_instanceIds.png or …_gtFine_polygons.json, as "
            "Cityscapes has."
        )
    given, classes = _given_names(reading), _Classes(reading)
    kinds = ("instanceIds", "polygons") if options.labels == "instances" else ("polygons", "instanceIds")
    for stem, files in found.items():
        kind = next(one for one in kinds if one in files)
        file = files[kind]
        last = PurePosixPath(stem).name
        likely = [given[last]] if last in given else []
        called = [*likely, f"leftImg8bit/{stem}_leftImg8bit", stem]
        frame = reading.frame(called[0], file, stem=True, others=called[1:])
        if frame is None:
            continue
        objects: list[ReadObject] = []
        with reading.taking(file, frame.name):
            if kind == "polygons":
                objects = _of_polygons(reading, classes, file, frame, options.fill)
            else:
                objects = _of_instances(reading, classes, file, frame, _order(reading, files.get("polygons")))
        yield ReadImage(frame, objects, stem.split("/")[0] if "/" in stem else "")


def _given_names(reading: Reading) -> dict[str, str]:
    """What images are called elsewhere, without suffix, by their names here: files.json of our exports."""
    for name in reading.source.names(".json"):
        if PurePosixPath(name).name == "files.json":
            found = plain_attributes(json_files.load(reading.source, name))
            return {key: names.SUFFIX.sub("", one) for key, one in found.items() if isinstance(one, str) and one}
    return {}


class _Classes:
    """Labels by id and by name: of labels.json, as our exports have it, else Cityscapes' own, as far as used."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._labels = _official()
        for name in reading.source.names(".json"):
            if PurePosixPath(name).name == "labels.json":
                self._labels = self._given(name)
                for label in self._labels.values():
                    self.taken(label)
        self.by_id = {label.id: label for label in self._labels.values()}

    def _given(self, file: str) -> dict[str, Label]:
        """Raises: ImportProblem."""
        content = json_files.load(self._reading.source, file)
        labels = content.get("labels") if isinstance(content, dict) else None
        if not isinstance(labels, list):
            raise ImportProblem(f"{file} has no list “labels”, the classes of the dataset.")
        found: dict[str, Label] = {}
        for place, one in enumerate(labels, 1):
            name, number = (one.get(key) if isinstance(one, dict) else None for key in ("name", "id"))
            if not isinstance(name, str) or not name.strip() or type(number) is not int:
                self._reading.defect(f"{file}, label at place {place}", "It has no name or no id. Give it both.")
                continue
            color = bytes.fromhex(coco_json.color(one.get("color")).removeprefix("#")) or bytes(3)
            red, green, blue = color
            found[name] = Label(name, number, _UNKNOWN, one.get("hasInstances") is True, (red, green, blue))
        return found

    def taken(self, label: Label) -> str:
        """The name of the class that a label is."""
        color = f"#{bytes(label.color).hex()}"
        return self._reading.add_class(label.name, label.id, color, stuff=not label.instances)

    def named(self, name: str) -> tuple[str, bool]:
        """The class of a name in a JSON file, and whether it is a group: a crowd."""
        if name in self._labels:
            return self.taken(self._labels[name]), False
        base = name.removesuffix("group")
        if base != name and base in self._labels:
            return self.taken(self._labels[base]), True
        return self._reading.add_class(name), False


def _order(reading: Reading, file: str | None) -> dict[int, int]:
    """The place in drawing order of each value of instanceIds, as polygons.json of our exports has it; else empty."""
    if file is None:
        return {}
    try:
        content = json_files.load(reading.source, file)
    except ImportProblem as problem:
        reading.note(file, f"{problem} So the drawing order is not known.")
        return {}
    objects = content.get("objects") if isinstance(content, dict) else None
    found: dict[int, int] = {}
    for place, one in enumerate(objects if isinstance(objects, list) else []):
        value = one.get(_VALUE) if isinstance(one, dict) else None
        if type(value) is int:
            found.setdefault(value, place)
    return found


def _of_instances(
    reading: Reading, classes: _Classes, file: str, frame: Frame, order: Mapping[int, int]
) -> list[ReadObject]:
    """Each value of instanceIds, in drawing order as far as it is known; a class with instances alone is a crowd.

    Raises: CodecError.
    """
    picture = index_png.read(reading.source.read(file), frame.height, frame.width)
    if picture.colors:
        raise Skip("it is in colours; instanceIds are grey, 16 bits")
    found = []
    pieces = sorted(index_png.segments(picture.values), key=lambda one: (order.get(one[0], math.inf), one[0]))
    for value, counts in pieces:
        number = value if value < _PER_CLASS else value // _PER_CLASS
        label = classes.by_id.get(number)
        where = f"{file}, value {value}"
        if label is not None:
            crowd = label.instances and value < _PER_CLASS
            found.append(ReadObject(classes.taken(label), counts, where, crowd=crowd))
        elif value:
            reading.defect(where, f"{number} is not the id of a class.", frame.name)
    return found


def _of_polygons(reading: Reading, classes: _Classes, file: str, frame: Frame, fill: polygons.Fill) -> list[ReadObject]:
    """The polygons in their order, without those that are deleted. Raises: Skip."""
    try:
        content = json_files.load(reading.source, file)
    except ImportProblem as problem:
        raise Skip(str(problem)) from problem
    objects = content.get("objects") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(objects, list):
        raise Skip("it has no list “objects”")
    if not reading.has_size(file, frame, content.get("imgHeight"), content.get("imgWidth")):
        return []
    found = []
    for place, one in enumerate(objects, 1):
        where = f"{file}, object {place}"
        with reading.taking(where, frame.name):
            if not isinstance(one, dict) or not isinstance(one.get("label"), str) or not one["label"].strip():
                raise Skip("it has no label")
            if not one.get("deleted"):
                counts = _polygon(reading, where, one, frame, fill)
                category, crowd = classes.named(one["label"].strip())
                group = one.get(_OBJECT)
                made = ReadObject(category, counts, where, crowd=crowd)
                found.append((group if type(group) is int else None, made))
    return united(reading, frame, found, _OBJECT, noted=False)


def _polygon(reading: Reading, where: str, one: Mapping[str, Any], frame: Frame, fill: polygons.Fill) -> str:
    """Raises: Skip, CodecError."""
    points = one.get("polygon")
    if not isinstance(points, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in points):
        raise Skip(f"its polygon is {'(missing)' if points is None else shown(points)}, not a list of pairs")
    flat = [value for pair in points for value in pair]
    counts, note = polygons.counts_of([flat], frame.height, frame.width, fill)
    reading.told(where, note, frame.name)
    return with_pixels(counts, frame, fill_hint(fill))
