"""Windows: what is drawn, copy-paste, difficult objects, stuff."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference.data.token_cache import Pictures
from inference.data.window_sampler import SetRule, WindowSampler, are_hard, read_sets
from tests.inference.mini import MINI


def test_live_windows_carry_what_the_encoder_will_see(coco_file: Callable[..., Path]) -> None:
    ((pictures, rule),) = read_sets([coco_file(2, 128, 192)], None, {})
    assert type(pictures) is Pictures
    sampler = WindowSampler([(pictures, rule)], objects=2, vit=MINI)
    window = sampler.draw(np.random.default_rng(0), 5)
    assert window.tokens is None
    assert window.picture is not None
    assert window.picture.shape == (3, 80, 80)
    again = sampler.draw(np.random.default_rng(0), 5)
    assert window.picture is not None
    assert again.picture is not None
    assert np.array_equal(window.picture, again.picture)
    patch14 = WindowSampler([(pictures, rule)], objects=2).draw(np.random.default_rng(0), 5)
    assert patch14.picture is not None
    assert patch14.picture.shape == (3, 70, 70)
    assert np.array_equal(patch14.pixels, window.pixels)


def test_copy_paste_changes_the_share_of_windows_it_should(coco_file: Callable[..., Path]) -> None:
    pictures = Pictures(coco_file(3, 128, 192))
    plain = WindowSampler([(pictures, SetRule(1.0))], 1, vit=MINI)
    often = WindowSampler([(pictures, SetRule(1.0))], 1, vit=MINI, copy_paste=0.5)
    changed = 0
    for seed in range(40):
        one, two = (s.draw(np.random.default_rng(seed), 8) for s in (plain, often))
        changed += not np.array_equal(one.pixels, two.pixels)
    assert 10 <= changed <= 30


def test_objects_are_drawn_as_numpy_s_choice_does(coco_file: Callable[..., Path]) -> None:
    pictures = Pictures(coco_file(5))
    pairs, running = WindowSampler([(pictures, SetRule(1.0))], 1).index[0]
    chances = np.diff(running, prepend=0)
    one, two = np.random.default_rng(7), np.random.default_rng(7)
    for _ in range(50):
        assert int(one.choice(len(pairs), p=chances)) == int(running.searchsorted(two.random(), side="right"))


def test_small_thin_and_touching_objects_are_hard_and_drawn_as_often_as_asked(coco_file: Callable[..., Path]) -> None:
    file = coco_file(1, 480, 640)
    data = json.loads(file.read_text())
    (first,) = data["annotations"]
    shapes = [
        (1, [10, 10, 100, 100], 9000),
        (1, [300, 10, 50, 50], 2500),  # small
        (1, [300, 200, 200, 200], 12000),  # thin
        (2, [10, 200, 100, 100], 9000),
        (2, [113, 200, 100, 100], 9000),  # touches the one before
        (3, [112, 12, 90, 90], 8000),  # beside the first one, of another class
    ]
    data["annotations"] = [
        first | {"id": k, "category_id": kind, "bbox": box, "area": area}
        for k, (kind, box, area) in enumerate(shapes, 1)
    ]
    file.write_text(json.dumps(data))
    pictures = Pictures(file)
    assert are_hard(pictures.images[0]).tolist() == [False, True, True, True, True, False]
    plain, often = (WindowSampler([(pictures, SetRule(1.0))], 1, hard=h).index[0][1] for h in (1.0, 3.0))
    ratio = np.diff(often, prepend=0) / np.diff(plain, prepend=0)
    assert (ratio / ratio[0]).round(6).tolist() == [1, 3, 3, 3, 3, 1]


def test_stuff_is_asked_for_with_two_clicks(coco_file: Callable[..., Path]) -> None:
    pictures = Pictures(coco_file(1, 128, 192))
    sampler = WindowSampler([(pictures, SetRule(1.0))], 1, vit=MINI)
    assert sampler.draw(np.random.default_rng(0), 6).min_clicks == 0
    pictures.images[0].source.annotations[0]["stuff"] = True
    assert sampler.draw(np.random.default_rng(0), 6).min_clicks == 2
