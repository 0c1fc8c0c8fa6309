"""COCO results: predictions with scores, as pycocotools' `loadRes`, detectron2 and mmdetection write them."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from labeling import masks
from labeling.exchange import coco_json, json_entries, spool
from labeling.exchange.codecs import coco_rle, polygons
from labeling.exchange.content import Frame, ReadImage, ReadObject
from labeling.exchange.errors import ImportProblem
from labeling.exchange.reading import Reading, Skip, fill_hint, is_id, shown, with_pixels
from labeling.exchange.registry import ReadOptions, register_reader

_MOST_CLASSES = 100_000
_NO_NAMES = (
    "Predictions name images by ids only: send a zip with the COCO file that the ids are of, or give the number of the "
    "export."
)


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
    meaning = _Meaning(reading)
    with spool.opened() as kept:
        files = [_File(reading, options, name, kept, meaning) for name in reading.source.names(".json")]
        kept.seal()
        results = [one for one in files if one.is_results]
        if not results:
            raise ImportProblem(
                f"{reading.source.label} has no .json file with a list of predictions (image_id, category_id, score)."
            )
        meaning.add_classes()
        for file in results:
            yield from file.images()


class _Meaning:
    """What the ids of images and classes mean: by COCO files, by an export of the project, or by themselves."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.images: dict[Any, str] = {}
        self.classes: dict[Any, str] = {}
        self._categories: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._unnamed = False

    def take(self, file: str, entry: json_entries.Entry) -> None:
        """An entry of a file that is no list."""
        one = entry.value
        if not entry.place or not isinstance(one, dict):
            return
        if entry.section == "images" and is_id(one.get("id")) and isinstance(one.get("file_name"), str):
            self.images.setdefault(one["id"], one["file_name"])
        elif entry.section == "categories":
            self._categories[file].append(one)
            if len(self._categories[file]) > _MOST_CLASSES:
                raise ImportProblem(f"{file} has more than {_MOST_CLASSES:,} classes.")

    def add_classes(self) -> None:
        """All files were gone through."""
        for name, categories in self._categories.items():
            self.classes |= coco_json.classes(self._reading, name, categories)
        if self._reading.export_ids is not None:
            for number, title in self._reading.export_ids.classes.items():
                self.classes.setdefault(number, self._reading.add_class(title, number))

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
        return self._reading.frame(str(image), where, others=others, hint="" if self.images else _NO_NAMES)

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
    """A file, gone through entry by entry. Predictions wait in `kept`, as a file lists them in any order; they are told
    by their place from 1."""

    def __init__(
        self, reading: Reading, options: ResultsReadOptions, name: str, kept: spool.Spool, meaning: _Meaning
    ) -> None:
        self._reading, self._options, self._name, self._kept, self._meaning = reading, options, name, kept, meaning
        self._ids: dict[Any, None] = {}
        """Of images, in the order of their first prediction."""

        self.is_results = False
        for entry in json_entries.entries(reading.source, name):
            if entry.section:
                meaning.take(name, entry)
            elif not self._take(entry):
                break

    def _take(self, entry: json_entries.Entry) -> bool:
        """Whether the list is one of predictions, as its first entry says."""
        one = entry.value
        has_image = isinstance(one, dict) and is_id(one.get("image_id"))
        if not self.is_results:
            self.is_results = one == [] or (isinstance(one, dict) and "image_id" in one)
            if not self.is_results:
                self._reading.note(self._name, "It is no list of predictions, and is not read.")
                return False
        if has_image:
            self._ids[one["image_id"]] = None
            self._kept.add(self._name, json.dumps(one["image_id"]), entry.place, entry.text)
        elif entry.place:
            self._reading.defect(self._where(entry.place), "It has no image_id.")
        return True

    def _where(self, place: int) -> str:
        return f"{self._name}, prediction {place}"

    def images(self) -> Iterator[ReadImage]:
        """The images that have a frame, in the order of their first prediction."""
        for image in self._ids:
            frame = self._meaning.frame(image, f"{self._name}, image {shown(image)}")
            if frame is None:
                continue
            objects = []
            for place, text in self._kept.of(self._name, json.dumps(image)):
                where = self._where(place)
                with self._reading.taking(where, frame.name):
                    objects.append(self._object(where, json.loads(text), frame))
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
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < math.inf:
            raise Skip(f"its score {shown(given)} is no number from 0 to 1")
        if self._options.scores == "percent" and given <= 100:
            return given / 100
        if given > 1 and self._options.scores != "cut":
            raise Skip(f"its score {shown(given)} is above 1: say whether scores are percent, or are to be cut to 1")
        return float(min(given, 1))


_FARTHEST = 1e9  # pixels


def _rectangle(box: Any, frame: Frame) -> str:
    """The pixels of a box `[x, y, width, height]`, cut to the picture. Raises: Skip."""
    numbers = isinstance(box, list) and len(box) == 4 and all(type(one) in (int, float) for one in box)
    if not numbers or not all(abs(one) < _FARTHEST for one in box):
        raise Skip("it has no mask, and its box is not four numbers that can be pixels")
    x, y, width, height = box
    left, right = (round(min(max(one, 0), frame.width)) for one in (x, x + width))
    top, bottom = (round(min(max(one, 0), frame.height)) for one in (y, y + height))
    if left >= right or top >= bottom:
        raise Skip("its box has no pixel in the picture")
    return masks.encode_patch(np.ones((bottom - top, right - left), bool), left, top, frame.height, frame.width)
