"""Turned pictures: their labels turn with them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from inference import ClickPredictor
from inference.core.arrays import Half, Image
from inference.core.features import WEIGHTS
from inference.core.geometry import Frame
from inference.data.coco import DataError
from inference.data.device import CPU
from inference.heads.data.examples import Vocabulary
from inference.heads.data.truth import rasterise
from inference.heads.data.variants import ALL, turned, turns_for, variant, with_mirrored, with_variants
from tests.inference.heads.data.pictures import made, picture_and_mask


@pytest.mark.parametrize("turn", ALL)
def test_labels_turn_with_the_picture(turn: int, tmp_path: Path) -> None:
    picture, mask = picture_and_mask(0)
    seen: list[tuple[Image, Frame]] = []

    def encode_picture(given: Image, frame: Frame) -> Half:
        seen.append((given, frame))
        return np.full((4, *frame.tokens), turn, np.float16)

    found = variant(made(picture, mask), turn, encode_picture, tmp_path)
    assert (found.name, found.group) == (f"set/1~{turn}", "1")
    assert not seen, "nothing is encoded before it is needed"
    assert found.tokens().shape[1:] == found.frame.tokens
    ((given, frame),) = seen
    true = found.mask(found.objects[0].segmentation)
    assert true.shape == given.shape[:2] == (frame.height, frame.width)
    assert np.array_equal(true, given[..., 0] >= 150)
    (rows,), (columns,) = np.nonzero(true.any(1)), np.nonzero(true.any(0))
    assert found.box(found.objects[0].segmentation) == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert (found.tokens() == turn).all()
    assert len(seen) == 1, "tokens are kept"
    words = Vocabulary(("thing",))
    covered = rasterise(found, words).masks[0]
    assert np.array_equal(covered, np.ascontiguousarray(turned(rasterise(made(picture, mask), words).masks[0], turn)))


def test_all_turns_are_different_and_need_a_picture(tmp_path: Path) -> None:
    picture, mask = picture_and_mask(0)
    plain = made(picture, mask)
    every = with_variants([plain], ALL, lambda _, frame: np.zeros((4, *frame.tokens), np.float16), tmp_path)
    shapes = [e.mask(e.objects[0].segmentation) for e in every]
    assert len({(m.shape, m.tobytes()) for m in shapes}) == 8
    with pytest.raises(DataError, match="no picture to turn"):
        variant(dataclasses.replace(plain, picture=None), 1, lambda _, frame: np.zeros(1, np.float16), tmp_path)


def test_the_fewer_pictures_the_more_variants() -> None:
    assert [len(turns_for(count)) for count in (1, 60, 61, 300, 301)] == [7, 7, 1, 1, 0]


def test_mirrored_pictures_have_the_tokens_of_a_picture_that_was_mirrored(tmp_path: Path) -> None:
    picture, mask = picture_and_mask(1)
    plain, mirrored = with_mirrored([made(picture, mask)], tmp_path, WEIGHTS / "encoder.safetensors", CPU)
    assert plain.weight == mirrored.weight == 0.5, "together they are drawn as often as the one was"
    expected = ClickPredictor().encode(np.ascontiguousarray(picture[:, ::-1])).tokens.astype(np.float32)
    assert mirrored.tokens().shape == expected.shape == (384, *mirrored.frame.tokens)
    assert np.abs(mirrored.tokens().astype(np.float32) - expected).mean() < 0.02 * np.abs(expected).mean()
    assert [path.parent.parent.name for path in tmp_path.rglob("*~4.npy")] == ["mirrored"]
