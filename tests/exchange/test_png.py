"""The PNG export: indices, instance ids, colours, and the legend that explains them."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow

from labeling import masks
from labeling.exchange.errors import ExportProblem
from labeling.exchange.formats import png
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, Zip, box

pytestmark = pytest.mark.once


def pixels(found: Zip, name: str) -> np.ndarray:
    """As the readers of the field see it: OpenCV, unchanged."""
    decoded = cv2.imdecode(np.frombuffer(found.read(name), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return decoded


def test_index_instance_and_colour(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a/b.png")
    car, road = keep(image, box(2, 3, 10, 8), 1), keep(image, box(20, 20, 28, 16), 3)
    found = make_zip("png")
    semantic, instances = pixels(found, "semantic/a/b.png"), pixels(found, "instances/a/b.png")
    assert (semantic.dtype, semantic.shape) == (np.uint8, (HEIGHT, WIDTH))
    assert instances.dtype == np.uint16
    assert np.array_equal(semantic == 1, box(2, 3, 10, 8))
    assert np.array_equal(semantic == 3, box(20, 20, 28, 16))
    assert np.array_equal(instances, box(2, 3, 10, 8) * 1 + box(20, 20, 28, 16) * 2)
    with Pillow.open(io.BytesIO(found.read("color/a/b.png"))) as opened:
        assert opened.mode == "RGB"
        color = np.asarray(opened)
    assert color[3, 2].tolist() == [0xE4, 0x57, 0x2E]
    assert color[35, 47].tolist() == [0x6C, 0x75, 0x7D]
    assert color[0, 0].tolist() == [0, 0, 0]
    legend = found.json("legend.json")
    assert legend["classes"][2] == {"index": 3, "name": "road", "color": "#6c757d", "kind": "stuff"}
    assert [(one["instance"], one["annotation"], one["class"]) for one in legend["images"][0]["objects"]] == [
        (1, car.pk, 1),
        (2, road.pk, 3),
    ]


def test_the_later_object_is_on_top_also_after_a_change(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a.png")
    lower = keep(image, box(0, 0, 10, 10), 1)
    keep(image, box(5, 0, 10, 10), 2)
    lower.save()  # changed_at is newer now; the order of making counts
    found = make_zip("png")
    assert pixels(found, "semantic/a.png")[0, 4:7].tolist() == [1, 2, 2]
    assert pixels(found, "instances/a.png")[0, 4:7].tolist() == [1, 2, 2]
    objects = found.json("legend.json")["images"][0]["objects"]
    assert [(one["area"], one["visible"]) for one in objects] == [(100, 50), (100, 100)]


def test_a_covered_object_is_told(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    image = add_image("a.png")
    keep(image, box(2, 2, 3, 3))
    keep(image, box(0, 0, 20, 20))
    assert make_zip("png").json("legend.json")["images"][0]["objects"][0]["visible"] == 0


def test_more_than_255_classes_take_16_bits(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, project: Project
) -> None:
    Category.objects.create(project=project, number=300, name="late", color="#010203")
    keep(add_image("a.png"), box(1, 1, 4, 4), 300)
    found = make_zip("png")
    semantic = pixels(found, "semantic/a.png")
    assert semantic.dtype == np.uint16
    assert semantic[2, 2] == 300
    assert pixels(found, "color/a.png")[2, 2].tolist() == [3, 2, 1]  # OpenCV has blue first


@given(bits=st.lists(arrays(np.bool_, (7, 9)).filter(lambda bits: bool(bits.any())), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_instances_are_the_masks_minus_what_lies_on_them(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, bits: list[masks.Bits]
) -> None:
    Image.objects.all().delete()
    image = add_image("a.png", 9, 7)
    for one in bits:
        keep(image, one)
    instances = pixels(make_zip("png"), "instances/a.png")
    above = np.zeros((7, 9), bool)
    for number in range(len(bits), 0, -1):
        assert np.array_equal(instances == number, bits[number - 1] & ~above)
        above |= bits[number - 1]
    assert np.array_equal(instances == 0, ~above)


def test_names_stay_apart_without_their_suffix(add_image: AddImage, make_zip: MakeZip) -> None:
    second = [add_image("a.jpg"), add_image("a.png")][1]
    names = make_zip("png", images="all").names
    assert {"semantic/a.png", f"semantic/a-{second.pk}.png"} <= set(names)


def test_equal_labels_make_equal_bytes(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image(), box(1, 1, 9, 4))
    first = make_zip("png", include_images=True)
    assert first.content == make_zip("png", include_images=True).content
    assert "images/street.png" in first.names


def test_what_16_bits_can_not_say_is_refused(
    add_image: AddImage,
    keep: Keep,
    make_zip: MakeZip,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(png, "LARGEST", 3)
    image = add_image("a.png")
    for x in (0, 10, 20, 30):
        keep(image, box(x, 0, 5, 5), 1)
    with pytest.raises(ExportProblem, match="4 objects"):
        make_zip("png")
    assert not list(tmp_path.iterdir())
    Category.objects.create(project=project, number=4, name="late", color="#010203")
    with pytest.raises(ExportProblem, match="Class number 4"):
        make_zip("png")
