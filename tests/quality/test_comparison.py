"""Comparing two sets of an image: against values computed by hand, and what must hold for any sets."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling import masks
from labeling.quality.boundary import boundary_iou, inside, joint_box, width_of
from labeling.quality.comparison import NONE, Comparison, compare, histogram_bin, matches
from labeling.quality.matching import ious, match, same_class
from labeling.quality.segments import Segment, Size, joined, segment
from tests.memory import peak_kib
from tests.quality.drawing import SIZE, box, of_bits, rectangle

PLENTY = hypothesis_settings(deadline=None, max_examples=60)


@st.composite
def drawn(draw: st.DrawFn) -> list[Segment]:
    """Up to six rectangles of three classes, the last one stuff; they may overlap."""
    found = []
    for index in range(draw(st.integers(0, 6))):
        x, y = draw(st.integers(0, 70)), draw(st.integers(0, 50))
        width, height = draw(st.integers(1, 80 - x)), draw(st.integers(1, 60 - y))
        category = draw(st.integers(1, 3))
        choices = {7: draw(st.sampled_from("ab"))} if draw(st.booleans()) else {}
        one = box(x, y, width, height, category, stuff=category == 3, choices=choices)
        found.append(Segment(str(index), one.category, one.counts, one.area, one.box, one.stuff, choices))
    return found


def test_a_worked_example() -> None:
    """Ten columns of ten pixels against those moved by two: ∩ = 80, ∪ = 120, IoU = 2/3. A second car is exact, a
    person was drawn as a car, and one person by the second one alone."""
    first = [box(0, 0, 10, 10), box(20, 0, 10, 10), box(40, 0, 10, 10, 2)]
    second = [box(2, 0, 10, 10), box(20, 0, 10, 10), box(40, 0, 10, 10, 1), box(0, 30, 5, 5, 2)]
    found = compare(first, second, SIZE)
    car, person = found.classes[1], found.classes[2]
    assert (car.first, car.second, car.matched) == (2, 3, [2, 1, 1])
    assert car.f1() == pytest.approx(4 / 5)
    assert car.f1(1) == car.f1(2) == pytest.approx(2 / 5)
    assert car.mean_iou == pytest.approx((2 / 3 + 1) / 2)
    assert car.pq == pytest.approx((2 / 3 + 1) / (2 + 1 / 2))
    assert (person.first, person.second, person.matched) == (1, 1, [0, 0, 0])
    assert person.f1() == person.pq == 0
    assert person.mean_iou is None
    assert found.mean_pq == pytest.approx((2 / 3 + 1) / 2.5 / 2)
    assert found.total.f1() == pytest.approx(4 / 7)
    assert found.agreement == pytest.approx((2 / 3 + 1) / (7 / 2))
    assert found.confusion == {(1, 1): 2, (2, 1): 1, (NONE, 2): 1}
    assert found.histogram == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert (found.pairs, found.empty) == (1, 0)


def test_stuff_is_one_region_whatever_its_parts() -> None:
    sky = [box(0, 0, 80, 10, 3, stuff=True), box(0, 10, 80, 10, 3, stuff=True)]
    other = [box(0, 0, 80, 15, 3, stuff=True)]
    found = compare(sky, other, SIZE).classes[3]
    assert (found.first, found.second, found.matched) == (1, 1, [1, 1, 0])
    assert (found.intersection, found.union) == (80 * 15, 80 * 20)
    assert found.area_iou == 0.75 == found.pq


def test_stuff_that_one_alone_drew_is_in_the_union() -> None:
    found = compare([box(0, 0, 80, 10, 3, stuff=True)], [], SIZE).classes[3]
    assert (found.intersection, found.union, found.area_iou, found.pq) == (0, 800, 0.0, 0.0)


def test_overlapping_stuff_counts_a_pixel_once() -> None:
    parts = [box(0, 0, 40, 10, 3, stuff=True), box(20, 0, 40, 10, 3, stuff=True)]
    (one,) = joined(parts, SIZE)
    assert (one.area, one.box.as_list()) == (600, [0, 0, 60, 10])


def test_two_empty_images_are_counted_apart() -> None:
    found = compare([], [], SIZE)
    assert (found.pairs, found.empty, found.agreement, found.mean_pq) == (1, 1, None, None)
    one_sided = compare([box(0, 0, 5, 5)], [], SIZE)
    assert (one_sided.empty, one_sided.agreement, one_sided.confusion) == (0, 0.0, {(1, NONE): 1})


def test_answers_of_matched_objects_are_compared_and_missing_ones_are_not() -> None:
    first = [box(0, 0, 9, 9, choices={7: "day", 8: "wet"}), box(20, 0, 9, 9, choices={7: "day"})]
    second = [box(0, 0, 9, 9, choices={7: "night"}), box(20, 0, 9, 9, 2, choices={7: "day"})]
    assert compare(first, second, SIZE).choices == {7: {("day", "night"): 1, ("day", "day"): 1}}


@PLENTY
@given(drawn())
def test_a_set_agrees_with_itself(one: list[Segment]) -> None:
    found = compare(one, one, SIZE)
    if not one:
        assert found.empty == 1
        return
    total = found.total
    assert total.f1() == total.f1(2) == pytest.approx(1)
    assert total.pq == total.mean_iou == total.mean_boundary == found.mean_pq == pytest.approx(1)
    assert all(tally.area_iou in (None, 1) for tally in found.classes.values())
    assert sum(found.histogram) == found.histogram[-1] == total.first


@PLENTY
@given(drawn(), drawn())
def test_either_way_round_is_the_same(one: list[Segment], other: list[Segment]) -> None:
    there, back = compare(one, other, SIZE), compare(other, one, SIZE)
    assert back.total.matched == there.total.matched
    assert back.agreement == pytest.approx(there.agreement)
    assert back.mean_pq == pytest.approx(there.mean_pq)
    assert sum(back.confusion.values()) == sum(there.confusion.values())
    assert {n: (t.intersection, t.union) for n, t in back.classes.items()} == {
        n: (t.intersection, t.union) for n, t in there.classes.items()
    }
    assert back.confusion == Counter({(b, a): count for (a, b), count in there.confusion.items()})


@PLENTY
@given(drawn(), drawn(), st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(one: list[Segment], other: list[Segment], random: object) -> None:
    mixed = list(other)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    found, again = compare(one, other, SIZE), compare(one, mixed, SIZE)
    assert again.total.matched == found.total.matched
    assert again.agreement == pytest.approx(found.agreement)
    assert sum(again.histogram) == sum(found.histogram)


@PLENTY
@given(drawn(), drawn())
def test_a_stored_comparison_is_the_same_again(one: list[Segment], other: list[Segment]) -> None:
    found = compare(one, other, SIZE)
    assert Comparison.from_json(found.as_json()) == found


@PLENTY
@given(drawn(), drawn(), drawn(), drawn())
def test_sums_are_added(a: list[Segment], b: list[Segment], c: list[Segment], d: list[Segment]) -> None:
    one, other = compare(a, b, SIZE), compare(c, d, SIZE)
    both = Comparison()
    both.add(one)
    both.add(other)
    assert both.pairs == 2
    assert both.total.segments == one.total.segments + other.total.segments
    assert both.confusion == one.confusion + other.confusion
    assert both.total.iou == pytest.approx(one.total.iou + other.total.iou)


@PLENTY
@given(drawn(), drawn())
def test_confusion_counts_each_segment_once(one: list[Segment], other: list[Segment]) -> None:
    confusion = compare(one, other, SIZE).confusion
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (here, there), count in confusion.items():
        rows[here] += count
        columns[there] += count
    for sums, drawn_ones in ((rows, joined(one, SIZE)), (columns, joined(other, SIZE))):
        del sums[NONE]
        assert sums == Counter(segment.category for segment in drawn_ones)


# Matching.


@PLENTY
@given(drawn(), drawn())
def test_iou_is_that_of_the_pixels(one: list[Segment], other: list[Segment]) -> None:
    found = ious(one, other, SIZE)
    assert found.shape == (len(one), len(other))
    for (i, here), (j, there) in itertools.product(enumerate(one), enumerate(other)):
        a, b = (masks.decode(each.counts, SIZE.height, SIZE.width) for each in (here, there))
        assert found[i, j] == pytest.approx((a & b).sum() / (a | b).sum())


@PLENTY
@given(arrays(float, (4, 5), elements=st.sampled_from([0, 0.2, 0.5, 0.6, 0.8, 0.9, 1])), st.sampled_from([0.1, 0.5]))
def test_no_other_assignment_has_a_larger_sum(found: np.ndarray, least: float) -> None:
    chosen = match(found, least)
    assert len({p.one for p in chosen}) == len({p.other for p in chosen}) == len(chosen)
    assert all(p.iou >= least for p in chosen)
    weights = np.where(found >= least, found, 0)
    best = max(sum(weights[i, j] for i, j in enumerate(columns)) for columns in itertools.permutations(range(5), 4))
    assert sum(p.iou for p in chosen) == pytest.approx(best)


def test_the_largest_sum_beats_the_largest_pair() -> None:
    """Greedy matching would take .9 and be left with nothing: .9 < .8 + .7."""
    found = np.array([[0.9, 0.8], [0.7, 0.0]])
    assert [(p.one, p.other) for p in match(found, 0.5)] == [(0, 1), (1, 0)]


def test_other_classes_don_t_match() -> None:
    one, other = [box(0, 0, 9, 9, 1)], [box(0, 0, 9, 9, 2)]
    assert not same_class(one, other).any()
    assert matches(one, other, SIZE) == []
    assert len(match(ious(one, other, SIZE), 0.5)) == 1


@PLENTY
@given(drawn(), drawn())
def test_panoptic_quality_as_panopticapi_defines_it(one: list[Segment], other: list[Segment]) -> None:
    """panopticapi 0.1, `pq_compute_single_core`, on masks that don't overlap: pairs of one class with IoU > .5 are TP,
    what is left is FP or FN; PQ = ΣIoU / (TP + FP/2 + FN/2), a class at a time."""
    one, other = flat(one), flat(other)
    expected: dict[int, Fraction] = {}
    for category in {s.category for s in one + other}:
        mine, theirs = ([s for s in given if s.category == category] for given in (one, other))
        overlaps = [iou for a, b in itertools.product(mine, theirs) if (iou := exact_iou(a, b)) > Fraction(1, 2)]
        half = Fraction(len(mine) - len(overlaps) + len(theirs) - len(overlaps), 2)
        expected[category] = sum(overlaps, Fraction(0)) / (len(overlaps) + half)
    if any(exact_iou(a, b) == Fraction(1, 2) for a, b in itertools.product(one, other)):
        return  # we count a pair at exactly .5, panopticapi does not
    found = compare(one, other, SIZE)
    assert {n: tally.pq for n, tally in found.classes.items()} == pytest.approx(
        {n: float(v) for n, v in expected.items()}
    )


def flat(drawn_ones: list[Segment]) -> list[Segment]:
    """The same without overlaps, as a panoptic map has them: later ones lie over earlier ones. Stuff is one region."""
    numbers = np.zeros((SIZE.height, SIZE.width), int)
    ordered = joined(drawn_ones, SIZE)
    for index, one in enumerate(ordered, start=1):
        numbers[masks.decode(one.counts, SIZE.height, SIZE.width)] = index
    return [
        segment(str(index), one.category, masks.encode(numbers == index), SIZE, stuff=one.stuff)
        for index, one in enumerate(ordered, start=1)
        if (numbers == index).any()
    ]


def exact_iou(one: Segment, other: Segment) -> Fraction:
    shared = masks.shared(one.counts, other.counts, SIZE.height, SIZE.width)
    return Fraction(shared, one.area + other.area - shared)


def test_bars_of_the_histogram() -> None:
    assert [histogram_bin(iou) for iou in (0.5, 0.549, 0.55, 0.94, 0.96, 1.0)] == [0, 0, 1, 8, 9, 9]


# Boundaries.


def test_the_boundary_of_a_square() -> None:
    """Of 10×10 pixels with a boundary of 2: 100 − 36."""
    assert inside(np.ones((10, 10), bool), 2).sum() == 64
    framed = np.zeros((14, 14), bool)
    framed[2:12, 2:12] = True
    assert inside(framed, 2).sum() == 64


def test_a_moved_square_s_boundary() -> None:
    """10×10 against itself moved right by 2; d = 2, as 2 % of the diagonal is less. The boundaries are rings of 64
    pixels. They share 8×2 pixels at the top and at the bottom; their sides lie beside each other: 32 / (128 − 32)."""
    one, other = box(10, 10, 10, 10), box(12, 10, 10, 10)
    assert width_of(joint_box(one.box, other.box)) == 2
    a, b = (np.zeros((60, 80), bool) for _ in range(2))
    for bits, x in ((a, 10), (b, 12)):
        bits[10:20, x : x + 10] = True
        bits[12:18, x + 2 : x + 8] = False
    assert a.sum() == b.sum() == 64
    assert boundary_iou(one, other, SIZE) == pytest.approx((a & b).sum() / (a | b).sum()) == pytest.approx(32 / 96)


def test_the_boundary_s_width_follows_the_objects() -> None:
    assert width_of(masks.Box(0, 0, 30, 40)) == 2  # 2 % of 50 is 1
    assert width_of(masks.Box(0, 0, 300, 400)) == 10
    assert width_of(masks.Box(0, 0, 3000, 4000)) == 30  # and no more


@PLENTY
@given(arrays(bool, (12, 17)), arrays(bool, (12, 17)), st.sampled_from([1, 3, 64]))
def test_in_parts_as_at_once(one: masks.Bits, other: masks.Bits, step: int) -> None:
    one[5, 5] = other[6, 6] = True
    size = Size(12, 17)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labeling.quality.boundary._AT_ONCE", 1)
        patch.setattr("labeling.quality.boundary.max", lambda a, b: step if a == 64 else max(a, b), raising=False)
        in_parts = boundary_iou(of_bits(one), of_bits(other), size)
    padded = [inside(np.pad(bits, 3), 2) for bits in (one, other)]
    assert in_parts == pytest.approx((padded[0] & padded[1]).sum() / (padded[0] | padded[1]).sum())


def test_small_objects_of_a_large_view_cost_little_memory() -> None:
    """A hundred megapixels, of which an object has 400: its pixels alone would take 95 MiB as an array."""
    prepare = """
from pycocotools import mask as coco
from labeling.quality.comparison import compare
from labeling.quality.segments import Size, segment
from tests.quality.drawing import box
compare([box(0, 0, 9, 9)], [box(1, 0, 9, 9)], Size(60, 80))
size = Size(10_000, 10_000)
counts = [4000 * 10_000 + 4000, 20, *[9980, 20] * 19]
counts.append(100_000_000 - sum(counts))
rle = coco.frPyObjects({"size": [10_000, 10_000], "counts": counts}, 10_000, 10_000)
one = segment("a", 1, rle["counts"].decode(), size)
assert one.area == 400
"""
    assert peak_kib(prepare, "assert compare([one], [one], size).agreement == 1") < 10 * 1024


def test_rectangles_are_what_they_say() -> None:
    assert segment("a", 1, rectangle(3, 4, 5, 6), SIZE).box.as_list() == [3, 4, 5, 6]
