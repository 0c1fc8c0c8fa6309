"""Label Studio JSON: tasks with brush masks, and the labeling interface to import them with.

It has whole masks, drawing order (the order of the list) and attributes. It can't say which classes are stuff
and which objects are crowds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from labeling.annotations.models import Annotation
from labeling.exchange import json_files, xml_files
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import CodecError, brush, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject, Value
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.errors import ExportProblem, ImportProblem
from labeling.exchange.names import plain
from labeling.exchange.reading import Reading, Skip, fill_hint, is_id, shown, with_pixels
from labeling.exchange.registry import Advance, Options, ReadOptions, register, register_reader
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


@register(name="label_studio", title="Label Studio JSON", cannot=("crowd",))
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


class LabelStudioReadOptions(ReadOptions):
    """`fill`: whose rule a polygon's pixels follow. `several`: which annotation of a task counts if it has several:
    `first` and leave out the others as defects (`ask`) or silently, or the `last`. `predictions`: take the prediction
    with the highest score for a task without annotations."""

    fill: polygons.Fill = "coco"
    several: Literal["ask", "first", "last"] = "ask"
    predictions: bool = False


Content = Mapping[str, Any]
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_LABELS = ("brushlabels", "polygonlabels", "labels", "rectanglelabels", "ellipselabels", "keypointlabels")
_SHAPES = {"rectangle", "ellipse", "keypoint", "video", "vector"}


@register_reader(name="label_studio", title="Label Studio JSON", options=LabelStudioReadOptions)
def read(reading: Reading, options: LabelStudioReadOptions) -> Iterator[ReadImage]:
    """Tasks with brush masks or polygons, as Label Studio's “JSON” export has them."""
    for name in reading.source.names(".xml"):
        _add_classes(reading, name)
    names = reading.source.names(".json")
    for name, tasks in json_files.long_of_format(reading, names, "", _is_task, _lacks, "Label Studio JSON"):
        for place, task in enumerate(tasks.entries(), 1):
            yield from _Task(reading, options, name, place, task).image()


def _is_task(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("data"), dict)


def _lacks(tasks: json_files.Long) -> str:
    return "" if tasks.fits else "list of tasks with “data” and “annotations”"


def _add_classes(reading: Reading, name: str) -> None:
    """The classes of a labeling interface that lies beside the tasks."""
    try:
        for one in xml_files.elements(reading.source, name, "View", ("Label",)):
            color = one.get("background", "").lower()
            if label := one.get("value", "").strip():
                reading.add_class(label, None, color if re.fullmatch("#[0-9a-f]{6}", color) else "")
    except ImportProblem as problem:
        reading.note(name, f"{problem} Classes are taken from the objects.")


