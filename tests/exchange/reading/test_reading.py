"""What all readers share: finding images, telling sizes, answers as text, images that are there twice."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange import matching, plan, reading
from labeling.exchange.content import Frame, ReadObject
from labeling.exchange.matching import Matcher, NoFrame
from labeling.exchange.models import Import
from labeling.exchange.reading import NOT_STORABLE, Reading, Skip, shown, united, with_pixels
from labeling.exchange.source import opened
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from tests.conftest import picture_bytes
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset
from tests.exchange.reading.test_importing import coco, rle
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once


@pytest.fixture
def matcher(project: Project, add_image: AddImage, tmp_path: Path) -> Any:
    for name in ("street.jpg", "street.1.jpg", "day/street.jpg", "night/street.jpg"):
        add_image(name)
    with opened(tmp_path) as source:
        yield Matcher(project, source, create=False, mapping={})


@pytest.mark.parametrize(
    ("name", "stem", "found"),
    [
        ("street.png", False, "street.jpg"),  # not day/street.jpg, whose end it is, too
        ("street", True, "street.jpg"),
        ("street.1", True, "street.1.jpg"),  # .1 is no suffix here
        ("street.1.png", False, "street.1.jpg"),
        ("day/street", True, "day/street.jpg"),
        ("images/train/night/street.png", False, "night/street.jpg"),
    ],
)
def test_the_nearest_name_is_meant(matcher: Matcher, name: str, stem: bool, found: str) -> None:
    assert matcher.frame(name, stem=stem).name == found


def test_a_name_that_fits_several_is_told(project: Project, matcher: Matcher, tmp_path: Path) -> None:
    project.images.filter(name="street.jpg").delete()
    with opened(tmp_path) as source, pytest.raises(NoFrame, match="“dawn/street” fits 2 images"):
        Matcher(project, source, create=False, mapping={}).frame("dawn/street", stem=True)


def test_label_files_stay_labels(project: Project, tmp_path: Path) -> None:
    path = dataset(tmp_path, {f"{folder}/a.png": picture_bytes(8, 6) for folder in ("images", "masks", "ids")})
    with opened(path) as source:
        reading = Reading(source, Matcher(project, source, create=True, mapping={}))
        reading.label_files(["masks/a.png"])
        reading.label_files(["ids/a.png"])
        frame = reading.frame("a.png", "here")
    assert frame is not None
    assert frame.picture == "images/a.png"


def test_other_names_are_tried_and_the_first_is_told(project: Project, add_image: AddImage, tmp_path: Path) -> None:
    add_image("b.png")
    with opened(tmp_path) as source:
        reading = Reading(source, Matcher(project, source, create=False, mapping={}))
        assert reading.frame("a.png", "here", others=["b.png"])
        assert not reading.defects
        assert reading.frame("a.png", "here", others=["c.png"]) is None
    assert [one.reason for one in reading.defects] == [
        "The project has no image “a.png”, and the dataset does not hold the picture."
    ]


def test_parts_of_a_group_are_one_object(project: Project, tmp_path: Path) -> None:
    frame = Frame("a.png", HEIGHT, WIDTH)
    bits = [box(1, 1, 3, 3), box(9, 9, 2, 2), box(20, 1, 5, 5), box(30, 1, 1, 1)]
    classes = ["car", "tree", "car", "car"]
    given = [
        ReadObject(name, masks.encode(one), f"annotation {at}", {"note": at})
        for at, (name, one) in enumerate(zip(classes, bits, strict=True))
    ]
    with opened(tmp_path) as source:
        reading = Reading(source, Matcher(project, source, create=False, mapping={}))
        found = united(reading, frame, zip([7, 7, 7, None], given, strict=True))
    assert [(one.category, one.where) for one in found] == [
        ("car", "annotation 0"), ("tree", "annotation 1"), ("car", "annotation 3"),
    ]  # fmt: skip
    assert np.array_equal(masks.decode(found[0].counts, HEIGHT, WIDTH), bits[0] | bits[2])
    assert [one.reason for one in reading.notes] == ["2 masks of “car” are one object, as they have the same group."]
    assert [(one.where, one.reason) for one in reading.defects] == [
        ("annotation 2", "Its “note” is not kept: another part of the object has another value.")
    ]


def test_a_mask_without_pixels_is_no_object() -> None:
    with pytest.raises(Skip, match="no pixel in the picture, alas"):
        with_pixels(masks.encode(box(0, 0, 0, 0)), Frame("a.png", HEIGHT, WIDTH), ", alas")


def test_values_are_shown_in_a_line() -> None:
    assert [shown(one) for one in (None, 7, "a" * 50, [1])] == ["(missing)", "7", "a" * 40 + "…", "list"]


@pytest.mark.parametrize(("many", "size"), [(1, 5), (40, 1)])
def test_a_union_of_masks(many: int, size: int) -> None:
    bits = [box(at, at % HEIGHT, size, 1) for at in range(many)]
    found = masks.union([masks.encode(one) for one in bits], HEIGHT, WIDTH)
    assert found == masks.encode(np.logical_or.reduce(bits))


def test_an_image_that_is_there_twice_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    """Else the second entry would replace, or double, what the first one brought."""
    image = add_image("a.png")
    one, other = [rle(box(1, 1, 4, 4), 1)], [rle(box(9, 9, 4, 4), 2)]
    path = dataset(tmp_path, {"x.json": coco(("a.png", one), ("images/a.png", other))})
    row = bring_in(path, "coco", labeled="replace", skip_defects=True)
    assert [one.counts for one in imported(image)] == [masks.encode(box(1, 1, 4, 4))]
    assert [(one["where"], one["reason"]) for one in row.report["defects"]] == [
        ("x.json, annotation 2", "“a.png” is there twice. Only its first entry is imported; import the other one by "
         "itself.")
    ]  # fmt: skip


def test_answers_written_as_text_are_what_they_say(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    specs = [("note", "text", []), ("count", "number", []), ("far", "flag", []), ("size", "choice", ["1", "big"])]
    save_attributes(project, [AttributeSpec(name=name, kind=kind, choices=given) for name, kind, given in specs])  # type: ignore[arg-type]
    image = add_image("a.png")
    given = [
        {"note": 5, "count": "12", "far": "true", "size": 1},
        {"note": True, "count": " 2.5", "far": "No", "size": "big"},
        {"note": "", "count": "", "far": "", "size": ""},
        {"count": "many", "far": "perhaps", "size": "small"},
    ]
    objects = [rle(box(2 * at, 1, 2, 2), attributes=one) for at, one in enumerate(given)]
    row = bring_in(dataset(tmp_path, {"x.json": coco(("a.png", objects))}), "coco", skip_defects=True)
    assert [one.attributes for one in imported(image)] == [
        {"1": "5", "2": 12, "3": True, "4": "1"},
        {"1": "true", "2": 2.5, "3": False, "4": "big"},
        {},
        {},
    ]
    assert [one["where"] for one in row.report["defects"]] == ["x.json, annotation 4"] * 3


def test_a_long_name_of_a_class_is_cut_and_noted(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    names = ("a" * 100, "a" * 80 + "b", "  b  b ")
    objects = [rle(box(number, 1, 2, 2), number) for number in (1, 2, 3)]
    row = bring_in(dataset(tmp_path, {"x.json": coco(("a.png", objects), classes=names)}), "coco")
    assert [one.category.name for one in imported(image)] == ["a" * 80, "a" * 80, "b b"]
    texts = [one["reason"] for one in row.report["notes"]]
    assert [text.endswith("Another class has that name, too.") for text in texts] == [False, True]


def test_many_images_of_one_name_are_found_by_their_folders(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking through all of them for each took a time that grew with the square of their number."""
    images = [
        Image(project=project, name=f"clip-{at}/0001.jpg", sha256=f"{at:064x}", width=4, height=4) for at in range(3000)
    ]
    Image.objects.bulk_create(images)
    looked = 0
    with opened(tmp_path) as source:
        matcher = Matcher(project, source, create=False, mapping={})
        ends = matching._ends

        def counted(ours: str, theirs: str) -> bool:
            nonlocal looked
            looked += 1
            return ends(ours, theirs)

        monkeypatch.setattr(matching, "_ends", counted)
        found = {matcher.frame(f"images/clip-{at}/0001.png").name for at in range(3000)}
    assert len(found) == 3000
    assert looked == 0


