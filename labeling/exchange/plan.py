"""What an import would do: the dry run. It is written down, and the import does exactly that and nothing else.

A plan is a gzip of JSON lines, one for each image; what people read of it is the report.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange import versions
from labeling.exchange.content import Defect, ReadClass, ReadImage, ReadObject
from labeling.exchange.errors import ImportProblem
from labeling.exchange.matching import Matcher
from labeling.exchange.reading import MOST_DEFECTS, NOT_STORABLE, ExportIds, Reading, storable
from labeling.exchange.registry import Format, ReadOptions
from labeling.exchange.source import Source
from labeling.projects.attributes import check_value
from labeling.projects.models import Attribute, Project
from labeling.projects.services import MAX_CLASSES
from labeling.web.api import ApiError

WHOLE = "default"
"""What Datumaro and CVAT call the only part of a dataset that has no parts: it says nothing of an image."""


@dataclass
class ClassPlan:
    """What becomes of a class of the dataset: `into` one of the project's, `new`, or left out (neither)."""

    name: str
    into: str = ""
    new: bool = False
    objects: int = 0
    color: str = ""
    kind: str = "thing"


@dataclass
class Report:
    """What an import would do, in numbers, with everything that would be left out or was repaired."""

    images: int = 0
    new_images: int = 0
    labeled_before: int = 0
    skipped: int = 0
    """Images that stay as they are because they have objects."""

    closed: int = 0
    objects: int = 0
    crowds: int = 0
    left_out: int = 0
    already: int = 0
    """Objects that are on their image already, exactly so: they are not added once more."""

    splits: dict[str, int] = field(default_factory=dict)
    classes: list[ClassPlan] = field(default_factory=list)
    attributes: dict[str, int] = field(default_factory=dict)
    """Attributes that the project does not have, and how many objects answer them."""

    unmatched: list[dict[str, Any]] = field(default_factory=list)
    """Images of the dataset that none or several of the project fit: `name`, and the `fits`, each `{id, name}`."""

    defects: list[Defect] = field(default_factory=list)
    notes: list[Defect] = field(default_factory=list)
    more_defects: int = 0
    more_notes: int = 0

    @property
    def defect_count(self) -> int:
        """All defects, also those that are only counted."""
        return len(self.defects) + self.more_defects

    def plain(self) -> dict[str, Any]:
        """As JSON that a database takes."""
        found: dict[str, Any] = storable(asdict(self))
        return found


def make(
    project: Project, source: Source, format: Format, options: ReadOptions, out: Path,
    look: Callable[[], object] = lambda: None,
) -> Iterator[Report]:  # fmt: skip
    """Write the plan to `out`; gives the report so far after each image, the whole one last. look: called for every
    object, to stop in the middle of a large image by what it raises.

    Raises: ImportProblem when the dataset can't be read at all.
    """
    assert format.read is not None
    reading = Reading(source, Matcher(project, source, create=options.create, mapping=options.mapping), look)
    if export := getattr(options, "export", 0):
        reading.export_ids = ids_of_export(project, export)
    planner = _Planner(project, options, reading, suggests=format.suggests)
    with gzip.open(out, "wt", encoding="utf-8", compresslevel=1) as lines:
        for image in format.read(reading, options):
            if planner.is_new(image):
                lines.write(json.dumps(planner.line(image), ensure_ascii=False, separators=(",", ":")) + "\n")
            yield planner.report
    yield planner.finish()


def ids_of_export(project: Project, number: int) -> ExportIds:
    """What the ids in an export of the project mean. Raises: ImportProblem."""
    export = project.exports.filter(pk=number).first()
    if export is None or not export.content:
        raise ImportProblem(
            f"There is no export {number} that says what its ids are: it is of another project, expired or not "
            "finished. Give the COCO file with “images” and “categories” beside the results instead."
        )
    images: dict[int, int] = {}
    with export.content.open("rb") as file, versions.reading(file) as (classes, found):
        for line in found:
            images.setdefault(line.content["number"], line.image)
    return ExportIds(images, {one["number"]: one["name"] for one in classes})


