"""ADE20K: index PNGs with a table of classes, and files that are not as they should be."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling import masks
from labeling.exchange.codecs import index_png
from labeling.exchange.models import Import
from labeling.projects.models import Category
from tests.exchange.conftest import AddImage, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

ONE, TWO = box(1, 1, 4, 4), box(9, 9, 5, 5) | box(30, 20, 2, 2)
TABLE = "Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.1576\t11664\t1172\t1\twall\n2\t0.1072\t6046\t612\t0\tcar, auto\n"
CSV = 'Idx,Ratio,Train,Val,Stuff,Name\n1,0.1576,11664,1172,1,wall\n2,0.1072,6046,612,0,"car, auto"\n'


def png(values: Any, kind: Any = np.uint8) -> bytes:
    return index_png.write(np.asarray(values, kind))


@pytest.mark.parametrize("root", ["", "ADEChallengeData2016/"])
@pytest.mark.parametrize(("name", "table"), [("objectInfo150.txt", TABLE), ("objectInfo150.csv", CSV)])
def test_a_folder_of_adechallengedata(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, root: str, name: str, table: str
) -> None:
    """Each class is one object; 0 and 255 are none. The folders are the subsets."""
    images = [add_image(one) for one in ("ADE_train_00000001.jpg", "ADE_val_00000001.jpg")]
    files = {
        "annotations/training/ADE_train_00000001.png": png(ONE * 1 + TWO * 2 + box(40, 30, 3, 3) * 255),
        "annotations/validation/ADE_val_00000001.png": png(TWO * 2),
        name: table,
        "sceneCategories.txt": "ADE_train_00000001 airport_terminal\n",
    }
    row = bring_in(dataset(tmp_path, {root + key: value for key, value in files.items()}), "ade20k")
    assert (row.state, row.report["defects"], row.report["notes"]) == (Import.State.DONE, [], [])
    assert [[(one.category.name, one.counts) for one in imported(image)] for image in images] == [
        [("wall", masks.encode(ONE)), ("car, auto", masks.encode(TWO))], [("car, auto", masks.encode(TWO))],
    ]  # fmt: skip
    assert row.report["splits"] == {"train": 1, "val": 1}
    assert Category.objects.get(name="wall").kind == Category.Kind.STUFF


def test_detectron2_counts_from_0(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    image = add_image("a.png")
    values = np.where(ONE, 0, np.where(TWO, 1, 255))
    files = {"annotations_detectron2/training/a.png": png(values), "objectInfo150.txt": TABLE}
    row = bring_in(dataset(tmp_path, files), "ade20k")
    assert (row.report["defects"], row.report["notes"]) == ([], [])
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("wall", masks.encode(ONE)), ("car, auto", masks.encode(TWO)),
    ]  # fmt: skip


def test_what_is_wrong_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        add_image(name)
    files = {
        "annotations/training/a.png": png(ONE * 7 + TWO * 1),
        "annotations/training/b.png": png(np.dstack([ONE, ONE, ONE])),
        "annotations/training/c.png": png(np.zeros((5, 5))),
        "objectInfo150.txt": TABLE + "x\t\t\t\t\tdoor\n2\t0\t0\t0\t0\tagain\n",
    }
    row = bring_in(dataset(tmp_path, files), "ade20k", skip_defects=True)
    expect_told(
        row,
        ("objectInfo150.txt, line 4", "Idx, Ratio"),
        ("objectInfo150.txt, line 5", "Idx 2 is that of “car, auto”"),
        ("a.png, value 7", "Index 7 is not in the table"),
        ("b.png", "in colours"),
        ("c.png", "5 × 5"),
    )
    assert row.added == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"masks/a.png": png(ONE)}, "no PNG in a folder annotations"),
        ({"annotations/training/a.png": png(ONE)}, "no objectInfo….txt"),
    ],
)
def test_what_is_no_ade20k_is_refused(bring_in: BringIn, tmp_path: Path, files: dict[str, Any], words: str) -> None:
    row = bring_in(dataset(tmp_path, files), "ade20k")
    assert row.state == Import.State.FAILED
    assert words in row.reason