@pytest.mark.parametrize("odd", ["\0", "\ud800"], ids=["NUL", "half of a pair"])
def test_characters_that_no_database_takes(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path, odd: str
) -> None:
    """The check ended with an error of the database, or when it wrote the plan down."""
    save_attributes(project, [AttributeSpec(name="note", kind="text")])
    image = add_image("a.png")
    answers = {"note": f"x{odd}", f"free{odd}": odd}
    images = [("a.png", [rle(box(1, 1, 4, 4), attributes=answers)]), (f"{odd}.png", [])]
    row = bring_in(dataset(tmp_path, {"x.json": coco(*images, classes=(f"a{odd}b",))}), "coco", skip_defects=True)
    assert (row.state, row.reason) == ("done", "")
    assert [(one.category.name, one.attributes) for one in imported(image)] == [("a�b", {})]
    assert [one["reason"] for one in row.report["notes"]] == [
        f"The name of the class “a�b”: {NOT_STORABLE} They are �."
    ]
    assert any(one["reason"].startswith("Its note is not kept") for one in row.report["defects"])
    assert "\ufffd" in json.dumps(row.report["unmatched"], ensure_ascii=False)
    text = json.dumps([Import.objects.get(pk=row.pk).report, row.reason], ensure_ascii=False)
    assert odd not in text
    assert json.dumps(odd)[1:-1] not in text


