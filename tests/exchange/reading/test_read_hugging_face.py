"""Hugging Face datasets: tables and folders of other people, and files that are not as they should be."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling import masks
from labeling.exchange import parquet_child, parquet_files
from labeling.exchange.codecs import index_png
from labeling.exchange.errors import ImportProblem
from labeling.exchange.models import Import
from labeling.exchange.source import opened
from labeling.projects.models import Project
from labeling.web.api import ApiError
from tests.conftest import picture_bytes
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, MakeZip, box
from tests.exchange.reading.conftest import BringIn, dataset, expect_told
from tests.exchange.reading.test_samples import imported

pytestmark = pytest.mark.once

ONE, TWO = box(1, 1, 4, 4), box(9, 9, 5, 5)
TRAIN = "data/train-00000-of-00001.parquet"
NAMES = {"objects": {"category": {"feature": {"names": ["sky", "car"], "_type": "ClassLabel"}, "_type": "List"}}}


def rle(bits: masks.Bits) -> dict[str, Any]:
    return {"size": list(bits.shape), "counts": masks.encode(bits)}


def parquet(rows: list[dict[str, Any]], features: Any = NAMES, **options: Any) -> bytes:
    table = pa.Table.from_pylist(rows)
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def picture(content: bytes, path: str | None) -> dict[str, Any]:
    return {"bytes": content, "path": path}


def lines(*rows: Any) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.parametrize(
    "objects",
    [
        {"category": [1, 0], "segmentation": [json.dumps(rle(ONE)), json.dumps(rle(TWO))]},
        [{"category": 1, "segmentation": rle(ONE)}, {"category": 0, "segmentation": rle(TWO)}],
        {"label": ["car", "sky"], "mask": [[[1, 1, 5, 1, 5, 5, 1, 5]], [[9, 9, 14, 9, 14, 14, 9, 14]]]},
    ],
)
def test_objects_in_every_form(add_image: AddImage, bring_in: BringIn, tmp_path: Path, objects: Any) -> None:
    """Lists by name or a list of objects; RLE as text or as it is, polygons; classes by number or by name."""
    image = add_image("a.png")
    content = parquet([{"file_name": "a.png", "objects": objects}])
    row = bring_in(dataset(tmp_path, {TRAIN: content}), "huggingface")
    assert (row.state, row.report["defects"], row.report["notes"]) == (Import.State.DONE, [], [])
    assert [(one.category.name, one.counts) for one in imported(image)] == [
        ("car", masks.encode(ONE)), ("sky", masks.encode(TWO)),
    ]  # fmt: skip
    assert row.report["splits"] == {"train": 1}


def test_pictures_in_a_table_are_found_by_content_and_added(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    """Paths may be missing, alike, or none of the project's names."""
    contents = [picture_bytes(WIDTH, HEIGHT, seed=at) for at in range(50, 54)]
    known = add_image("known.png")
    known.sha256 = hashlib.sha256(contents[0]).hexdigest()
    known.save()
    objects = {"category": [1], "segmentation": [json.dumps(rle(ONE))]}
    paths = ["other.png", "x/same.png", "x/same.png", None]
    rows = [
        {"image": picture(content, path), "objects": objects} for content, path in zip(contents, paths, strict=True)
    ]
    path = dataset(tmp_path, {TRAIN: parquet(rows, row_group_size=2)})
    row = bring_in(path, "huggingface", create=True)
    assert row.state == Import.State.DONE, row.reason
    assert (row.report["defects"], row.report["new_images"]) == ([], 3)
    found = {image.name.removeprefix(f"{TRAIN}/"): image for image in project.images.all()}
    assert set(found) == {"known.png", "x/same.png", "x/same-2.png", "000003.png"}
    for image, content in zip([found[name] for name in ("known.png", "x/same.png", "x/same-2.png", "000003.png")],
                              contents, strict=True):  # fmt: skip
        assert image.sha256 == hashlib.sha256(content).hexdigest()
        assert [one.counts for one in imported(image)] == [masks.encode(ONE)]


