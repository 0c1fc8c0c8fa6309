"""Every kind of file, whole and in blocks, against a picture that numpy computed."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from decoding import writing
from decoding.limits import Limits
from decoding.pyramid import levels_of
from tests.decoding.kinds import KINDS, Array

SIDE = 64
NEAR = 4.0  # of 255, mean of a channel


def from_blocks(path: Path, width: int, height: int, name: str) -> Array:
    whole = np.zeros((height, width, 3), np.uint8)
    level = next(level for level in levels_of(width, height, True, SIDE) if level.name == name)
    with zipfile.ZipFile(path) as archive:
        for row in range(level.rows):
            for column in range(level.columns):
                block = np.asarray(Pillow.open(io.BytesIO(archive.read(level.entry(row, column)))))
                y, x = row * SIDE, column * SIDE
                whole[y : y + block.shape[0], x : x + block.shape[1]] = block
    return whole


def difference(found: Array, expected: Array) -> Array:
    assert found.shape == expected.shape
    return np.abs(found.astype(float) - expected).mean((0, 1))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_seen_as_a_person_should_see_it(name: str, tmp_path: Path) -> None:
    make, expected = KINDS[name]
    data, path = make(), tmp_path / "original"
    path.write_bytes(data)
    found = writing.take_in(path, tmp_path, Limits(), blocks_from=0, side=SIDE)
    view = np.asarray(Pillow.open(tmp_path / found["view"] if found["view"] else path).convert("RGB"))
    assert (difference(view, expected()) < NEAR).all(), (difference(view, expected()), found)
    finest = "1" if found["source"]["format"] == "JPEG" else "exact"
    in_blocks = from_blocks(tmp_path / "blocks.zip", found["width"], found["height"], finest)
    if finest == "exact":
        assert np.array_equal(in_blocks, view)
    else:
        assert (difference(in_blocks, view) < 1.5).all()
    small = np.asarray(Pillow.open(tmp_path / "thumbnail.webp").convert("RGB"))
    assert (difference(small, view) < 12).all()  # WebP halves the colours' resolution