def test_more_classes_than_a_project_has_room_for(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check said that all would be added, and the import failed."""
    image, before = add_image("a.png"), project.categories.count()
    monkeypatch.setattr(plan, "MAX_CLASSES", before + 1)
    objects = [rle(box(2 * number, 1, 2, 2), number) for number in (1, 2)]
    path = dataset(tmp_path, {"x.json": coco(("a.png", objects), classes=("first", "second"))})
    row = bring_in(path, "coco", skip_defects=True)
    assert (row.state, row.reason) == ("done", "")
    assert [one.category.name for one in imported(image)] == ["first"]
    assert [(one["where"], one["reason"]) for one in row.report["defects"]] == [(
        "x.json, annotation 2",
        f"The project has {before + 1} classes, as many as fit. Choose one of them for “second”.",
    )]  # fmt: skip


def test_a_report_does_not_grow_with_what_a_file_calls_things(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attributes that the project lacks are named up to a number; a dataset of any number of classes is refused."""
    monkeypatch.setattr(plan, "MOST_UNKNOWN", 2)
    monkeypatch.setattr(reading, "MOST_CLASSES", 3)
    add_image("a.png")
    objects = [rle(box(1, 1, 4, 4), attributes=dict.fromkeys("abcd", 1)), rle(box(9, 9, 4, 4), attributes={"a": 1})]
    path = dataset(tmp_path / "one", {"x.json": coco(("a.png", objects), classes=("x", "y", "z"))})
    row = bring_in(path, "coco", check_only=True)
    assert row.report["attributes"] == {"a": 2, "b": 1, "(others)": 2}
    path = dataset(tmp_path / "two", {"x.json": coco(("a.png", objects), classes=("x", "y", "z", "4"))})
    row = bring_in(path, "coco", check_only=True)
    assert (row.state, "more than 3 classes" in row.reason) == ("failed", True)


def test_more_objects_of_an_image_than_fit_into_memory(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million of them, 540 KB in a zip, took gigabytes. YOLO is any format that has them in a file of the image."""
    for name in ("a.png", "b.png"):
        add_image(name)
    two = [rle(box(2 * at, 1, 2, 2)) for at in range(2)]
    names = {"data.yaml": "names: [car]"}
    line = "0 0 0 0.5 0 0.5 0.5\n"
    for most, state in ((2, "checked"), (1, "failed")):
        monkeypatch.setattr(reading, "MOST_OBJECTS", most)
        path = dataset(tmp_path / f"coco{most}", {"x.json": coco(("a.png", two), ("b.png", two))})
        yolo = dataset(tmp_path / f"yolo{most}", {**names, "labels/a.txt": line * 2, "labels/b.txt": line * 2})
        rows = [bring_in(path, "coco", check_only=True), bring_in(yolo, "yolo", check_only=True)]
        assert [row.state for row in rows] == [state] * 2
    assert rows[0].reason.startswith("x.json, image 1 has more than 1 objects")
    assert rows[1].reason.startswith("labels/a.txt, line 2: “a.png” has more than 1 objects")
    monkeypatch.setattr(reading, "MOST_OBJECTS", 10)
    monkeypatch.setattr(reading, "MOST_MEMORY", 300)
    assert "too large ones" in bring_in(path, "coco", check_only=True).reason


def test_a_class_that_is_mapped_to_spaces_is_left_out(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 4, 4))]), classes=("odd",))})
    row = bring_in(path, "coco", classes={"odd": "  "})
    assert (row.state, row.report["left_out"], imported(image)) == ("done", 1, [])
