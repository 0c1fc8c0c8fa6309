"""Undo, redo and patches."""

import numpy as np

from inference import ClickPredictor, Features


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
