"""Regions of interest: where they lie, and what they must not change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Click, ClickPredictor, Features
from inference.clicks.session import ClickSession, Inputs
from inference.clicks.zoom import ALIGN, SIDES, Region, around_box, around_mask, is_cut_off
from inference.core.arrays import Floats, Mask
from inference.core.geometry import Frame
from inference.core.prompts import Prompt
from tests.inference.clicks.noise import noise

FRAME = Frame.of(448, 640)  # without padding
CELLS = (FRAME.padded_height // 2, FRAME.padded_width // 2)


def mask_of(x0: int, y0: int, x1: int, y1: int) -> Mask:
    """A rectangle in model pixels, as cells at stride 2."""
    mask = np.zeros(CELLS, bool)
    mask[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = True
    return mask


@given(st.floats(0, 639), st.floats(0, 447), st.floats(1, 640), st.floats(1, 448))
def test_a_region_holds_its_box_is_aligned_and_of_a_known_size(x: float, y: float, width: float, height: float) -> None:
    box = (x, y, min(640.0, x + width), min(448.0, y + height))
    region = around_box(FRAME, box)
    assert 0 <= region.x0 <= box[0]
    assert 0 <= region.y0 <= box[1]
    assert box[2] <= region.x1 <= 640
    assert box[3] <= region.y1 <= 448
    assert all(side % ALIGN == 0 for side in region)
    assert region.x1 - region.x0 in (*SIDES, FRAME.padded_width)
    assert region.y1 - region.y0 in (*SIDES, FRAME.padded_height)


KNOWN = mask_of(300, 200, 360, 260)


def test_a_small_mask_has_a_small_region_that_holds_all_clicks() -> None:
    clicks = [Prompt(330.0, 200.0, True), Prompt(290.0, 240.0, False)]
    region = around_mask(FRAME, mask_of(300, 180, 360, 220), clicks)
    assert (region.x1 - region.x0, region.y1 - region.y0) == (256, 256)
    assert all(region.x0 < c.x < region.x1 and region.y0 < c.y < region.y1 for c in clicks)


@pytest.mark.parametrize(
    ("mask", "clicks"),
    [
        (mask_of(0, 0, 0, 0), [Prompt(330.0, 200.0, True)]),  # nothing yet
        (mask_of(20, 20, 600, 430), [Prompt(330.0, 200.0, True)]),  # nearly everything
        (mask_of(20, 20, 60, 60), [Prompt(600.0, 400.0, True)]),  # a click somewhere else
    ],
)
def test_the_whole_map_where_a_region_is_of_no_use(mask: Mask, clicks: list[Prompt]) -> None:
    assert around_mask(FRAME, mask, clicks) == Region.whole(FRAME)


def test_an_answer_that_ends_at_the_border_is_cut_off() -> None:
    region = Region(128, 64, 384, 320)
    assert not is_cut_off(mask_of(200, 100, 300, 200), region)
    assert is_cut_off(mask_of(200, 100, 384, 200), region)
    assert is_cut_off(mask_of(200, 64, 300, 200), region)
    assert not is_cut_off(mask_of(200, 100, 500, 200), region)  # it goes on outside
    assert not is_cut_off(mask_of(200, 100, 384, 102), region)  # a cell or two
    assert not is_cut_off(mask_of(0, 0, 640, 448), Region.whole(FRAME))


def spread(features: Features, count: int) -> list[Click]:
    rng = np.random.default_rng(count)
    places = rng.uniform(0, 1, (count, 2)) * (features.width, features.height)
    return [Click(float(x), float(y), k % 3 != 2) for k, (x, y) in enumerate(places)]


def watch(session: ClickSession, answer: float | None = None) -> list[tuple[int, ...]]:
    """Note the shapes that a session decodes from now on; answer with a constant instead of the model if wanted."""
    shapes: list[tuple[int, ...]] = []
    decode = session._decode

    def noted(inputs: Inputs) -> Floats:
        shapes.append(inputs["label"].shape)
        return decode(inputs) if answer is None else np.full(inputs["label"].shape, answer, np.float32)

    session._decode = noted
    return shapes


def begun(predictor: ClickPredictor) -> ClickSession:
    """A session whose mask is a known rectangle."""
    session = predictor.session(noise(448, 640), box=(300.0, 200.0, 360.0, 260.0))
    logits = session._states[-1].logits
    assert logits is not None
    logits[:] = np.where(KNOWN, 3, -3)
    return session


def test_outside_of_the_region_nothing_changes(predictor: ClickPredictor) -> None:
    session = begun(predictor)
    before = session._states[-1].logits
    shapes = watch(session, -2)
    session.add(Click(350, 270, True))
    after = session._states[-1].logits
    assert shapes == [(1, 1, 128, 128)]
    assert before is not None
    assert after is not None
    rows, columns = around_mask(FRAME, KNOWN, [Prompt(350, 270, True)]).at(2)
    outside = np.ones(CELLS, bool)
    outside[rows, columns] = False
    assert np.array_equal(after[outside], before[outside])
    assert (after[~outside] == -2).mean() > 0.9


def test_an_answer_that_is_cut_off_is_made_again_on_the_whole_map(predictor: ClickPredictor) -> None:
    session = begun(predictor)
    shapes = watch(session, 1)
    session.add(Click(350, 230, True))
    assert shapes == [(1, 1, 128, 128), (1, 1, *CELLS)]
    assert session.mask().all()


def test_clicks_one_by_one_and_replayed_agree_bit_for_bit(predictor: ClickPredictor) -> None:
    features = noise(300, 420)
    clicks = spread(features, 7)
    box = (150.0, 100.0, 230.0, 190.0)
    session = predictor.session(features, box=box)
    for k, click in enumerate(clicks, 1):
        session.add(click)
        other = predictor.session(features, box=box)
        for again in clicks[:k]:
            other.add(again)
        assert np.array_equal(session._states[-1].logits, other._states[-1].logits)  # type: ignore[arg-type]
    masks = [session.mask(), session.undo(), session.undo()]
    assert np.array_equal(session.redo(), masks[1])
    assert np.array_equal(session.redo(), masks[0])
    session.undo()
    assert np.array_equal(session.click(*clicks[-1]), masks[0])


@pytest.mark.parametrize("size", [(480, 640), (1000, 400)])
def test_clicked_pixels_are_where_the_clicks_say_with_regions_too(
    predictor: ClickPredictor, size: tuple[int, int]
) -> None:
    features = noise(*size)
    clicks = spread(features, 6)
    session = predictor.session(features, box=(100.0, 100.0, 180.0, 160.0))
    for k, click in enumerate(clicks, 1):
        mask = session.click(*click)
        assert all(mask[int(c.y), int(c.x)] == c.positive for c in clicks[:k])


def test_without_zoom_every_decoding_sees_the_whole_map() -> None:
    features = noise(448, 640)
    session = ClickPredictor(zoom=False).session(features)
    shapes = watch(session)
    for click in spread(features, 2):
        session.add(click)
    assert set(shapes) == {(1, 1, *CELLS)}
