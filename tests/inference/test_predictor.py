"""Encoding and predicting with the shipped weights, through the public API."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference import FEATURES_VERSION, Click, ClickPredictor, Features, FeaturesError
from inference.clicks import encoder_runtime
from tests.inference.conftest import Image, Mask, draw
from tests.patience import PATIENCE

Scene = tuple[Image, Mask]
CLICKS = (Click(80.5, 60.5, True), Click(5, 5, False), Click(100.2, 70.9, True), Click(150, 110, False))


def test_one_click_finds_an_obvious_object(predictor: ClickPredictor, features: Features, picture: Scene) -> None:
    _, truth = picture
    ys, xs = np.nonzero(truth)
    mask = predictor.predict(features, [Click(float(xs.mean()), float(ys.mean()), True)])
    assert mask.shape == truth.shape
    assert mask.dtype == bool
    assert (mask & truth).sum() / (mask | truth).sum() > 0.8


def test_features_say_what_they_are_of(features: Features) -> None:
    assert (features.version, features.height, features.width) == (FEATURES_VERSION, 120, 160)
    assert features.nbytes < 4 * 2**20


@pytest.mark.parametrize(("height", "width"), [(8, 8), (200, 3000), (1, 40), (333, 17), (641, 640)])
def test_any_size_and_shape(predictor: ClickPredictor, height: int, width: int) -> None:
    image, _ = draw(height, width)
    features = predictor.encode(image)
    session = predictor.session(features)
    mask = session.click(width / 2, height / 2, True)
    assert mask.shape == (height, width)
    assert mask[height // 2, width // 2]
    mask = session.click(width - 0.01, height - 0.01, False)
    assert not mask[-1, -1]
    patch = session.patch()
    assert mask.sum() == patch.bits.sum()


def test_a_session_is_the_same_as_predicting_at_once(predictor: ClickPredictor, features: Features) -> None:
    session = predictor.session(features)
    for k, click in enumerate(CLICKS, 1):
        mask = session.click(click.x, click.y, click.positive)
        assert np.array_equal(mask, predictor.predict(features, CLICKS[:k]))
    assert session.clicks == CLICKS


def test_clicks_may_be_plain_tuples(predictor: ClickPredictor, features: Features) -> None:
    plain = [(80.5, 60.5, True), (5, 5, False)]
    assert np.array_equal(predictor.predict(features, plain), predictor.predict(features, CLICKS[:2]))


def test_features_that_were_stored_answer_alike(predictor: ClickPredictor, features: Features) -> None:
    again = Features.from_bytes(features.to_bytes())
    assert np.array_equal(predictor.predict(again, CLICKS), predictor.predict(features, CLICKS))


def test_many_sessions_at_once(predictor: ClickPredictor, features: Features) -> None:
    expected = predictor.predict(features, CLICKS)
    with ThreadPoolExecutor(4) as pool:
        masks = list(pool.map(lambda _: predictor.predict(features, CLICKS), range(8)))
    assert all(np.array_equal(mask, expected) for mask in masks)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.floats(0, 159.99), st.floats(0, 119.99), st.booleans()),
        min_size=1,
        max_size=6,
        unique_by=lambda c: (int(c[0]), int(c[1])),
    )
)
def test_a_clicked_pixel_is_where_the_click_says(
    predictor: ClickPredictor, features: Features, clicks: list[tuple[float, float, bool]]
) -> None:
    mask = predictor.predict(features, [Click(*c) for c in clicks])
    for x, y, positive in clicks:
        assert mask[int(y), int(x)] == positive


def test_of_two_clicks_on_one_pixel_the_later_counts(predictor: ClickPredictor, features: Features) -> None:
    mask = predictor.predict(features, [Click(80, 60, True), Click(80.9, 60.9, False)])
    assert not mask[60, 80]


def test_a_previous_mask_is_refined(predictor: ClickPredictor, features: Features, picture: Scene) -> None:
    truth = picture[1]
    wrong = truth.copy()
    wrong[:, :80] = False
    session = predictor.session(features, previous=wrong)
    assert np.array_equal(session.mask(), wrong)
    ys, xs = np.nonzero(truth & ~wrong)
    at = len(xs) // 2
    mask = session.click(float(xs[at]), float(ys[at]), True)
    before = (wrong & truth).sum() / (wrong | truth).sum()
    assert (mask & truth).sum() / (mask | truth).sum() > before
    assert np.array_equal(session.undo(), wrong)


def test_a_box_alone_gives_a_mask(predictor: ClickPredictor, features: Features, picture: Scene) -> None:
    truth = picture[1]
    ys, xs = np.nonzero(truth)
    box = (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))
    mask = predictor.predict(features, [], box=box)
    assert (mask & truth).sum() / (mask | truth).sum() > 0.7
    with pytest.raises(ValueError, match="empty"):
        predictor.session(features, box=(10, 10, 10, 20))


def test_both_runtimes_agree(features: Features, picture: Scene) -> None:
    other = ClickPredictor(encode_runtime="torch", threads=2).encode(picture[0])
    for name, expected in features.maps.items():
        difference = np.abs(other.maps[name].astype(np.float32) - expected.astype(np.float32))
        assert difference.mean() < 0.05, name


def test_without_a_choice_the_faster_runtime_encodes(
    features: Features, picture: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTERLABEL_ENCODE_RUNTIME", raising=False)
    monkeypatch.setattr(encoder_runtime, "_fastest", {})
    made = ClickPredictor(threads=2).encode(picture[0])
    assert encoder_runtime.has_cuda() or list(encoder_runtime._fastest.values()) in (["onnx"], ["torch"])
    for name, expected in features.maps.items():
        difference = np.abs(made.maps[name].astype(np.float32) - expected.astype(np.float32))
        assert difference.mean() < 0.05, name


def test_a_batch_is_the_same_as_one_by_one(predictor: ClickPredictor, picture: Scene, features: Features) -> None:
    small, same = predictor.encode_batch([draw(40, 30)[0], picture[0]])
    assert (small.height, small.width) == (40, 30)
    assert all(np.array_equal(same.maps[name], features.maps[name]) for name in features.maps)


def test_wrong_input_is_refused(predictor: ClickPredictor, features: Features) -> None:
    with pytest.raises(ValueError, match="uint8"):
        predictor.encode(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="outside"):
        predictor.predict(features, [Click(160, 3, True)])
    with pytest.raises(ValueError, match="previous mask"):
        predictor.session(features, previous=np.zeros((3, 3), bool))
    other = Features("other-1", features.height, features.width, features.maps)
    with pytest.raises(FeaturesError, match="other-1"):
        predictor.session(other)
    with pytest.raises(ValueError, match="encode_runtime"):
        ClickPredictor(encode_runtime="magic").encode(np.zeros((4, 4, 3), np.uint8))


def test_a_process_that_only_decodes_never_imports_torch(features: Features) -> None:
    code = (
        "import sys; from inference import *; data = sys.stdin.buffer.read();"
        "ClickPredictor().predict(Features.from_bytes(data), [Click(8, 8, True)]);"
        "assert not {'torch', 'scipy', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], input=features.to_bytes(), check=True, timeout=PATIENCE)
