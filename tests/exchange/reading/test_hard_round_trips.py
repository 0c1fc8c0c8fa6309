"""What a format does not declare as lost comes back exactly, whatever the project has: many classes, odd names and
sizes, and any objects."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange import build
from labeling.exchange.errors import ExportProblem
from labeling.exchange.matching import Matcher
from labeling.exchange.reading import Reading
from labeling.exchange.registry import Cannot, formats, readable_formats
from labeling.exchange.source import opened
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Category, Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.reading.conftest import add_image

pytestmark = pytest.mark.once

BOTH = sorted(formats().keys() & readable_formats().keys())
Options = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """An object as it is kept, or as it came back. `answers` by the attribute's name, as sorted pairs."""

    category: str
    counts: str
    answers: tuple[tuple[str, Any], ...] = ()
    crowd: bool = False


def fill(image: Image, objects: Sequence[Kept], names: dict[str, Category], numbers: dict[str, str]) -> None:
    """Keep these objects, the lowest first."""
    kept = AnnotationSet.objects.create(image=image, main_of=image, objects_kept=len(objects), status="done")
    rows = []
    for z, one in enumerate(objects):
        area, box = masks.area_and_box(one.counts, image.height, image.width)
        values = {numbers[name]: value for name, value in one.answers}
        rows.append(
            Annotation(
                set=kept, uid=uuid.uuid4(), category=names[one.category], counts=one.counts, area=area, bbox_x=box.x,
                bbox_y=box.y, bbox_width=box.width, bbox_height=box.height, z=z, attributes=values, crowd=one.crowd,
            )
        )  # fmt: skip
    Annotation.objects.bulk_create(rows)


def round_trip(project: Project, format: str, path: Path, **options: Any) -> dict[int, list[Kept]]:
    """Export the whole project and read that: the objects of each image by its id."""
    made, back = formats()[format], readable_formats()[format]
    build.write_zip(project, made, made.parse({"images": "all", **options}), path, lambda done, total: None)
    attributes = {one.name: one.kind for one in project.attributes.all()}
    assert back.read is not None
    with opened(path) as source:
        reading = Reading(source, Matcher(project, source, create=False, mapping={}))
        found = {}
        for image in back.read(reading, back.parse_reading({})):
            assert image.frame.image is not None
            assert image.frame.image not in found
            found[image.frame.image] = [
                Kept(one.category, one.counts, answers_of(one.attributes, attributes), one.crowd)
                for one in image.objects
            ]
        assert all("what lies above may cover it" in one.reason for one in reading.defects)
    return found


def answers_of(given: Any, kinds: dict[str, str]) -> tuple[tuple[str, Any], ...]:
    """Answers as the import takes them: text for a number is that number. Empty ones are none."""
    flags = {"true": True, "yes": True, "false": False, "no": False}
    plain: dict[str, Any] = {}
    for name, value in given.items():
        kind = kinds.get(name)
        plain[name] = float(value) if kind == "number" else flags.get(value, value) if kind == "flag" else value
    return tuple(sorted(plain.items()))


def expected(objects: Sequence[Kept], cannot: Sequence[Cannot], stuff: set[str], height: int, width: int) -> list[Kept]:
    """What is left of objects where the format says that it can't hold some of it."""
    found = list(objects)
    if "overlap" in cannot:
        above, seen = np.zeros((height, width), bool), []
        for one in reversed(found):
            bits = masks.decode(one.counts, height, width)
            if (bits & ~above).any():
                seen.append(replace(one, counts=masks.encode(bits & ~above)))
            above |= bits
        found = seen[::-1]
    merged: dict[Any, list[Kept]] = {}
    for at, one in enumerate(found):
        is_one = "instances" in cannot or ("stuff" in cannot and one.category in stuff)
        crowds = "crowds" in cannot and one.crowd
        merged.setdefault((one.category, crowds) if is_one or crowds else at, []).append(one)
    found = [
        replace(same[0], counts=masks.union([one.counts for one in same], height, width)) for same in merged.values()
    ]
    return [bare(one, cannot) for one in found]


def bare(one: Kept, cannot: Sequence[Cannot]) -> Kept:
    """An object without what is not compared."""
    answers = () if "attributes" in cannot else one.answers
    return replace(one, answers=answers, crowd=one.crowd and "crowd" not in cannot)


def check(after: Sequence[Kept], right: Sequence[Kept], cannot: Sequence[Cannot], height: int, width: int) -> None:
    """Equal, but for the order and for objects of several parts where the format can't hold those."""
    after = [bare(one, cannot) for one in after]
    assert len(after) == len(right)
    if "parts" in cannot:
        whole = [one for one in right if is_whole(masks.decode(one.counts, height, width))]
        assert not Counter(whole) - Counter(after)
    elif "order" in cannot:
        assert Counter(after) == Counter(right)
    else:
        assert list(after) == list(right)


def is_whole(bits: masks.Bits) -> bool:
    return int(ndimage.label(bits, np.ones((3, 3)))[1]) == 1


