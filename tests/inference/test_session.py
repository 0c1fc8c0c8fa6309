"""Undo, redo and patches."""

import numpy as np

from inference import ClickPredictor, Features
from inference.clicks.session import tight
from inference.core.geometry import Frame
from inference.core.upsample import Upsampler


def test_undo_and_redo_come_from_kept_states(predictor: ClickPredictor, features: Features) -> None:
    session = predictor.session(features)
    masks = [session.mask()]
    for x, y, positive in ((80, 60, True), (20, 20, True), (150, 100, False)):
        masks.append(session.click(x, y, positive))
    decode, session._decode = session._decode, None  # type: ignore[assignment]  # a decode now would fail
    for expected in reversed(masks[:-1]):
        assert np.array_equal(session.undo(), expected)
    assert np.array_equal(session.undo(), masks[0])  # nothing left: stays
    for expected in masks[1:]:
        assert np.array_equal(session.redo(), expected)
    assert not session.can_redo
    session._decode = decode


def test_a_click_after_undo_is_as_if_the_undone_never_was(predictor: ClickPredictor, features: Features) -> None:
    one = predictor.session(features)
    one.click(80, 60, True)
    one.click(10, 10, True)
    one.undo()
    result = one.click(120, 90, False)
    assert not one.can_redo
    other = predictor.session(features)
    other.click(80, 60, True)
    assert np.array_equal(other.click(120, 90, False), result)


def test_a_patch_is_the_tight_box_of_the_mask(predictor: ClickPredictor, features: Features) -> None:
    session = predictor.session(features)
    assert session.patch().width == session.patch().height == 0
    for x, y, positive in ((80, 60, True), (82, 61, False), (3, 3, True)):
        mask = session.click(x, y, positive)
        patch = session.patch()
        full = np.zeros_like(mask)
        full[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = patch.bits
        assert np.array_equal(full, mask)
        assert all(np.any(edge) for edge in (patch.bits[0], patch.bits[-1], patch.bits[:, 0], patch.bits[:, -1]))


def test_an_empty_mask_has_an_empty_patch() -> None:
    patch = tight(np.zeros((4, 5), bool), 7, 8)
    assert (patch.width, patch.height, patch.bits.shape) == (0, 0, (0, 0))


def test_a_part_of_the_mask_is_the_part_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    for height, width in ((50, 71), (900, 1300), (6, 640), (640, 9)):
        frame = Frame.of(height, width)
        logits = rng.normal(-1, 1, (frame.padded_height // 2, frame.padded_width // 2)).astype(np.float32)
        up = Upsampler(frame)
        whole = up.region(logits, (0, 0, width, height))
        for _ in range(5):
            x0, y0 = int(rng.integers(width)), int(rng.integers(height))
            x1, y1 = int(rng.integers(x0, width)) + 1, int(rng.integers(y0, height)) + 1
            assert np.array_equal(up.region(logits, (x0, y0, x1, y1)), whole[y0:y1, x0:x1])
        x0, y0, x1, y1 = up.bounds(logits)
        assert whole[y0:y1, x0:x1].sum() == whole.sum()


def test_upsampling_keeps_places() -> None:
    frame = Frame.of(1280, 960)
    logits = np.full((frame.padded_height // 2, frame.padded_width // 2), -1.0, np.float32)
    logits[100:120, 50:80] = 1.0  # cells of 4 x 4 image pixels
    mask = Upsampler(frame).region(logits, (0, 0, 960, 1280))
    ys, xs = np.nonzero(mask)
    assert (xs.min(), xs.max() + 1, ys.min(), ys.max() + 1) == (200, 320, 400, 480)
