"""Label Studio JSON: tasks with brush masks, and the labeling interface to import them with.

It has whole masks, drawing order (the order of the list) and attributes. It can't say which classes are stuff
and which objects are crowds.
"""

from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from labeling.annotations.models import Annotation
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import CodecError, brush
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem
from labeling.exchange.names import plain
from labeling.exchange.registry import Advance, Options, register
from labeling.projects.attributes import by_name
from labeling.projects.models import Attribute

TASKS = "tasks.json"
CONFIG = "label_config.xml"

README = """Label Studio tasks of the project “{project}”

tasks.json         a task for each image, with one annotation of brush masks
label_config.xml   the labeling interface: paste it under Settings, Labeling Interface, Code
{pictures}
data.image is /data/local-files/?d=images/<file name>: put the folder images into the folder that Label Studio has as
its local files (LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT), or replace the beginning by the address of your pictures.
"""


@register(name="label_studio", title="Label Studio JSON")
def write(dataset: Dataset, options: Options, archive: Archive, advance: Advance) -> None:
    """Tasks with brush masks, and the labeling interface for them."""
    controls = _controls(dataset)
    with archive.beside(TASKS) as out:
        out.write("[")
        for item in dataset:
            out.write(",\n" if item.number > 1 else "\n")
            out.write_json(_task(dataset, item, controls))
            if options.include_images:
                item.copy_view(archive)
            advance()
        out.write("\n]\n")
    archive.write_text(CONFIG, _config(dataset, controls))
    pictures = "images/            the upright pictures\n" if options.include_images else ""
    archive.write_text("README.txt", README.format(project=dataset.project.name, pictures=pictures))


def _task(dataset: Dataset, item: Item, controls: dict[str, str]) -> dict[str, Any]:
    result: list[dict[str, Any]] = []
    for at, kept in enumerate(item.objects):
        result += _regions(dataset, item, kept, f"{item.number}-{at + 1}", controls)
    image = f"/data/local-files/?d={quote(f'images/{item.file_name}')}"
    return {
        "id": item.number,
        "data": {"image": image},
        "annotations": [{"id": item.number, "was_cancelled": False, "ground_truth": False, "result": result}],
        "predictions": [],
    }


def _regions(
    dataset: Dataset, item: Item, kept: Annotation, number: str, controls: dict[str, str]
) -> list[dict[str, Any]]:
    """A mask and what was answered about it: entries with the same id. Raises: ExportProblem."""
    height, width = item.image.height, item.image.width
    try:
        rle = brush.of(item.counts(kept), height, width)
    except CodecError as error:
        raise ExportProblem(f"“{item.image.name}”: {error}. Use the COCO format, which has no such limit.") from error
    common = {
        "id": number,
        "to_name": "image",
        "origin": "manual",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
    }
    value = {"format": "rle", "rle": rle, "brushlabels": [kept.category.name]}
    found = [{**common, "type": "brushlabels", "from_name": "tag", "value": value}]
    for name, given in by_name(dataset.attributes, kept.attributes).items():
        answer, kind = _answer(given, next(one for one in dataset.attributes if one.name == name))
        found.append({**common, "type": kind, "from_name": controls[name], "value": answer})
    return found


def _answer(given: Any, attribute: Attribute) -> tuple[dict[str, Any], str]:
    """The value as its control has it, and the control's kind."""
    if attribute.kind == Attribute.Kind.NUMBER:
        return {"number": given}, "number"
    if attribute.kind == Attribute.Kind.TEXT:
        return {"text": [given]}, "textarea"
    if attribute.kind == Attribute.Kind.FLAG:
        given = "yes" if given else "no"
    return {"choices": [given]}, "choices"


def _controls(dataset: Dataset) -> dict[str, str]:
    """The name of each attribute's control by the attribute's: unlike each other, and unlike `image` and `tag`."""
    given = [one.name for one in dataset.attributes]
    return dict(zip(given, plain(given, "", ["image", "tag"]), strict=True))


def _config(dataset: Dataset, controls: dict[str, str]) -> str:
    rows = ["<View>", '  <Image name="image" value="$image"/>', '  <BrushLabels name="tag" toName="image">']
    for one in dataset.categories:
        rows.append(f'    <Label value={quoteattr(one.name)} background="{one.color}"/>')
    rows.append("  </BrushLabels>")
    for attribute in dataset.attributes:
        rows += _control(attribute, f'name={quoteattr(controls[attribute.name])} toName="image" perRegion="true"')
    return "\n".join([*rows, "</View>"]) + "\n"


def _control(attribute: Attribute, head: str) -> list[str]:
    if attribute.kind == Attribute.Kind.NUMBER:
        return [f"  <Number {head}/>"]
    if attribute.kind == Attribute.Kind.TEXT:
        return [f"  <TextArea {head}/>"]
    choices = ["yes", "no"] if attribute.kind == Attribute.Kind.FLAG else list(map(str, attribute.choices))
    rows = [f"    <Choice value={quoteattr(one)}/>" for one in choices]
    return [f"  <Choices {head}>", *rows, "  </Choices>"]
