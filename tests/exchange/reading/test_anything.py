"""Whatever is in a dataset, a reader gives objects that fit their pictures, tells defects, or refuses it by name."""

import json
import random
import zipfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.exchange.errors import ImportProblem
from labeling.exchange.matching import Matcher
from labeling.exchange.reading import Reading
from labeling.exchange.registry import readable_formats
from labeling.exchange.source import opened
from labeling.projects.models import Project
from tests.exchange.conftest import MakeZip
from tests.exchange.reading.test_round_trips import Label, label

pytestmark = pytest.mark.once

__all__ = ["label"]

VALUES: list[Any] = [
    None, True, -1, 0, 2**70, 1e308, float("nan"), float("-inf"), "", "x", "💥" * 50, "../../etc/passwd", "a\0b", [],
    [[]], [None], {}, {"id": 1}, [1] * 7, "0" * 5000,
    10**400, "\ud800",
]  # fmt: skip
TRIES = 60


def changed_json(chance: random.Random, content: Any) -> None:
    """Replace, repeat or remove something somewhere inside."""
    node, key = content, None
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(node[key], dict | list) or not node[key] or chance.random() < 0.15:
            break
        node = node[key]
    what = chance.random()
    if what < 0.15:
        del node[key]
    elif what < 0.25 and isinstance(node, list):
        node.append(deepcopy(node[key]))
    else:
        node[key] = deepcopy(chance.choice(VALUES))


def changed_bytes(chance: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found) + 1)
        kind = chance.randrange(3)
        if kind == 0:
            found[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del found[at : at + chance.randint(1, 30)]
        else:
            found[at:at] = chance.choice([b"9" * 30, b"-1", b"nan", b"<!--", b'"', b"\n", b" ", b"\xff", b"[", b":"])
    return bytes(found)


def change(chance: random.Random, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with something wrong in one or two of them."""
    found = dict(files)
    for _ in range(chance.randint(1, 2)):
        name = chance.choice(sorted(found))
        if name.endswith(".json") and chance.random() < 0.8:
            content = json.loads(files[name])
            for _ in range(chance.randint(1, 3)):
                changed_json(chance, content)
            found[name] = json.dumps(content).encode()
        elif chance.random() < 0.1:
            del found[name]
        else:
            found[name] = changed_bytes(chance, found[name])
        if not found:
            return files
    return found


@pytest.mark.parametrize("format", sorted(readable_formats()))
def test_a_reader_takes_anything(
    project: Project, label: Label, make_zip: MakeZip, tmp_path_factory: Any, format: str
) -> None:
    label(True)
    files = files_of(make_zip, format)
    chance = random.Random(format)
    path = tmp_path_factory.mktemp(format) / "changed.zip"
    found = readable_formats()[format]
    taken = told = 0
    refusals: list[str] = []
    for _ in range(TRIES):
        write(path, change(chance, files))
        with opened(path) as source:
            reading = Reading(source, Matcher(project, source, create=False, mapping={}))
            try:
                for image in found.read(reading, found.parse_reading({})):  # type: ignore[misc]
                    for one in image.objects:
                        masks.check(one.counts, image.frame.height, image.frame.width)
                        assert masks.area_and_box(one.counts, image.frame.height, image.frame.width)[0]
                        assert one.category in reading.classes
                        taken += 1
            except ImportProblem as problem:
                refusals.append(str(problem))
            told += len(reading.defects)
    assert taken
    assert told
    assert all(text.endswith(".") for text in refusals)


def test_a_table_that_is_damaged_is_refused_or_read(
    project: Project, label: Label, make_zip: MakeZip, tmp_path: Path
) -> None:
    """Wherever a Parquet file is damaged, in its pages or in its list of contents. A process reads each."""
    label(True)
    export = make_zip("huggingface")
    name = "data/train-00000-of-00001.parquet"
    content, chance, path = export.read(name), random.Random(5), tmp_path / "changed.zip"
    found = readable_formats()["huggingface"]
    refused: list[str] = []
    taken = 0
    for at in range(8):
        changed = bytearray(content)
        if at:  # the first is whole
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        write(path, {name: bytes(changed)})
        with opened(path) as source:
            reading = Reading(source, Matcher(project, source, create=False, mapping={}))
            try:
                for image in found.read(reading, found.parse_reading({})):  # type: ignore[misc]
                    for one in image.objects:
                        masks.check(one.counts, image.frame.height, image.frame.width)
                        taken += 1
            except ImportProblem as problem:
                refused.append(str(problem))
    assert refused
    assert all(name in text for text in refused)
    assert taken


def files_of(make_zip: MakeZip, format: str) -> dict[str, bytes]:
    """An export of the format. Predictions, which nobody exports, are those of a COCO export with scores."""
    options = {"huggingface": {"layout": "imagefolder", "include_images": True}}  # its tables are binary: below
    export = make_zip("coco" if format == "coco_results" else format, **options.get(format, {}))
    files = {name: export.read(name) for name in export.names if not name.startswith(("README", "manifest"))}
    if format == "coco_results":
        annotations = json.loads(files["annotations/instances_train.json"])["annotations"]
        files["results.json"] = json.dumps([one | {"score": 0.5} for one in annotations]).encode()
    return files


def write(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
