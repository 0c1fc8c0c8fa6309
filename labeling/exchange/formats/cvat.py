"""CVAT for images 1.1: the XML that CVAT imports and exports, with masks.

It has whole masks, drawing order and attributes. It can't say which classes are stuff and which objects crowds. A
class of CVAT has a fixed list of attributes; each has all that the project defines.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from labeling.annotations.models import Annotation
from labeling.exchange import xml_files
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import cvat_rle, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject, Value
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ImportProblem
from labeling.exchange.names import split_of
from labeling.exchange.reading import Reading, Skip, fill_hint, shown, united, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
from labeling.masks import Box
from labeling.projects.attributes import by_name
from labeling.projects.models import Attribute

ANNOTATIONS = "annotations.xml"
_UNFIT = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)), "�")
"""What XML can't have."""


@register(name="cvat", title="CVAT for images", cannot=("crowd",))
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """One XML file with whole masks, drawing order and attributes."""
    with archive.beside(ANNOTATIONS) as out:
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        _write_meta(out, dataset)
        for item in dataset:
            _write_image(out, dataset, item)
            if options.include_images:
                item.copy_view(archive)
            advance()
        out.write("</annotations>\n")


def _write_meta(out: Text, dataset: Dataset) -> None:
    size = len(dataset)
    out.write(f"  <meta>\n    <task>\n      <name>{_text(dataset.project.name)}</name>\n      <size>{size}</size>\n")
    out.write("      <mode>annotation</mode>\n      <overlap>0</overlap>\n")
    out.write(f"      <start_frame>0</start_frame>\n      <stop_frame>{max(0, size - 1)}</stop_frame>\n")
    out.write("      <labels>\n")
    attributes = "".join(_definition(one) for one in dataset.attributes)
    for one in dataset.categories:
        out.write(
            f"        <label>\n          <name>{_text(one.name)}</name>\n          <color>{one.color}</color>\n"
            f"          <type>any</type>\n          <attributes>\n{attributes}          </attributes>\n"
            "        </label>\n"
        )
    out.write("      </labels>\n    </task>\n  </meta>\n")


def _definition(attribute: Attribute) -> str:
    """What CVAT asks; the first of a choice's values says that it was not answered."""
    kind, default, values = "text", "", ""
    if attribute.kind == Attribute.Kind.CHOICE:
        kind, values = "select", "\n".join(["", *map(str, attribute.choices)])
    elif attribute.kind == Attribute.Kind.FLAG:
        kind, default = "checkbox", "false"
    return (
        f"            <attribute>\n              <name>{_text(attribute.name)}</name>\n"
        f"              <mutable>False</mutable>\n              <input_type>{kind}</input_type>\n"
        f"              <default_value>{default}</default_value>\n              <values>{_text(values)}</values>\n"
        "            </attribute>\n"
    )


def _write_image(out: Text, dataset: Dataset, item: Item) -> None:
    width, height = item.image.width, item.image.height
    name = _quoted(item.file_name)
    out.write(f'  <image id="{item.number - 1}" name={name} width="{width}" height="{height}">\n')
    for z_order, kept in enumerate(item.objects):
        out.write(_mask(dataset, item, kept, z_order))
    out.write("  </image>\n")


def _mask(dataset: Dataset, item: Item, kept: Annotation, z_order: int) -> str:
    """An object; nothing when it has no pixel."""
    box, rle = cvat_rle.of(item.counts(kept), item.image.height, item.image.width)
    if not box.width:
        return ""
    answers = by_name(dataset.attributes, kept.attributes).items()
    inner = "".join(
        f"      <attribute name={_quoted(name)}>{_text(_value(given))}</attribute>\n" for name, given in answers
    )
    return (
        f'    <mask label={_quoted(kept.category.name)} source="manual" occluded="0" rle="{rle}" left="{box.x}" '
        f'top="{box.y}" width="{box.width}" height="{box.height}" z_order="{z_order}">\n{inner}    </mask>\n'
    )


def _value(given: Any) -> str:
    return str(given).lower() if isinstance(given, bool) else str(given)


def _text(text: str) -> str:
    return escape(text.translate(_UNFIT)).replace("\r", "&#13;")