@pytest.mark.parametrize("has_names", [True, False])
def test_an_index_png_without_objects(add_image: AddImage, bring_in: BringIn, tmp_path: Path, has_names: bool) -> None:
    """In a table and beside metadata.jsonl; each class is one object."""
    images = [add_image("a.png"), add_image("b.png")]
    mask = index_png.write(np.asarray(ONE * 1 + TWO * 2 + box(30, 30, 2, 2) * 255, np.uint8))
    files: dict[str, Any] = {
        TRAIN: parquet([{"file_name": "a.png", "label": picture(mask, None)}], None),
        "validation/metadata.jsonl": lines({"file_name": "images/b.png", "mask_file_name": "masks/b.png"}),
        "validation/masks/b.png": mask,
        "validation/images/b.png": picture_bytes(WIDTH, HEIGHT, seed=7),
    }
    if has_names:
        files["id2label.json"] = {"0": "background", "1": "car", "2": "sky"}
    row = bring_in(dataset(tmp_path, files), "huggingface")
    assert (row.state, row.report["defects"]) == (Import.State.DONE, [])
    assert len(row.report["notes"]) == (0 if has_names else 2)
    names = ["car", "sky"] if has_names else ["1", "2"]
    for image in images:
        assert [(one.category.name, one.counts) for one in imported(image)] == [
            (names[0], masks.encode(ONE)), (names[1], masks.encode(TWO)),
        ]  # fmt: skip
    assert row.report["splits"] == {"train": 1, "val": 1}