class _Task:
    """A task, of one image. Defects name the file, the task, and the region by its id."""

    def __init__(self, reading: Reading, options: LabelStudioReadOptions, file: str, place: int, task: Any) -> None:
        self._reading, self._options, self._task = reading, options, task
        number = task.get("id") if isinstance(task, dict) else None
        self._where = f"{file}, task {shown(number) if is_id(number) else f'at place {place}'}"

    def image(self) -> Iterator[ReadImage]:
        """The image, if it has a frame."""
        data = self._task.get("data") if isinstance(self._task, dict) else None
        names = _names(data) if isinstance(data, dict) else []
        if not names:
            self._reading.defect(self._where, "Its data name no image.")
            return
        frame = self._reading.frame(names[0], self._where, others=names[1:])
        if frame is None:
            return
        chosen, score = self._chosen(frame)
        yield ReadImage(frame, self._objects(chosen, score, frame))

    def _chosen(self, frame: Frame) -> tuple[Sequence[Any], float | None]:
        """The results of the annotation that counts, and the score of a prediction."""
        given = [one for one in _list(self._task.get("annotations")) if isinstance(one, dict)]
        found = [one for one in given if not one.get("was_cancelled")]
        if len(found) < len(given):
            self._reading.note(
                self._where, f"{len(given) - len(found)} cancelled annotations are left out.", frame.name
            )
        if len(found) > 1 and self._options.several == "ask":
            text = f"It has {len(found)} annotations; only the first is taken. Choose which one counts (several)."
            self._reading.defect(self._where, text, frame.name)
        if found:
            return _list(found[-1 if self._options.several == "last" else 0].get("result")), None
        predictions = [one for one in _list(self._task.get("predictions")) if isinstance(one, dict)]
        if not predictions:
            return [], None
        if not self._options.predictions:
            text = "It has only predictions, which are left out. Choose to take them (predictions)."
            self._reading.note(self._where, text, frame.name)
            return [], None
        best = max(predictions, key=lambda one: _score(one) or 0.0)
        return _list(best.get("result")), _score(best)

    def _objects(self, results: Sequence[Any], score: float | None, frame: Frame) -> list[ReadObject]:
        regions: dict[str, list[Content]] = {}
        for place, one in enumerate(results, 1):
            if not isinstance(one, dict) or not isinstance(one.get("value"), dict):
                self._reading.defect(f"{self._where}, result {place}", "It has no value.", frame.name)
            else:
                number = one.get("id")
                regions.setdefault(str(number) if is_id(number) else f"at place {place}", []).append(one)
        found = []
        for number, region in regions.items():
            where = f"{self._where}, region {shown(number)}"
            with self._reading.taking(where, frame.name):
                found.append(self._object(where, region, score, frame))
        return found

    def _object(self, where: str, region: Sequence[Content], score: float | None, frame: Frame) -> ReadObject:
        """Raises: Skip, CodecError."""
        shape = next((one for one in region if "rle" in one["value"] or "points" in one["value"]), None)
        if shape is None:
            kinds = {str(one.get("type")) for one in region}
            kind = shown(min(kinds))
            is_shape = any(one.removesuffix("labels") in _SHAPES for one in kinds)
            raise Skip(f"it is {kind}, which has no mask" if is_shape else f"it is {kind} of the whole image")
        if shape.get("image_rotation"):
            raise Skip(f"it was drawn on the image turned by {shown(shape['image_rotation'])} degrees")
        labels = list(dict.fromkeys(label for one in region for label in _labels(one["value"])))
        if not labels:
            raise Skip("it has no label")
        counts, hint = self._counts(where, shape, frame)
        with_pixels(counts, frame, hint)
        for label in labels[1:]:
            text = f"Its label “{shown(label)}” is not kept: an object has one class, here “{shown(labels[0])}”."
            self._reading.defect(where, text, frame.name)
        return ReadObject(self._reading.add_class(labels[0]), counts, where, _answers(region), score=score)

    def _counts(self, where: str, shape: Content, frame: Frame) -> tuple[str, str]:
        """The mask, and a hint for one without pixels. Raises: Skip, CodecError."""
        value, hint = shape["value"], ""
        if "rle" in value:
            counts, note = brush.counts_of(value["rle"], frame.height, frame.width)
        else:
            self._check_shape(where, shape, frame)
            points = _points(value["points"], frame)
            counts, note = polygons.counts_of([points], frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        self._reading.told(where, note, frame.name)
        return counts, hint

    def _check_shape(self, where: str, shape: Content, frame: Frame) -> None:
        """Places are in percent, so they fit a picture of another size, but not one of another shape. Raises: Skip."""
        height: Any = shape.get("original_height")
        width: Any = shape.get("original_width")
        if height is None and width is None:
            return
        good = isinstance(height, int) and isinstance(width, int) and min(height, width) > 0
        if not good or abs(height * frame.width - width * frame.height) > max(
            height + frame.height, width + frame.width
        ):
            stated = f"{shown(width)} × {shown(height)}"
            raise Skip(f"it is for {stated}; the picture is {frame.width} × {frame.height}")
        self._reading.tell_size(where, frame, height, width)


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _score(one: Content) -> float | None:
    score = one.get("score")
    return float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None


def _names(data: Content) -> list[str]:
    """What the image of a task may be called, the likeliest first."""
    texts = {name: one for name, one in data.items() if isinstance(one, str) and one.strip()}
    given = texts.get("image") or next((one for one in texts.values() if re.search(r"\.\w{3,4}(\?|$)", one)), "")
    if not given or given.startswith("data:"):
        return []
    try:
        parts = urlsplit(given)
        local = parse_qs(parts.query, keep_blank_values=True).get("d", [])
    except ValueError:  # what looks like an address and is none
        return [given]
    path = local[0] if local else unquote(parts.path if parts.scheme or parts.query else given)
    name = PurePosixPath(path).name
    folder = path[: len(path) - len(name)]
    without = _UPLOADED.sub("", name)
    return [path] if without == name else [path, folder + without]


def _labels(value: Content) -> list[str]:
    return [one for kind in _LABELS for one in _list(value.get(kind)) if isinstance(one, str) and one.strip()]


def _points(points: Any, frame: Frame) -> list[Any]:
    """`[x1, y1, …]` in pixels of `[[x1, y1], …]` in percent. Raises: Skip."""
    pairs = isinstance(points, list) and all(isinstance(one, list) and len(one) == 2 for one in points)
    if not pairs or not all(isinstance(one, int | float) and abs(one) < 1e6 for pair in points for one in pair):
        raise Skip("its points are no list of pairs of numbers")
    return [value for x, y in points for value in (x * frame.width / 100, y * frame.height / 100)]


def _answers(region: Sequence[Content]) -> dict[str, Value]:
    """What was answered about a region, by the control's name."""
    found: dict[str, Value] = {}
    for one in region:
        value, name = one["value"], one.get("from_name")
        if not isinstance(name, str):
            continue
        for kind in ("choices", "text", "number", "rating", "datetime"):
            given = value.get(kind)
            if isinstance(given, list):
                given = ", ".join(text for text in given if isinstance(text, str))
            if isinstance(given, str | int | float):
                found[name] = given
    return found
