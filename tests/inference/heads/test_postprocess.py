"""What becomes of answers: instances, panoptic and semantic segments, and their masks at the image's size."""

import numpy as np
import pytest

from inference.core.geometry import Frame
from inference.core.upsample import Upsampler
from inference.heads.postprocess import instances, panoptic, patch_of, semantic

CUP, PLATE, SKY = 0, 1, 2
STUFF = (SKY,)


def masks_of(*boxes: tuple[int, int, int, int], side: int = 16, sure: float = 8.0) -> np.ndarray:
    """Logits N x side x side, `sure` inside of each box (x0, y0, x1, y1) and its negative outside."""
    masks = np.full((len(boxes), side, side), -sure, np.float32)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = sure
    return masks


def classes_of(*labels: int, sure: float = 8.0) -> np.ndarray:
    classes = np.zeros((len(labels), 4), np.float32)
    classes[np.arange(len(labels)), labels] = sure
    return classes


def test_instances_are_ranked_by_class_and_mask_together() -> None:
    masks = masks_of((0, 0, 4, 4), (8, 8, 12, 12))
    masks[0][masks[0] > 0] = 0.5  # an unsure mask
    found = instances(classes_of(CUP, PLATE), masks, threshold=0.2)
    assert [s.category for s in found] == [PLATE, CUP]
    assert found[0].score == pytest.approx(0.998, abs=0.01)
    assert found[1].score == pytest.approx(0.62, abs=0.01)
    assert instances(classes_of(CUP, PLATE), masks, threshold=0.7)[0].category == PLATE
    assert len(instances(classes_of(CUP, PLATE), masks, limit=3)) == 3  # one query may be several classes
    assert instances(classes_of(3), masks[:1], threshold=0.2) == []


def test_panoptic_merges_stuff_and_keeps_things_apart() -> None:
    boxes = ((0, 0, 8, 4), (8, 0, 16, 4), (0, 8, 4, 12), (8, 8, 12, 12))
    found = panoptic(classes_of(SKY, SKY, CUP, CUP), masks_of(*boxes), STUFF)
    assert sorted(s.category for s in found) == [CUP, CUP, SKY]
    sky = next(s for s in found if s.category == SKY)
    assert (sky.logits > 0).sum() == 64
    assert sorted(int((s.logits > 0).sum()) for s in found) == [16, 16, 64]


def test_panoptic_drops_what_is_mostly_covered_and_leaves_it_void() -> None:
    masks = masks_of((0, 0, 8, 8), (0, 0, 8, 7))
    classes = classes_of(CUP, PLATE)
    classes[0] *= 0.8  # the larger one loses 7 of its 8 rows
    found = panoptic(classes, masks, STUFF)
    assert [s.category for s in found] == [PLATE]
    assert not (found[0].logits[7] > 0).any()
    kept = panoptic(classes, masks_of((0, 0, 8, 8), (0, 0, 8, 1)), STUFF)
    assert [s.category for s in kept] == [PLATE, CUP]
    assert not ((kept[0].logits > 0) & (kept[1].logits > 0)).any()


def test_panoptic_leaves_out_the_unsure_and_nothing() -> None:
    masks = masks_of((0, 0, 4, 4), (8, 8, 12, 12))
    assert panoptic(classes_of(CUP, PLATE, sure=2.0), masks) == []  # a share of .71
    assert len(panoptic(classes_of(CUP, PLATE, sure=2.0), masks, confidence=0.6)) == 2
    assert panoptic(classes_of(3, 3), masks) == []


def test_semantic_adds_up_queries_of_a_class() -> None:
    weak = classes_of(CUP, CUP, PLATE, sure=1.0)  # .47 each
    masks = masks_of((0, 0, 8, 8), (0, 0, 8, 8), (0, 0, 8, 16))
    found = {s.category: s.logits > 0 for s in semantic(weak, masks, 0.3)}
    assert set(found) == {CUP, PLATE}
    assert found[CUP][:8, :8].all()
    assert found[CUP].sum() == 64
    assert found[PLATE].sum() == 64
    assert not found[PLATE][:8].any()


@pytest.mark.parametrize("how", ["panoptic", "semantic"])
def test_segments_never_overlap_at_any_size(how: str) -> None:
    rng = np.random.default_rng(5)
    masks = rng.normal(0, 4, (12, 16, 16)).astype(np.float32)
    classes = rng.normal(0, 3, (12, 4)).astype(np.float32)
    if how == "panoptic":
        segments = panoptic(classes, masks, STUFF, confidence=0.3, visible=0.2)
    else:
        segments = semantic(classes, masks)
    assert len(segments) > 1
    frame = Frame.of(101, 128, 128)
    taken = np.zeros((101, 128), int)
    for segment in segments:
        patch = patch_of(segment.logits, Upsampler(frame))
        taken[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] += patch.bits
    assert taken.max() == 1


def test_patches_are_where_the_logits_are() -> None:
    frame = Frame.of(128, 256, 128)  # the model image is half the size
    logits = masks_of((4, 2, 8, 6))[0]
    patch = patch_of(logits, Upsampler(frame))
    assert (patch.x, patch.y) == pytest.approx((64, 32), abs=4)
    assert (patch.width, patch.height) == pytest.approx((64, 64), abs=8)
    assert patch.bits.mean() > 0.9
    assert patch_of(np.full((16, 16), -1.0, np.float32), Upsampler(frame)).width == 0
