"""GrabCut as a baseline."""

from inference.evaluation.grabcut import GrabCut
from inference.measure.noc import true_box
from tests.inference.conftest import draw


def test_grabcut_with_a_box_keeps_to_it() -> None:
    image, truth = draw(96, 128, seed=1)
    mask = GrabCut(image).boxed(true_box(truth))
    assert (mask & truth).sum() / (mask | truth).sum() > 0.9
    x0, y0, x1, y1 = (int(v) for v in true_box(truth))
    mask[y0:y1, x0:x1] = False
    assert not mask.any()
    assert GrabCut(image).boxed((0.0, 0.0, 128.0, 96.0)).all()  # nothing is outside to learn the background from