def test_what_is_wrong_is_told(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        add_image(name)
    bad = [
        {"category": "car", "bbox": [1, 2, 3, 4]}, {"category": 5, "segmentation": rle(ONE)},
        {"category": "car", "segmentation": {"size": [2, 2], "counts": "01"}}, {"category": "car", "mask": rle(TWO)},
    ]  # fmt: skip
    text = lines(
        {"file_name": "a.png", "objects": bad}, {"objects": []}, {"file_name": "b.png"},
        {"file_name": "b.png", "objects": {"category": ["car"], "segmentation": []}}, {"file_name": "none.png"},
    )  # fmt: skip
    row = bring_in(dataset(tmp_path, {"train/metadata.jsonl": text + "{cut\n"}), "huggingface", skip_defects=True)
    expect_told(
        row,
        ("line 1, object 1", "only a box"),
        ("line 1, object 2", "class 5 has no name"),
        ("line 1, object 3", "2 × 2"),
        ("line 2", "no object with a file_name"),
        ("line 3", "no column “objects”"),
        ("line 4", "no lists of the same length"),
        ("b.png", "there twice"),
        ("line 5", "no image “train/none.png”"),
        ("line 6", "not valid JSON"),
    )
    assert row.added == 1


def test_damaged_and_strange_tables_are_refused(bring_in: BringIn, add_image: AddImage, tmp_path: Path) -> None:
    add_image("a.png")
    whole = parquet([{"file_name": "a.png", "objects": [{"category": 1, "segmentation": rle(ONE)}]}] * 50)
    wrong = bytearray(whole)
    wrong[4:200] = b"\xff" * 196
    for at, (content, words) in enumerate(
        [
            (whole[: len(whole) // 2], "no Parquet table"),
            (b"PAR1" + b"\0" * 90, "no Parquet table"),
            (bytes(wrong), "is damaged"),
            (parquet([{"text": "x"}]), "no column “image” and no “file_name”"),
        ]
    ):
        row = bring_in(dataset(tmp_path / str(at), {TRAIN: content}), "huggingface")
        assert row.state == Import.State.FAILED
        assert words in row.reason
    row = bring_in(dataset(tmp_path / "none", {"a.txt": ""}), "huggingface")
    assert "no .parquet file and no metadata.jsonl" in row.reason


def test_a_text_that_is_there_a_million_times_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table it is there once, and each value is a number that means it."""
    content = parquet([{"file_name": "a.png", "objects": [{"segmentation": "x" * 1000}] * 5000}])
    assert len(content) < 10_000
    table = parquet_child.Table(io.BytesIO(content))
    assert sum(map(len, table.rows(["objects"]))) == 1
    monkeypatch.setattr(parquet_child, "_LARGEST_ROWS", 1024**2)
    with pytest.raises(parquet_child.Refused, match="more than 1 MiB"):
        list(table.rows(["objects"]))
    monkeypatch.setattr(parquet_child, "_MOST_VALUES", 1000)
    with pytest.raises(parquet_child.Refused, match="smaller row groups"):
        parquet_child.Table(io.BytesIO(content))


def test_rows_without_anything_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000,000 of them were a file of 17 KB, which took minutes, and a billion would take all memory."""
    content = parquet([{"image": {"bytes": None, "path": None}}] * 50)
    assert len(parquet_child.Table(io.BytesIO(content)).names) == 50
    monkeypatch.setattr(parquet_child, "_MOST_ROWS", 49)
    with pytest.raises(parquet_child.Refused, match="it has 50 rows; write it as tables of at most 49"):
        parquet_child.Table(io.BytesIO(content))


def test_each_row_has_a_picture_of_its_own_name() -> None:
    """The name that a second picture gets was taken from the row that really has it, and so were its labels."""
    paths = ["a-2.png", "a.png", "a.png", "", "000005", "", "b.png"]
    rows = [{"image": {"bytes": b"\x89PNG%d" % at, "path": path}} for at, path in enumerate(paths)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, row_group_size=3)
    table = parquet_child.Table(io.BytesIO(out.getvalue()))
    assert table.names == ["a-2.png", "a.png", "a-2-0.png", "000003.png", "000005", "000005.png", "b.png"]
    assert [table.picture(at) for at in (6, 0, 3, 5, 2, 1, 4)] == [b"\x89PNG%d" % at for at in (6, 0, 3, 5, 2, 1, 4)]


def test_a_table_that_needs_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads it has its own limit."""
    content = parquet([{"file_name": "a.png", "image": picture(bytes(100_000_000), "a.png")}], None)
    assert len(content) < 10_000_000
    with opened(dataset(tmp_path, {"a.parquet": content})) as source:
        assert len(source.table("a.parquet").picture(0)) == 100_000_000
    monkeypatch.setattr(parquet_files, "MEMORY", 512 * 1024**2)
    with opened(tmp_path) as source, pytest.raises(ImportProblem, match="a.parquet is damaged, or no Parquet table"):
        source.table("a.parquet").picture(0)


def test_a_table_whose_process_dies_is_refused(tmp_path: Path) -> None:
    """pyarrow ends its process at some damage."""
    rows = [{"file_name": f"{at}.png"} for at in range(50)]
    with opened(dataset(tmp_path, {"a.parquet": parquet(rows, None)})) as source:
        table = source.table("a.parquet")
        found = table.rows(["file_name"])
        assert next(found) == (0, {"file_name": "0.png"})
        table._process.kill()
        table._process.wait()
        with pytest.raises(ImportProblem, match="a.parquet is damaged, or no Parquet table that can be read"):
            list(found)


def test_a_row_without_a_picture_stops_no_others(add_image: AddImage, bring_in: BringIn, tmp_path: Path) -> None:
    add_image("b.png")
    objects = {"category": [1], "segmentation": [json.dumps(rle(ONE))]}
    rows = [
        {"file_name": "none.png", "image": picture(b"", "none.png"), "objects": objects},
        {"file_name": "b.png", "image": picture(picture_bytes(WIDTH, HEIGHT, seed=3), "b.png"), "objects": objects},
    ]
    row = bring_in(dataset(tmp_path, {TRAIN: parquet(rows)}), "huggingface", create=True, skip_defects=True)
    expect_told(row, (f"{TRAIN}, row 0", f"{TRAIN}/none.png: "))
    assert row.added == 1


def test_a_folder_needs_its_pictures(add_image: AddImage, make_zip: MakeZip) -> None:
    add_image("a.png")
    with pytest.raises(ApiError, match="include the images"):
        make_zip("huggingface", layout="imagefolder")
