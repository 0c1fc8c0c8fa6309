"""CVAT for images 1.1: the XML that CVAT imports and exports, with masks.

It has whole masks, drawing order and attributes. It can't say which classes are stuff and which objects
crowds. A class of CVAT has a fixed
list of attributes; each has all that the project defines.
"""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from labeling.annotations.models import Annotation
from labeling.exchange.archive import Archive, Text
from labeling.exchange.codecs import cvat_rle
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register
from labeling.projects.attributes import by_name
from labeling.projects.models import Attribute

ANNOTATIONS = "annotations.xml"
_UNFIT = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535, *range(55296, 57344)), "�")
"""What XML can't have."""


@register(name="cvat", title="CVAT for images")
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
