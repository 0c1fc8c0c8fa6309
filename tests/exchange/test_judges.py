"""Tools other than ours read our exports, and find each mask as it is kept.

They are in `.venv/judges` (requirements-judges.txt) and in requirements-dev.txt. Nothing in the world reads labelme's
masks or Label Studio's brushes without a window or a server; Pillow reads their PNGs in test_labelme.py, and
test_label_studio.py has a decoder of its own. Ultralytics needs PyTorch's vision package; it fills with the same
function as supervision.
"""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw
from pycocotools import mask as coco

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.exchange import build
from labeling.exchange.codecs import index_png
from labeling.exchange.registry import format_named
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, box
from tests.exchange.reading.test_round_trips import HARD, PARTS

pytestmark = pytest.mark.once

JUDGES = Path(sys.prefix) / "judges"
NAMES = ["day/größe 06.png", "street 1.png", "空.png"]
Found = dict[str, list[tuple[str, str]]]
"""Class and canonical counts of each object, by image without suffix, in the order of what was read."""


@pytest.fixture(scope="module", autouse=True)
def judges(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tools, in this process; `datasets` without network and with a cache of its own."""
    assert JUDGES.is_dir(), f"{JUDGES} is missing: pip install --no-deps --target {JUDGES} -r requirements-judges.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(JUDGES))
        sys.path.append(sys.path.pop(0))  # what the product runs on comes first
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("huggingface")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def kept(project: Project, add_image: AddImage, keep: Keep) -> Found:
    """Three images: all that is hard, one object over another, and nothing."""
    images = [add_image(name) for name in NAMES]
    for at, bits in enumerate(HARD):
        keep(images[0], bits, [1, 2, 3, 1, 2, 1][at])
    keep(images[1], box(2, 2, 30, 20), 1)
    keep(images[1], box(20, 5, 28, 31), 2)
    keep(images[1], box(0, 0, 1, 1), 2)
    return {
        image.name.removesuffix(".png"): [(one.category.name, one.counts) for one in objects_of(image)]
        for image in images
    }


def objects_of(image: Image) -> list[Annotation]:
    return list(Annotation.objects.filter(set__main_of=image).select_related("category").order_by("z", "pk"))


@pytest.fixture
def export(project: Project, tmp_path: Path) -> Callable[..., Path]:
    """The folder of an export with its pictures."""

    def make(format: str, **options: Any) -> Path:
        found, path = format_named(format), tmp_path / f"{format}.zip"
        given = found.parse({"images": "all", "include_images": True, **options})
        build.write_zip(project, found, given, path, lambda done, total: None)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / format)
        return tmp_path / format

    return make


def seen(kept: Found) -> Found:
    """What is left of each object where a pixel has one alone; those that have none left are gone."""
    found: Found = {}
    for name, objects in kept.items():
        above = np.zeros((HEIGHT, WIDTH), bool)
        left = []
        for category, counts in reversed(objects):
            bits = masks.decode(counts, HEIGHT, WIDTH)
            left.append((category, masks.encode(bits & ~above)))
            above |= bits
        found[name] = [one for one in reversed(left) if masks.area_and_box(one[1], HEIGHT, WIDTH)[0]]
    return found


def sorts(found: Found) -> Found:
    return {name: sorted(objects) for name, objects in found.items()}


def test_faster_coco_eval_finds_coco_perfect(kept: Found, export: Callable[..., Path]) -> None:
    from faster_coco_eval import COCO, COCOeval_faster

    path = export("coco") / "annotations" / "instances_train.json"
    truth = COCO(str(path))
    results = [
        {"image_id": one["image_id"], "category_id": one["category_id"], "segmentation": one["segmentation"],
         "score": 1.0}
        for one in truth.loadAnns(truth.getAnnIds())
    ]  # fmt: skip
    evaluation = COCOeval_faster(truth, truth.loadRes(results), "segm")
    evaluation.params.iouThrs = np.array([1.0])
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][0, :, :, 0, -1]
    assert (precision[precision > -1] == 1).all()
    assert (precision > -1).any(axis=0).sum() == 3  # classes


@pytest.mark.parametrize("segmentation", ["rle", "polygons"])
def test_supervision_reads_coco(kept: Found, export: Callable[..., Path], segmentation: str) -> None:
    """Polygons for OpenCV's rule, with which it fills them."""
    import supervision

    folder = export("coco", segmentation=segmentation, fill="opencv")
    found = supervision.DetectionDataset.from_coco(
        str(folder / "images"), str(folder / "annotations" / "instances_train.json"), force_masks=True
    )
    assert of_supervision(found, folder / "images") == kept


def test_supervision_reads_yolo(kept: Found, export: Callable[..., Path]) -> None:
    """All but parts, which are joined. It looks for pictures and labels in one folder each."""
    import supervision

    folder = export("yolo")
    for name in NAMES[:1]:  # it does not look into folders
        for kind in ("images", "labels"):
            for path in (folder / kind / "train" / name).parent.iterdir():
                path.rename(folder / kind / "train" / path.name)
            (folder / kind / "train" / name).parent.rmdir()
    found = supervision.DetectionDataset.from_yolo(
        str(folder / "images" / "train"), str(folder / "labels" / "train"), str(folder / "data.yaml"), force_masks=True
    )
    read = of_supervision(found, folder / "images" / "train")
    joined = masks.encode(PARTS)
    for name, objects in kept.items():
        pairs = zip(read[name.rpartition("/")[2]], objects, strict=True)
        assert [one for one, right in pairs if right[1] != joined] == [one for one in objects if one[1] != joined]


def of_supervision(found: Any, root: Path) -> Found:
    result: Found = {}
    for path, _, detections in found:
        pairs = zip(detections.class_id, detections.mask if len(detections) else [], strict=True)
        name = Path(path).relative_to(root).with_suffix("").as_posix()
        result[name] = [(found.classes[label], masks.encode(np.asarray(mask, bool))) for label, mask in pairs]
    return result


DATUMARO = [
    ("coco", "coco_instances", False),
    ("panoptic", "coco_panoptic", True),
    ("voc", "voc_segmentation", True),
    ("datumaro", "datumaro", False),
    ("cvat", "cvat", False),
    ("cityscapes", "cityscapes", True),
]
"""A format of ours, what Datumaro calls it, and whether a pixel has one object alone in it."""


@pytest.mark.parametrize(("format", "theirs", "flat"), DATUMARO)
def test_datumaro_reads(kept: Found, export: Callable[..., Path], format: str, theirs: str, flat: bool) -> None:
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    folder = export(format)
    found = Dataset.import_from(str(folder), theirs)
    labels = [one.name for one in found.categories()[AnnotationType.label]]
    read: Found = {}
    for item in found:
        drawn = sorted(
            (one for one in item.annotations if one.type == AnnotationType.mask), key=lambda one: one.z_order
        )
        read[item.id] = [(labels[one.label], masks.encode(np.asarray(one.image, bool))) for one in drawn]
    right = seen(kept) if flat else kept
    if format == "cityscapes":  # of which it reads train ids, without instances and without the first, which is road
        names = json.loads((folder / "files.json").read_text())
        read = {names[name.rpartition("/")[2]].removesuffix(".png"): objects for name, objects in read.items()}
        right = {name: by_class([one for one in given if one[0] != "road"]) for name, given in right.items()}
    assert sorts(read) == sorts(right)


def by_class(objects: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One object of those of a class."""
    found: dict[str, list[str]] = {}
    for category, counts in objects:
        found.setdefault(category, []).append(counts)
    return [(category, masks.union(counts, HEIGHT, WIDTH)) for category, counts in found.items()]


def test_panopticapi_finds_panoptic_perfect(kept: Found, export: Callable[..., Path]) -> None:
    from panopticapi.evaluation import pq_compute_single_core
    from panopticapi.utils import rgb2id

    folder = export("panoptic") / "annotations"
    content = json.loads((folder / "panoptic_train.json").read_text())
    categories = {one["id"]: one for one in content["categories"]}
    pairs = [(one, one) for one in content["annotations"]]
    pngs = str(folder / "panoptic_train")
    found = pq_compute_single_core(0, pairs, pngs, pngs, categories)
    for is_thing in (True, False, None):
        average, of_class = found.pq_average(categories, isthing=is_thing)
        assert (average["pq"], average["sq"], average["rq"]) == (1.0, 1.0, 1.0)
    assert sum(one["pq"] for one in of_class.values()) == 3
    read: Found = {}
    for one in content["annotations"]:
        ids = rgb2id(np.array(Pillow.open(folder / "panoptic_train" / one["file_name"])))
        read[one["file_name"].removesuffix(".png")] = [
            (categories[segment["category_id"]]["name"], masks.encode(ids == segment["id"]))
            for segment in one["segments_info"]
        ]
    assert sorts(read) == sorts(seen(kept))


def test_cityscapesscripts_paints_the_pngs(kept: Found, export: Callable[..., Path]) -> None:
    """Its own outlines, painted as its json2labelImg does; classes of ours are not among its."""
    from cityscapesscripts.helpers.annotation import Annotation as Outlines

    folder = export("cityscapes")
    ids = {one["name"]: one["id"] for one in json.loads((folder / "labels.json").read_text())["labels"]}
    paths = sorted(folder.glob("gtFine/train/*/*_polygons.json"))
    assert len(paths) == len(kept)
    for path in paths:
        outlines = Outlines()
        outlines.fromJsonFile(str(path))
        painted = Pillow.new("L", (outlines.imgWidth, outlines.imgHeight), 0)
        for one in outlines.objects:
            ImageDraw.Draw(painted).polygon([(point.x, point.y) for point in one.polygon], fill=ids[one.label])
        right = np.array(Pillow.open(str(path).replace("polygons.json", "labelIds.png")))
        assert np.array_equal(np.array(painted), right)


@pytest.mark.parametrize("layout", ["parquet", "imagefolder"])
def test_datasets_loads_hugging_face(
    project: Project, kept: Found, export: Callable[..., Path], layout: str, tmp_path: Path
) -> None:
    """By the layout and by the folder alone, as a person does it without code."""
    import datasets

    folder = export("huggingface", layout=layout)
    labels = [one.name for one in Category.objects.filter(project=project).order_by("number")]
    for given in ((layout, {"data_dir": str(folder)}), (str(folder), {})):
        found = datasets.load_dataset(given[0], cache_dir=str(tmp_path / "cache"), **given[1])["train"]
        if layout == "parquet":
            assert found.features["objects"]["category"].feature.names == labels
        read: Found = {}
        for row, name in zip(found, kept, strict=True):
            objects = row["objects"]
            categories = [labels[one] if layout == "parquet" else one for one in objects["category"]]
            bits = [coco.decode(json.loads(one)).astype(bool) for one in objects["segmentation"]]
            read[name] = [(label, masks.encode(one)) for label, one in zip(categories, bits, strict=True)]
            assert row["image"].size == (WIDTH, HEIGHT)
            check_pngs(row, read[name], labels)
        assert read == kept


def check_pngs(row: dict[str, Any], objects: list[tuple[str, str]], labels: list[str]) -> None:
    """Both index PNGs are what the objects paint."""
    semantic, instances = np.zeros((2, HEIGHT, WIDTH), int)
    for number, (label, counts) in enumerate(objects, 1):
        bits = masks.decode(counts, HEIGHT, WIDTH)
        semantic[bits], instances[bits] = labels.index(label) + 1, number
    assert np.array_equal(np.array(row["annotation"]), semantic)
    assert np.array_equal(np.array(row["instances"]), instances)


@pytest.mark.parametrize("reduced", [False, True])
def test_ade20k_is_what_mmsegmentation_and_detectron2_make_of_it(
    project: Project, kept: Found, export: Callable[..., Path], reduced: bool
) -> None:
    """OpenCV and Pillow read the same numbers. mmsegmentation's reduce_zero_label gives what detectron2 wants."""
    labels = [one.name for one in Category.objects.filter(project=project).order_by("number")]
    folder = export("ade20k", reduced=reduced) / ("annotations_detectron2" if reduced else "annotations") / "training"
    for name, objects in kept.items():
        path = folder / f"{name}.png"
        with Pillow.open(path) as opened:
            assert opened.mode == "L"
            values = np.array(opened)
        raw = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        assert raw is not None
        assert np.array_equal(raw, values)
        if not reduced:
            values = np.where(values == 0, 255, values - 1)
        right = np.full((HEIGHT, WIDTH), 255)
        for label, counts in objects:
            right[masks.decode(counts, HEIGHT, WIDTH)] = labels.index(label)
        assert np.array_equal(values, right)


def test_pillow_finds_the_palette_of_pascal_voc(kept: Found, export: Callable[..., Path]) -> None:
    folder = export("voc")
    for name in kept:
        for kind in ("SegmentationClass", "SegmentationObject"):
            with Pillow.open(io.BytesIO((folder / kind / f"{name}.png").read_bytes())) as opened:
                assert opened.mode == "P"
                assert opened.getpalette("RGB") == index_png.voc_palette().ravel().tolist()