def lines(plan: Path) -> Iterator[dict[str, Any]]:
    """The images of a plan, in order."""
    with gzip.open(plan, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


MOST_UNKNOWN = 1000
OTHERS = "(others)"
"""Attributes that the project does not have, which the report names, and what further ones are counted as."""


class _Planner:
    def __init__(self, project: Project, options: ReadOptions, reading: Reading, *, suggests: bool) -> None:
        self._suggests = suggests
        self._project, self._options, self._reading = project, options, reading
        self._by_name = {one.name.casefold(): one.name for one in project.categories.all()}
        self._attributes = {one.name: one for one in project.attributes.all()}
        self._classes: dict[str, ClassPlan] = {}
        self._images: set[int | str | None] = set()
        self._splits: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self.report = Report()

    def is_new(self, image: ReadImage) -> bool:
        """Whether no entry before was about the same image; else that is told."""
        frame = image.frame
        key = frame.picture if frame.image is None else frame.image
        if key in self._images:
            where = image.objects[0].where if image.objects else frame.name
            text = f"“{frame.name}” is there twice. Only its first entry is imported; import the other one by itself."
            self._reading.defect(where, text, frame.name)
            return False
        self._images.add(key)
        return True

    def line(self, image: ReadImage) -> dict[str, Any]:
        """What the plan says of an image."""
        frame, report = image.frame, self.report
        objects = [self._object(one, frame.name) for one in image.objects]
        if frame.image is not None and not self._suggests:
            state = AnnotationSet.objects.filter(main_of=frame.image).values_list("status", "objects_kept").first()
            status, kept = state or ("new", 0)
            report.labeled_before += kept > 0
            if status == AnnotationSet.Status.ACCEPTED:
                report.closed += 1
                self._reading.defect(frame.name, "A reviewer accepted this image. Send it back first.", frame.name)
                objects = []
        report.images += 1
        report.new_images += frame.image is None
        split = "" if image.split == WHOLE else image.split
        if split:
            self._splits[split] += 1
        kept_objects = [one for one in objects if one is not None]
        if not self._suggests:
            kept_objects = self._without_those_there(image, kept_objects)
            if self._project.panoptic:
                kept_objects = self._without_overlaps(image, kept_objects)
        report.objects += len(kept_objects)
        report.crowds += sum(bool(one.get("crowd")) for one in kept_objects)
        self._move_defects()
        found: dict[str, Any] = storable({
            "image": frame.image, "picture": frame.picture, "name": frame.name, "split": split,
            "objects": kept_objects,
        })  # fmt: skip
        return found

    def _object(self, one: ReadObject, image: str) -> dict[str, Any] | None:
        plan = self._class(one.category)
        plan.objects += 1
        if not plan.into:
            self.report.left_out += 1
            if one.category not in self._options.classes:
                self._reading.defect(one.where, self._why_left_out(one.category), image)
            return None
        found: dict[str, Any] = {"category": plan.into, "counts": one.counts, "where": one.where}
        if values := self._values(one, image):
            found["attributes"] = values
        if one.crowd:
            found["crowd"] = True
        if one.score is not None:
            found |= {"score": one.score, "word": one.category}
        if one.uid is not None:
            found["uid"] = str(one.uid)
        return found

    def _why_left_out(self, name: str) -> str:
        if self._options.new_classes and self._is_full:
            return f"The project has {MAX_CLASSES} classes, as many as fit. Choose one of them for “{name}”."
        return f"The project has no class “{name}”. Choose a class for it, or let it be added."

    @property
    def _is_full(self) -> bool:
        """Whether the project has, with those that are added, as many classes as fit."""
        return len(self._by_name) >= MAX_CLASSES

    def _without_those_there(self, image: ReadImage, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without what the image's own objects leave out. Where labeled images are skipped that is all; where objects
        are added, those that are there by name with the same mask: importing twice adds nothing twice."""
        if image.frame.image is None or self._options.labeled == "replace":
            return objects
        rows = Annotation.objects.filter(set__main_of=image.frame.image).values_list("uid", "counts")
        there = {str(uid): counts for uid, counts in rows}
        if self._options.labeled == "skip":
            self.report.skipped += bool(there)
            return [] if there else objects
        new = [one for one in objects if there.get(one.get("uid", "")) != one["counts"]]
        self.report.already += len(objects) - len(new)
        return new

    def _without_overlaps(self, image: ReadImage, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """In a panoptic project no pixel belongs to two objects: the first one has it."""
        frame, kept = image.frame, []
        taken = np.zeros((frame.height, frame.width), bool)
        if frame.image is not None and self._options.labeled == "add":
            there = Annotation.objects.filter(set__main_of=frame.image)
            for counts in there.values_list("counts", flat=True):
                taken |= masks.decode(counts, frame.height, frame.width)
        for one in objects:
            bits = masks.decode(one["counts"], frame.height, frame.width)
            shared = int(np.count_nonzero(bits & taken))
            if shared:
                text = (
                    f"It shares {shared} pixels with other objects. In a panoptic project no pixel may belong to two "
                    "objects."
                )
                self._reading.defect(one["where"], text, frame.name)
                continue
            taken |= bits
            kept.append(one)
        return kept

    def _class(self, name: str) -> ClassPlan:
        known = self._classes.get(name)
        if known is None:
            defined = self._reading.classes.get(name) or ReadClass(name)
            known = self._classes[name] = ClassPlan(name, color=defined.color, kind=defined.kind)
            wanted = self._options.classes.get(name, name).strip()
            known.into = self._by_name.get(wanted.casefold(), "")
            if wanted and not known.into and self._options.new_classes and not self._is_full:
                known.into, known.new = wanted, True
                self._by_name[wanted.casefold()] = wanted
        return known

    def _values(self, one: ReadObject, image: str) -> dict[str, Any]:
        """The answers by the attribute's number. What the project does not ask is counted, what it can't take told."""
        values: dict[str, Any] = {}
        for name, value in one.attributes.items():
            attribute = self._attributes.get(str(name))
            if attribute is None:
                shown = str(name)[:80]
                self._unknown[shown if shown in self._unknown or len(self._unknown) < MOST_UNKNOWN else OTHERS] += 1
            elif (answer := self._answer(attribute, _of_kind(attribute, value), one.where, image)) is not None:
                values[str(attribute.number)] = answer
        return values

    def _answer(self, attribute: Attribute, value: Any, where: str, image: str) -> Any:
        if value is None:
            return None
        try:
            check_value(attribute, value)
            if storable(value) != value:
                raise ApiError(400, "bad_attributes", NOT_STORABLE)
            return value
        except ApiError as error:
            self._reading.defect(where, f"Its {attribute.name} is not kept: {error.message}", image)
            return None

    def _move_defects(self) -> None:
        counted = self._reading.counted
        for name, found, kept in (
            ("defects", self._reading.defects, self.report.defects),
            ("notes", self._reading.notes, self.report.notes),
        ):
            room, more = MOST_DEFECTS - len(kept), f"more_{name}"
            kept.extend(found[:room])
            setattr(self.report, more, getattr(self.report, more) + len(found[room:]) + counted.pop(name, 0))
            found.clear()

    def finish(self) -> Report:
        """The whole report. Raises: ImportProblem when the dataset names no image at all."""
        for name in self._reading.classes:
            self._class(name)
        self._move_defects()
        report = self.report
        report.classes = sorted(self._classes.values(), key=lambda one: one.name.casefold())
        report.unmatched = _with_names(self._project, self._reading.unmatched)
        report.splits, report.attributes = dict(self._splits), dict(self._unknown)
        if not report.images and not report.defect_count:
            raise ImportProblem("The dataset names no image. Choose the format that it has, and a file with labels.")
        return report


def _with_names(project: Project, unmatched: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    names = dict(
        project.images.filter(pk__in={pk for fits in unmatched.values() for pk in fits}).values_list("pk", "name")
    )
    return [
        {"name": name, "fits": [{"id": pk, "name": names[pk]} for pk in fits if pk in names]}
        for name, fits in unmatched.items()
    ]


_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _of_kind(attribute: Attribute, value: Any) -> Any:
    """An answer as the attribute's kind has it, where that is the same: most formats know nothing but text. None for an
    empty text, which is no answer."""
    kind = attribute.kind
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if kind == Attribute.Kind.FLAG:
            return _FLAGS.get(text.casefold(), value)
        if kind == Attribute.Kind.NUMBER:
            return _number(text)
        return value
    if kind == Attribute.Kind.FLAG and value in (0, 1):
        return bool(value)
    if kind in (Attribute.Kind.TEXT, Attribute.Kind.CHOICE):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _number(text: str) -> int | float | str:
    """The number that a text is; the text where it is none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