def _quoted(text: str) -> str:
    return quoteattr(text.translate(_UNFIT), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


class CvatReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow."""

    fill: polygons.Fill = "coco"


_WHOLE = re.compile(r"[+-]?\d{1,9}(?:\.0+)?", re.ASCII)


@register_reader(name="cvat", title="CVAT for images", options=CvatReadOptions)
def read(reading: Reading, options: CvatReadOptions) -> Iterator[ReadImage]:
    """The XML of “CVAT for images 1.1”, with masks or polygons."""
    found = reading.source.names(".xml")
    if not found:
        raise ImportProblem(f"{reading.source.label} has no .xml file. CVAT for images has its labels in one.")
    others: ImportProblem | None = None
    some = False
    for name in found:
        try:
            for image in _File(reading, options, name).images():
                some = True
                yield image
            some = True
        except xml_files.NotThisXml as problem:
            others = problem
            reading.note(name, f"{problem} It is not read.")
    if others is not None and not some:
        raise ImportProblem(f"{others} CVAT for images has <annotations>.")


class _File:
    """One XML file. Defects name it, the image, and the shape by its place from 1."""

    def __init__(self, reading: Reading, options: CvatReadOptions, name: str) -> None:
        self._reading, self._options, self._name = reading, options, name
        self._split = split_of(PurePosixPath(name).name)
        self._number = 0

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the file's order. Raises: ImportProblem."""
        for one in xml_files.elements(self._reading.source, self._name, "annotations", ("label", "image", "track")):
            if one.tag == "label":
                self._add_class(one)
            elif one.tag == "track":
                label = shown(one.get("label"))
                where = f"{self._name}, track {shown(one.get('id'))}"
                self._reading.defect(where, f"It is a track of “{label}” in a video. Export as “CVAT for images”.")
            else:
                self._number += 1
                yield from self._image(one)

    def _add_class(self, label: Element) -> None:
        name = (label.findtext("name") or "").strip()
        color = (label.findtext("color") or "").strip().lower()
        if name:
            self._reading.add_class(name, None, color if re.fullmatch("#[0-9a-f]{6}", color) else "")

    def _image(self, image: Element) -> Iterator[ReadImage]:
        name = image.get("name", "").strip()
        where = f"{self._name}, image {shown(image.get('id') or name or None)}"
        if not name:
            self._reading.defect(f"{self._name}, image at place {self._number}", "It has no name. Give it one.")
            return
        frame = self._reading.frame(name, where)
        if frame is None:
            return
        objects = []
        if self._reading.has_size(where, frame, _size(image.get("height")), _size(image.get("width"))):
            objects = self._objects(where, image, frame)
        yield ReadImage(frame, objects, image.get("subset", "").strip() or self._split)

    def _objects(self, where: str, image: Element, frame: Frame) -> list[ReadObject]:
        found: list[tuple[int, object, ReadObject]] = []
        for place, shape in enumerate(image, 1):
            place_of = f"{where}, {shape.tag[:20]} at place {place}"
            with self._reading.taking(place_of, frame.name):
                made = self._object(place_of, shape, frame)
                group = (shape.get("group_id") or "").strip()
                found.append((_whole(shape, "z_order", "0"), group if group not in ("", "0") else None, made))
        found.sort(key=lambda one: one[0])  # those of the same height stay in the file's order
        return united(self._reading, frame, [(group, one) for _, group, one in found], "group_id")

    def _object(self, where: str, shape: Element, frame: Frame) -> ReadObject:
        """Raises: Skip, CodecError."""
        label, hint = shape.get("label", "").strip(), ""
        if not label:
            raise Skip("it has no label")
        if shape.tag == "mask":
            box = Box(*(_whole(shape, name) for name in ("left", "top", "width", "height")))
            counts, note = cvat_rle.counts_of(shape.get("rle", ""), box, frame.height, frame.width)
        elif shape.tag == "polygon":
            counts, note = polygons.counts_of([_points(shape)], frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        else:
            raise Skip(f"it is a {shape.tag[:20]}, which has no mask")
        self._reading.told(where, note, frame.name)
        with_pixels(counts, frame, hint)
        return ReadObject(self._reading.add_class(label), counts, where, _answers(shape))


def _size(text: str | None) -> int | str | None:
    """A size that the file states, as a number where it is one."""
    return int(float(text)) if text and _WHOLE.fullmatch(text.strip()) else text


def _whole(shape: Element, name: str, otherwise: str = "") -> int:
    """Raises: Skip for what is not a whole number."""
    text = shape.get(name, otherwise).strip()
    if not _WHOLE.fullmatch(text):
        raise Skip(f"its {name} is {shown(text) if text else '(missing)'}, not a whole number")
    return int(float(text))


def _points(shape: Element) -> list[float]:
    """`x1, y1, x2, y2, …` of "x1,y1;x2,y2;…". Raises: Skip."""
    found: list[float] = []
    for pair in shape.get("points", "").split(";"):
        numbers = pair.split(",")
        try:
            x, y = map(float, numbers)
        except ValueError as error:
            raise Skip(f"its points have “{shown(pair.strip())}”, which is no pair of numbers") from error
        found += (x, y)
    return found


def _answers(shape: Element) -> dict[str, Value]:
    """Its attributes by name, as the texts that CVAT has for all; those without an answer are left out. `occluded` is
    among them where CVAT's own switch is on."""
    found: dict[str, Value] = {"occluded": True} if shape.get("occluded", "").strip() == "1" else {}
    for one in shape.findall("attribute"):
        if (name := one.get("name", "").strip()) and one.text:
            found[name] = one.text
    return found