@pytest.mark.parametrize("format", BOTH)
def test_three_hundred_classes(project: Project, tmp_path: Path, format: str) -> None:
    """A pixel of each; a format that can't say so many refuses the export, and says so before."""
    Category.objects.filter(project=project).delete()
    names = [f"class {at}, {chr(0x4E00 + at)}" for at in range(300)]
    Category.objects.bulk_create(
        Category(project=project, number=at, name=name, color=f"#{at:06x}") for at, name in enumerate(names, 1)
    )
    image = add_image(project, "a.png", 25, 12)
    pixels = np.arange(300).reshape(12, 25)
    objects = [Kept(name, masks.encode(pixels == at)) for at, name in enumerate(names)]
    fill(image, objects, {one.name: one for one in project.categories.all()}, {})
    cannot = formats()[format].cannot
    if "classes" in cannot:
        with pytest.raises(ExportProblem):
            round_trip(project, format, tmp_path / "out.zip")
    else:
        check(round_trip(project, format, tmp_path / "out.zip")[image.pk], objects, cannot, 12, 25)


SIZES = {
    "day/same.png": (5, 4), "night/same.png": (5, 4), "same.png": (1, 1), "SAME.png": (1, 7), "same.jpg": (9, 1),
    f"{'x' * 120}/{'y' * 130}.png": (3, 3), f"{'字' * 250}.png": (2, 5), f"{'字' * 249}3.png": (2, 5),
    "con.png": (4, 4), "a:b?.png": (4, 3), "a_b_.png": (4, 3), "end./.hidden.png": (3, 2), "é.png": (2, 2),
    "größe 06.tar.png": (6, 3), "no suffix": (2, 3),
}  # fmt: skip
"""Width and height by name."""


@pytest.mark.parametrize("format", BOTH)
def test_odd_names_and_sizes(project: Project, tmp_path: Path, format: str) -> None:
    """Each image has one object of its own shape, so that none can be taken for another; two are called alike, and two
    have nothing."""
    names = {one.name: one for one in project.categories.all()}
    images = [add_image(project, name, *size) for name, size in SIZES.items()]
    images += [add_image(project, "same.png", 8, 8), add_image(project, "same.png", 8, 7)]
    images += [add_image(project, f"nothing/{name}.png", 5, 5) for name in "ab"]
    right = {}
    for number, image in enumerate(images):
        bits = np.ones((image.height, image.width), bool)
        bits.ravel()[: number % bits.size] = False
        right[image.pk] = [] if image.name.startswith("nothing") else [Kept("car", masks.encode(bits))]
        if right[image.pk]:
            fill(image, right[image.pk], names, {})
    found = round_trip(project, format, tmp_path / "out.zip")
    assert {pk: objects for pk, objects in found.items() if objects} == {pk: one for pk, one in right.items() if one}


TEXTS = st.text("aä字 :,;<&\"'\\{}\n-1.", min_size=1, max_size=8).map(str.strip).filter(bool)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "note": TEXTS,
        "count": st.integers(-1000, 1000).map(float) | st.sampled_from([0.5, -2.25]),
        "far": st.booleans(),
        "größe": st.sampled_from(["klein", "groß, sehr"]),
    },
)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[int, int, list[Kept]]:
    """A picture's height and width, and objects: rectangles, their outlines, and anything at all."""
    height, width = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    objects = []
    for _ in range(draw(st.integers(0, 5))):
        bits = np.zeros((height, width), bool)
        kind = draw(st.sampled_from(["box", "ring", "any"]))
        if kind == "any":
            bits = np.array(draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width)), bool)
            bits = bits.reshape(height, width)
        else:
            top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
            bottom, right = draw(st.integers(top, height - 1)), draw(st.integers(left, width - 1))
            bits[top : bottom + 1, left : right + 1] = True
            if kind == "ring":
                bits[top + 1 : bottom, left + 1 : right] = False
        if bits.any():
            category = draw(st.sampled_from(["car", "person", "road"]))
            crowd = category != "road" and draw(st.booleans())
            objects.append(Kept(category, masks.encode(bits), tuple(sorted(draw(ANSWERS).items())), crowd))
    return height, width, objects


class _Undo(Exception):
    pass


@pytest.mark.parametrize("format", BOTH)
@given(st.lists(pictures(), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_objects(project: Project, tmp_path: Path, format: str, given_: list[tuple[int, int, list[Kept]]]) -> None:
    kinds: list[tuple[str, Any, list[str]]] = [("note", "text", []), ("count", "number", []), ("far", "flag", [])]
    kinds.append(("größe", "choice", ["klein", "groß, sehr"]))
    cannot = formats()[format].cannot
    try:
        with transaction.atomic():
            save_attributes(project, [AttributeSpec(name=name, kind=kind, choices=one) for name, kind, one in kinds])
            numbers = {one.name: str(one.number) for one in project.attributes.all()}
            names = {one.name: one for one in project.categories.all()}
            stuff = {one.name for one in names.values() if one.kind == one.Kind.STUFF}
            right = {}
            for at, (height, width, objects) in enumerate(given_):
                image = add_image(project, f"{at}.png", width, height)
                fill(image, objects, names, numbers)
                right[image.pk] = (expected(objects, cannot, stuff, height, width), cannot, height, width)
            found = round_trip(project, format, tmp_path / "out.zip")
            for pk, given in right.items():
                check(found.get(pk, []), *given)
            raise _Undo
    except _Undo:
        pass
