"""Cityscapes, read back with Pillow and json."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from labeling.annotations.models import Annotation
from labeling.exchange.errors import ExportProblem
from labeling.exchange.formats import cityscapes
from labeling.projects.models import Category, Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def classes(project: Project) -> None:
    """1 car (Cityscapes' own, with instances), 2 one of ours (a thing), 3 road (Cityscapes' own, stuff)."""
    project.name = "Night_drive: Köln"
    project.save()
    for number, name in ((1, "Car"), (2, "unicorn"), (3, "road")):
        Category.objects.filter(number=number).update(name=name, kind="stuff" if number == 3 else "thing")


def picture(found: Zip, stem: str, kind: str) -> tuple[str, np.ndarray]:
    with Pillow.open(io.BytesIO(found.read(f"gtFine/train/{stem.split('_')[0]}/{stem}_gtFine_{kind}.png"))) as opened:
        return opened.mode, np.array(opened)


STEM = "night-drive-koln_000001_000000"


def test_ids_instances_and_colours(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("day/a.png")
    road, car, other, own = box(0, 0, WIDTH, 20), box(2, 3, 10, 8), box(8, 3, 10, 8), box(30, 30, 5, 5)
    for bits, number in ((road, 3), (car, 1), (other, 1), (own, 2)):
        keep(image, bits, number)
    found = make_zip("cityscapes")
    mode, labels = picture(found, STEM, "labelIds")
    assert mode == "L"
    expected = road * 7
    expected[car | other] = 26
    expected[own] = 34
    assert np.array_equal(labels, expected)
    mode, instances = picture(found, STEM, "instanceIds")
    assert mode == "I;16"
    expected[car], expected[other], expected[own] = 26000, 26001, 34000
    assert np.array_equal(instances, expected)
    train = picture(found, STEM, "labelTrainIds")[1]
    assert [train[0, 0], train[4, 4], train[31, 31], train[35, 0]] == [0, 13, 19, 255]
    assert train.dtype == np.uint8
    mode, colors = picture(found, STEM, "color")
    assert mode == "RGBA"
    assert colors[4, 4].tolist() == [0, 0, 142, 255]
    assert colors[35, 0].tolist() == [0, 0, 0, 255]
    assert found.json("files.json") == {STEM: "day/a.png"}
    by_name = {one["name"]: one for one in found.json("labels.json")["labels"]}
    assert (by_name["car"]["id"], by_name["car"]["trainId"], by_name["car"]["hasInstances"]) == (26, 13, True)
    assert (by_name["unicorn"]["id"], by_name["unicorn"]["hasInstances"]) == (34, True)


def test_polygons_paint_the_label_ids(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    """As cityscapesScripts does: Pillow's polygons, one after the other."""
    image = add_image("a.png")
    keep(image, box(0, 0, WIDTH, 20), 3)
    keep(image, (box(5, 5, 20, 15) & ~box(10, 8, 5, 5)) | box(40, 30, 3, 3), 1)
    found = make_zip("cityscapes")
    content = found.json(f"gtFine/train/night-drive-koln/{STEM}_gtFine_polygons.json")
    assert (content["imgHeight"], content["imgWidth"]) == (HEIGHT, WIDTH)
    assert [one["label"] for one in content["objects"]] == ["road", "car", "car"]
    painted = Pillow.new("L", (WIDTH, HEIGHT), 0)
    for one in content["objects"]:
        points = [tuple(point) for point in one["polygon"]]
        ImageDraw.Draw(painted).polygon(points, fill={"road": 7, "car": 26}[one["label"]])
    assert np.array_equal(np.array(painted), picture(found, STEM, "labelIds")[1])


def test_a_crowd_has_no_number(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    crowd = keep(add_image("a.png"), box(2, 3, 10, 8), 1)
    Annotation.objects.filter(pk=crowd.pk).update(crowd=True)
    found = make_zip("cityscapes")
    assert np.array_equal(picture(found, STEM, "instanceIds")[1], box(2, 3, 10, 8) * 26)
    content = found.json(f"gtFine/train/night-drive-koln/{STEM}_gtFine_polygons.json")
    assert [one["label"] for one in content["objects"]] == ["cargroup"]


def test_names_of_cityscapes_stay_and_others_are_made(add_image: AddImage, make_zip: MakeZip) -> None:
    for name in ("aachen_000000_000019_leftImg8bit.png", "x/aachen_000000_000019.png", "b.png"):
        add_image(name)
    found = make_zip("cityscapes", images="all", include_images=True)
    assert list(found.json("files.json")) == [
        "aachen_000000_000019", "night-drive-koln_000002_000000", "night-drive-koln_000003_000000",
    ]  # fmt: skip
    assert "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png" in found.names


def test_pictures_are_png(add_image: AddImage, make_zip: MakeZip) -> None:
    image = add_image("a.jpg")
    found = make_zip("cityscapes", images="all", include_images=True)
    with Pillow.open(io.BytesIO(found.read(f"leftImg8bit/train/night-drive-koln/{STEM}_leftImg8bit.png"))) as opened:
        assert opened.format == "PNG"
        pixels = np.array(opened)
    with image.view.open("rb") as view, Pillow.open(view) as opened:
        assert np.array_equal(pixels, np.array(opened.convert("RGB")))


def test_a_project_without_a_latin_name_is_a_city_too(add_image: AddImage, make_zip: MakeZip, project: Project) -> None:
    for name in ("日本", "con", "_"):
        Project.objects.filter(pk=project.pk).update(name=name)
        project.refresh_from_db()
        if not project.images.exists():
            add_image("a.png")
        assert list(make_zip("cityscapes", images="all").json("files.json")) == ["city_000001_000000"]


def test_more_than_can_be_numbered_is_refused(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = add_image("a.png")
    for x in range(3):
        keep(image, box(9 * x, 0, 5, 5))
    monkeypatch.setattr(cityscapes, "_PER_CLASS", 2)
    with pytest.raises(ExportProblem, match="more than 2 objects of “car”"):
        make_zip("cityscapes")
    for number in range(4, 36):
        Category.objects.create(project=project, number=number, name=f"thing {number}", color="#010203")
    with pytest.raises(ExportProblem, match="no number left for the class “thing 34”"):
        make_zip("cityscapes")


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    assert make_zip("cityscapes").content == make_zip("cityscapes").content
