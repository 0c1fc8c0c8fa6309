"""CVAT's XML: shapes, groups, orders, and files that are not as they should be."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.exchange import xml_files
from labeling.exchange.errors import ImportProblem
from labeling.exchange.models import Import
from labeling.exchange.source import opened
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

META = "<meta><job><labels><label><name>car</name><color>#0000FF</color></label></labels></job></meta>"


def mask(x: int, y: int, width: int = 2, height: int = 2, label: str = "car", inner: str = "", **more: Any) -> str:
    """A rectangle as CVAT has it."""
    given = {"left": x, "top": y, "width": width, "height": height, "rle": f"0, {width * height}", **more}
    return f'<mask label="{label}" {" ".join(f"""{name}="{one}" """ for name, one in given.items())}>{inner}</mask>'


def file(*shapes: str, head: str = f'id="0" name="a.png" width="{WIDTH}" height="{HEIGHT}"', meta: str = META) -> str:
    return f'<?xml version="1.0"?><annotations>{meta}<image {head}>{"".join(shapes)}</image></annotations>'


def test_the_higher_is_on_top_and_groups_are_one(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    shapes = [
        mask(0, 0, z_order=5), mask(4, 0, z_order=-1, group_id=3), mask(8, 0, z_order=2, group_id=3),
        mask(12, 0, label="tree", z_order=2, group_id=3), mask(16, 0, group_id=0),
    ]  # fmt: skip
    row = bring_in(dataset(tmp_path, {"annotations.xml": file(*shapes)}), "cvat")
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("car", masks.encode(box(4, 0, 2, 2) | box(8, 0, 2, 2))), ("car", masks.encode(box(16, 0, 2, 2))),
        ("tree", masks.encode(box(12, 0, 2, 2))), ("car", masks.encode(box(0, 0, 2, 2))),
    ]  # fmt: skip
    expect_told(row, ("image 0, mask at place 2", "same group_id"), what="notes")


def test_attributes_and_subsets(project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    save_attributes(project, [AttributeSpec(name="occluded", kind="flag"), AttributeSpec(name="age", kind="number")])
    image = add_image("a.png")
    answer = '<attribute name="age">{}</attribute>'
    shapes = [mask(0, 0, inner=answer.format("12"), occluded=1), mask(4, 4, inner=answer.format(""), occluded=0)]
    head = f'id="0" name="train/a.png" subset="Train" width="{WIDTH}" height="{HEIGHT}"'
    row = bring_in(dataset(tmp_path, {"annotations.xml": file(*shapes, head=head)}), "cvat")
    assert [one.attributes for one in imported(image)] == [{"1": True, "2": 12}, {}]
    assert row.report["splits"] == {"Train": 1}


def test_each_defect_is_told_and_the_rest_is_imported(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    polygon = '<polygon label="car" points="{}"/>'
    defective = [
        (mask(1, 1, rle="0, 5"), "do not add up"), (mask(1, 1, rle="0, 99999999999999999"), "do not add up"),
        (mask(1, 1, rle="0, x"), "not a run"), (mask(1, 1, rle=""), "not a run"), (mask(1, 1, label=" "), "no label"),
        (mask(WIDTH, 1), "not inside"), (mask(1, 1, 2, 2, left="1.5"), "its left is 1.5"),
        (mask(1, 1, width=10**8, height=10**8), "not inside"), (mask(1, 1, top=""), "its top is (missing)"),
        (mask(1, 1, z_order="high"), "its z_order is high"), (mask(1, 1, rle="4"), "no pixel"),
        ('<box label="car" xtl="1" ytl="1" xbr="4" ybr="5"/>', "is a box, which has no mask"),
        ('<tag label="car"/>', "is a tag"), (polygon.format("1,1;2,2"), "2 points"),
        (polygon.format("1,1;2,nan;4,5"), "not a finite"), (polygon.format("1,1;2;4,5"), "no pair of numbers"),
        (polygon.format(""), "no pair of numbers"),
    ]  # fmt: skip
    content = file(*[one for one, _ in defective], mask(5, 5), '<track label="car"/>')
    row = bring_in(dataset(tmp_path, {"annotations.xml": content}), "cvat", skip_defects=True)
    told = [(f"at place {at}", part[1:]) for at, (_, part) in enumerate(defective, 1)]
    expect_told(row, *told, (f"track at place {len(defective) + 2}", "is a track"))
    assert [one.counts for one in imported(image)] == [masks.encode(box(5, 5, 2, 2))]


def test_what_is_not_about_the_picture_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    """A box without the size of its picture could be anywhere in another one."""
    add_image("a.png")
    heads = [f'id="0" name="a.png" width="{HEIGHT}" height="{WIDTH}"', 'id="1" name="gone.png"', 'id="2"']
    images = "".join(f"<image {head}>{mask(1, 1)}</image>" for head in heads)
    content = f'<annotations>{images}<track id="7" label="car"><box/></track></annotations>'
    row = bring_in(dataset(tmp_path, {"a.xml": content}), "cvat", skip_defects=True)
    expect_told(
        row, ("image 0", f"labels are for {HEIGHT} × {WIDTH}; the picture is {WIDTH} × {HEIGHT}"),
        ("image 1", "no image “gone.png”"), ("image at place 3", "no name"), ("track 7", "in a video"),
    )  # fmt: skip


def test_polygons_are_filled_by_the_chosen_rule(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    path = dataset(tmp_path, {"a.xml": file('<polygon label="car" points="2.00,2.00;6.00,2.00;6.00,5.00;2.00,5.00"/>')})
    for fill, bits in (("coco", box(2, 2, 4, 3)), ("opencv", box(2, 2, 5, 4))):
        bring_in(path, "cvat", fill=fill, labeled="replace")
        assert [one.counts for one in imported(image)] == [masks.encode(bits)]


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>'


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "has no .xml file"),
        ({"a.xml": "<annotation/>"}, "<annotation> as its outermost element, not <annotations>"),
        ({"a.xml": file().replace("<annotations>", f"{BOMB}<annotations>&y;")}, "has a DOCTYPE"),
        ({"a.xml": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations/>'}, "has a DOCTYPE"),
        ({"a.xml": "<annotations>&y;</annotations>"}, "not valid XML: undefined entity"),
        ({"a.xml": file()[:-20]}, "may have been cut short"),
        ({"a.xml": "<annotations>" + "<a>" * 100_000}, "nested too deeply"),
        ({"a.xml": "<annotations><image>" + "<a>" * 100_000}, "nested too deeply"),
        ({"a.xml": ""}, "not valid XML: no element found"),
        ({"a.xml": '<?xml version="1.0" encoding="klingon"?><annotations/>'}, "not valid XML"),
        ({"a.xml": b"<annotations>\xff</annotations>"}, "not valid XML"),
        ({"a.xml": f"<annotations>{META}</annotations>"}, "names no image"),
    ],
)
def test_what_is_no_dataset_is_refused(
    project: Project, bring_in: BringIn, tmp_path: Path, files: dict[str, Any], reason: str
) -> None:
    row = bring_in(dataset(tmp_path, files), "cvat")
    assert row.state == Import.State.FAILED
    assert reason in row.reason


def test_another_xml_is_noted(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    add_image("a.png")
    row = bring_in(dataset(tmp_path, {"Annotations/a.xml": "<annotation/>", "b.xml": file(mask(1, 1))}), "cvat")
    assert row.added == 1
    expect_told(row, ("Annotations/a.xml", "outermost element"), what="notes")


@pytest.mark.parametrize("inside", ['<image rle="', "<image>", "<other ", "<!-- "])
def test_an_endless_element_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    monkeypatch.setattr(xml_files, "LARGEST_ELEMENT", 2 * 1024**2)
    path = tmp_path / "a.xml"
    path.write_text(f"<annotations>{inside}" + "x" * 40_000_000)
    tracemalloc.start()
    with opened(path) as source, pytest.raises(ImportProblem, match="element of more than 2 MB"):
        list(xml_files.elements(source, "a.xml", "annotations", ("image",)))
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024**2
    tracemalloc.stop()


@pytest.mark.parametrize("inside", ["<m/>", '<m a=""/>'])
def test_an_element_with_millions_of_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """64 MB of empty ones took 2.5 GB."""
    monkeypatch.setattr(xml_files, "MOST_INSIDE", 1000)
    (tmp_path / "a.xml").write_text(f"<annotations>{f'<image>{inside * 400}</image>' * 5}</annotations>")
    (tmp_path / "b.xml").write_text(f"<annotations><image>{inside * 1001}</image></annotations>")
    with opened(tmp_path) as source:
        assert len(list(xml_files.elements(source, "a.xml", "annotations", ("image",)))) == 5
        with pytest.raises(ImportProblem, match="b.xml has a <image> with more than 1,000 elements and attributes"):
            list(xml_files.elements(source, "b.xml", "annotations", ("image",)))


def test_images_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(f"<annotations>{f'<image>{mask(1, 1)}</image>' * 20_000}</annotations>")
    tracemalloc.start()
    with opened(path) as source:
        count = sum(len(one) for one in xml_files.elements(source, "a.xml", "annotations", ("image",)))
    assert count == 20_000
    assert tracemalloc.get_traced_memory()[1] < 4 * 1024**2
    tracemalloc.stop()
