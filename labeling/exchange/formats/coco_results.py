"""COCO results: predictions with scores, as pycocotools' `loadRes`, detectron2 and mmdetection write them."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from labeling import masks
from labeling.exchange import coco_json, json_files
from labeling.exchange.codecs import coco_rle, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.errors import ImportProblem
from labeling.exchange.reading import Reading, Skip, fill_hint, is_id, shown, with_pixels
from labeling.exchange.registry import ReadOptions, register_reader

Entry = tuple[str, Mapping[str, Any]]
"""Where a prediction stands, and the prediction."""


class ResultsReadOptions(ReadOptions):
    """`source`: what made the predictions. `export`: the export whose ids they have; 0: none of ours. `scores`: what is
    above 1: ask, percent, or cut to 1. `boxes`: predictions without a mask. `fill`: whose rule polygons follow."""

    source: str = Field(default="", max_length=80)
    export: int = Field(default=0, ge=0, lt=2**63)
    scores: Literal["ask", "percent", "cut"] = "ask"
    boxes: Literal["skip", "rectangles"] = "skip"
    fill: polygons.Fill = "coco"
    not_in_forms: ClassVar[tuple[str, ...]] = ("classes", "mapping", "labeled", "status")


@register_reader(name="coco_results", title="COCO results (predictions)", options=ResultsReadOptions, suggests=True)
def read(reading: Reading, options: ResultsReadOptions) -> Iterator[ReadImage]:
    """A JSON list of predictions with scores, which become suggestions; a COCO file beside it says what ids mean."""
    found = reading.source.names(".json")
    contents = {name: json_files.load(reading.source, name) for name in found}
    results = {name: content for name, content in contents.items() if _is_results(content)}
    if not results:
        raise ImportProblem(
            f"{reading.source.label} has no .json file with a list of predictions (image_id, category_id, score)."
        )
    meaning = _Meaning(reading, {name: one for name, one in contents.items() if name not in results})
    for name, content in results.items():
        yield from _File(reading, options, name, content, meaning).images()


def _is_results(content: Any) -> bool:
    return isinstance(content, list) and (not content or (isinstance(content[0], dict) and "image_id" in content[0]))


class _Meaning:
    """What the ids of images and classes mean: by COCO files, by an export of the project, or by themselves."""

    def __init__(self, reading: Reading, others: Mapping[str, Any]) -> None:
        self._reading = reading
        self.images: dict[Any, str] = {}
        self.classes: dict[Any, str] = {}
        for name, content in others.items():
            if not isinstance(content, dict):
                continue
            for one in self._section(name, content, "images"):
                if is_id(one.get("id")) and isinstance(one.get("file_name"), str):
                    self.images.setdefault(one["id"], one["file_name"])
            if categories := self._section(name, content, "categories"):
                self.classes |= coco_json.classes(reading, name, categories)
        if reading.export_ids is not None:
            for number, title in reading.export_ids.classes.items():
                self.classes.setdefault(number, reading.add_class(title, number))
        self._unnamed = False

    @staticmethod
    def _section(name: str, content: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
        found = content.get(section)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def frame(self, image: Any, where: str) -> Frame | None:
        """The image of the project that an id means; None when there is none, which is told."""
        ids = self._reading.export_ids
        if ids is not None and isinstance(image, int):
            if image not in ids.images:
                self._reading.defect(where, f"The export has no image {image}.", str(image))
                return None
            return self._reading.frame_of(ids.images[image], where)
        if image in self.images:
            return self._reading.frame(self.images[image], where)
        others = (
            (f"{image:012d}",) if isinstance(image, int) and 0 <= image < 10**12 else ()
        )  # as COCO's own are called
        return self._reading.frame(str(image), where, others=others)

    def name_of(self, category: Any, file: str) -> str:
        """The name of a class. Raises: Skip."""
        if not is_id(category):
            raise Skip(f"its class {shown(category)} is no id")
        if category in self.classes:
            return self.classes[category]
        if self.classes:
            raise Skip(f"its class {shown(category)} is not among the classes of the COCO file or export")
        if not self._unnamed:
            self._unnamed = True
            text = (
                "No COCO file beside it says what the classes are called, so they are called by their ids. Choose the "
                "project's classes for them."
            )
            self._reading.note(file, text)
        return self._reading.add_class(str(category), category if isinstance(category, int) else None)


class _File:
    """A file of predictions, told by their place from 1."""

    def __init__(
        self, reading: Reading, options: ResultsReadOptions, name: str, content: Sequence[Any], meaning: _Meaning
    ) -> None:
        self._reading, self._options, self._name, self._meaning = reading, options, name, meaning
        self._of_image: dict[Any, list[Entry]] = defaultdict(list)
        for place, one in enumerate(content, 1):
            where = f"{name}, prediction {place}"
            if not isinstance(one, dict) or not is_id(one.get("image_id")):
                reading.defect(where, "It has no image_id.")
            else:
                self._of_image[one["image_id"]].append((where, one))

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the order of their first prediction."""
        for image, entries in self._of_image.items():
            frame = self._meaning.frame(image, f"{self._name}, image {shown(image)}")
            if frame is None:
                continue
            objects = []
            for where, one in entries:
                with self._reading.taking(where, frame.name):
                    objects.append(self._object(where, one, frame))
            yield ReadImage(frame, objects)

    def _object(self, where: str, one: Mapping[str, Any], frame: Frame) -> ReadObject:
        """Raises: Skip, CodecError."""
        name = self._meaning.name_of(one.get("category_id"), self._name)
        score = self._score(one.get("score"))
        segmentation, hint = one.get("segmentation"), ""
        if isinstance(segmentation, dict):
            counts, note = coco_rle.counts_of(segmentation, frame.height, frame.width)
        elif segmentation:
            counts, note = polygons.counts_of(segmentation, frame.height, frame.width, self._options.fill)
            hint = fill_hint(self._options.fill)
        elif self._options.boxes == "rectangles":
            counts, note = _rectangle(one.get("bbox"), frame), "it has only a box, whose rectangle is suggested"
        else:
            raise Skip("it has no mask, only a box at most")
        self._reading.told(where, note, frame.name)
        return ReadObject(name, with_pixels(counts, frame, hint), where, score=score)

    def _score(self, given: Any) -> float:
        """Raises: Skip."""
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
            raise Skip(f"its score {shown(given)} is no number from 0 to 1")
        if self._options.scores == "percent" and given <= 100:
            return given / 100
        if given > 1 and self._options.scores != "cut":
            raise Skip(f"its score {shown(given)} is above 1: say whether scores are percent, or are to be cut to 1")
        return min(float(given), 1.0)


def _rectangle(box: Any, frame: Frame) -> str:
    """The pixels of a box `[x, y, width, height]`, cut to the picture. Raises: Skip."""
    numbers = isinstance(box, list) and len(box) == 4 and all(type(one) in (int, float) for one in box)
    if not numbers or not all(map(math.isfinite, box)):
        raise Skip("it has no mask, and its box is not four numbers")
    x, y, width, height = box
    left, right = (round(min(max(one, 0), frame.width)) for one in (x, x + width))
    top, bottom = (round(min(max(one, 0), frame.height)) for one in (y, y + height))
    if left >= right or top >= bottom:
        raise Skip("its box has no pixel in the picture")
    return masks.encode_patch(np.ones((bottom - top, right - left), bool), left, top, frame.height, frame.width)
