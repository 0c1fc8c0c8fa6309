"""Many objects of one image at once."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference import Click, ClickPredictor, Features, FeaturesError
from inference.clicks.batch import ObjectPrompt, drive_together
from inference.clicks.session import REFINE_PASSES, ClickSession, Inputs, drive
from inference.core.arrays import Floats
from inference.core.masks import MaskPatch
from inference.core.prompts import FOREGROUND, MAYBE_FOREGROUND
from tests.inference.clicks.noise import noise

WRONG = np.zeros((480, 640), bool)
WRONG[100:200, 150:260] = True
PROMPTS = (
    ObjectPrompt(box=(40.0, 50.0, 120.0, 130.0)),
    ObjectPrompt([Click(300.0, 200.0, True), Click(320.0, 260.0, False), Click(500.0, 60.0, True)]),
    ObjectPrompt(box=(200.0, 210.0, 280.0, 300.0)),
    ObjectPrompt([(330.0, 240.0, True)], box=(300.0, 200.0, 420.0, 330.0)),
    ObjectPrompt([(180.0, 150.0, True)], previous=WRONG),
    ObjectPrompt(box=(10.0, 10.0, 630.0, 470.0)),
    ObjectPrompt(box=(420.0, 300.0, 500.0, 380.0)),
    ObjectPrompt(),
)


@pytest.fixture(scope="module")
def scene() -> Features:
    return noise(480, 640)


def single(predictor: ClickPredictor, features: Features, prompt: ObjectPrompt) -> MaskPatch:
    session = predictor.session(features, prompt.previous, prompt.box)
    for click in prompt.clicks:
        session.add(Click(*click))
    return session.patch()


def test_together_is_the_same_as_one_by_one(scene: Features) -> None:
    predictor = ClickPredictor(threads=1)
    together = predictor.predict_batch(scene, PROMPTS)
    assert len(together) == len(PROMPTS)
    for patch, prompt in zip(together, PROMPTS, strict=True):
        alone = single(predictor, scene, prompt)
        assert (patch.x, patch.y, patch.width, patch.height) == (alone.x, alone.y, alone.width, alone.height)
        assert np.array_equal(patch.bits, alone.bits)
    assert sum(patch.width > 0 for patch in together) >= 4


def test_a_click_that_comes_with_its_box_is_answered_with_it(scene: Features) -> None:
    predictor = ClickPredictor(threads=1)
    box, click = (200.0, 210.0, 280.0, 300.0), Click(240.0, 255.0, True)
    labels: list[NDArray[np.uint8]] = []

    def decode(inputs: Inputs) -> Floats:
        labels.append(inputs["label"])
        return predictor._decode(inputs)

    session = ClickSession(decode, scene)
    drive(session.steps([click], box, at_once=True), decode)
    assert FOREGROUND in labels[0]
    assert MAYBE_FOREGROUND in labels[0]
    assert session.clicks == (click,)
    assert session.mask()[255, 240]
    (together,) = predictor.predict_batch(scene, [ObjectPrompt([click], box, at_once=True)])
    assert np.array_equal(together.bits, session.patch().bits)
    assert not session.undo().any()  # there was nothing before that click
    assert len(labels) == 1 + REFINE_PASSES
    drive(ClickSession(decode, scene).steps([click], (10.0, 10.0, 630.0, 470.0), at_once=True), decode)
    assert len(labels) == 1 + REFINE_PASSES + 2  # a large region is looked at once


def test_an_answer_that_leaves_its_region_says_so(scene: Features) -> None:
    box, click = (200.0, 210.0, 280.0, 300.0), Click(240.0, 255.0, True)
    for inside, cut_off in ((1.0, True), (-1.0, False)):
        session = ClickSession(lambda inputs: np.zeros((1, 1, 1, 1), np.float32), scene)

        def answer(inputs: Any, value: float = inside) -> Any:
            return np.full(inputs["label"].shape, value, np.float32)

        drive(session.steps([click], box, at_once=True), answer)
        assert session.cut_off == cut_off


def test_runs_are_shared_and_bounded(scene: Features) -> None:
    predictor = ClickPredictor(threads=1)
    shapes: list[tuple[int, ...]] = []

    def decode(inputs: Inputs) -> Floats:
        shapes.append(inputs["label"].shape)
        assert all(len(part) == len(inputs["label"]) for part in inputs.values())
        return predictor._decode(inputs)

    boxes = [(40.0 + 30 * k, 60.0 + 20 * k, 100.0 + 30 * k, 120.0 + 20 * k) for k in range(7)]
    sessions = [ClickSession(decode, scene) for _ in boxes]
    drive_together([s.steps([], box) for s, box in zip(sessions, boxes, strict=True)], decode, 3 * 256 * 256)
    assert [shape[0] for shape in shapes] == [3, 3, 1]


def test_no_prompts_no_masks(predictor: ClickPredictor, scene: Features) -> None:
    assert predictor.predict_batch(scene, []) == []


def test_what_cannot_be_asked_is_refused(predictor: ClickPredictor, scene: Features) -> None:
    with pytest.raises(ValueError, match="outside"):
        predictor.predict_batch(scene, [ObjectPrompt([(640.0, 3.0, True)])])
    with pytest.raises(FeaturesError, match="other-1"):
        predictor.predict_batch(Features("other-1", 480, 640, scene.maps), PROMPTS)
