"""Phrases: true, and of one object."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.heads.data.phrases import KINDS, Phrase, Thing, captions_of, one_each, phrases


def thing(name: str, x: float, y: float, side: float = 40) -> Thing:
    return Thing(name, (x, y, x + side, y + side), side * side)


def said(found: list[Phrase], target: int, kind: str) -> list[str]:
    return [p.text for p in found if p.target == target and p.kind == kind]


def test_phrases_of_a_scene() -> None:
    things = [thing("dog", 10, 100), thing("dog", 400, 100, 80), thing("bench", 500, 90), thing("cup", 300, 300, 10)]
    found = phrases(things, 480, 640)
    assert said(found, 0, "side") == ["left dog", "the dog on the left", "leftmost dog"]
    assert said(found, 1, "side") == ["right dog", "the dog on the right", "rightmost dog"]
    assert said(found, 1, "size") == ["largest dog", "the biggest dog"]
    assert said(found, 0, "size") == ["smallest dog", "the smallest dog"]
    assert said(found, 1, "next") == ["the dog next to the bench"]
    assert said(found, 2, "class") == ["bench", "the bench"]
    assert not any(p.target == 3 for p in found)  # too small to speak of
    assert not any(p.category == "dog" for p in phrases(things, 480, 640, crowds=["dog"]))
    assert not any("bench" in p.text for p in phrases(things, 480, 640, crowds=["bench"]))


def test_small_objects_still_make_a_class_ambiguous() -> None:
    found = phrases([thing("dog", 10, 10), thing("dog", 12, 14, 10)], 480, 640)
    assert not any(p.kind in ("class", "side") for p in found)


def test_captions_name_only_objects() -> None:
    captions = ["A small brown dog sits on the old bench.", "the man and his dog", "Dog near a bench", "an old bench"]
    things = [thing("dog", 10, 10), thing("bench", 300, 10), thing("person", 500, 10)]
    found = phrases(things, 480, 640, captions=captions)
    assert said(found, 0, "caption") == ["small brown dog"]
    assert said(found, 1, "caption") == ["old bench"]
    assert said(found, 2, "caption") == ["man"]
    two = phrases([*things, thing("dog", 200, 200)], 480, 640, captions=captions)
    assert not said(two, 0, "caption")


scene = st.lists(
    st.tuples(st.sampled_from(["cat", "dog"]), st.integers(0, 560), st.integers(0, 400), st.integers(20, 200)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(scene)
def test_phrases_are_true_and_of_one_object(drawn: list[tuple[str, int, int, int]]) -> None:
    things = [thing(name, x, y, side) for name, x, y, side in drawn]
    targets: dict[str, int] = {}
    for phrase in phrases(things, 480, 640):
        assert targets.setdefault(phrase.text, phrase.target) == phrase.target
        me = things[phrase.target]
        others = [t for k, t in enumerate(things) if k != phrase.target and t.name == me.name]
        assert me.name == phrase.category
        assert me.name in phrase.text
        assert bool(others) == (phrase.kind not in ("class", "caption"))
        for word, truth in {
            "left": all(me.x < t.x for t in others),
            "right": all(me.x > t.x for t in others),
            "upper": all(me.y < t.y for t in others),
            "lower": all(me.y > t.y for t in others),
            "largest": all(me.area > t.area for t in others),
            "smallest": all(me.area < t.area for t in others),
        }.items():
            assert word not in phrase.text.split() or truth
    assert len(one_each(phrases(things, 480, 640))) <= len(KINDS) * len(things)


def test_captions_are_read_by_image(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"images": [{"id": 3, "captions": ["a dog"]}, {"id": 4}]}))
    assert captions_of(file) == {"3": ["a dog"], "4": []}
