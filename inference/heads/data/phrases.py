"""Phrases for objects, built by a fixed rule: there are no written ones at hand.

A phrase comes from an object's class, its place or size among the objects of its class, its neighbour, or the words of
a caption. It is only made where it is true of one object and, by a margin, of no other: a picture with a crowd of a
class gets no phrase of that class. Whoever shows a figure measured with these phrases has to say so: they are simpler
than what people write.

kind      made of                                          example
class     the only object of its class                     dog
side      left, right, upper or lower of two or more       the dog on the left
size      largest or smallest of two or more               largest dog
next      of two or more, the one beside a single other    the dog next to the bench
caption   a caption's words before an only object's name   small brown dog
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_rle

from inference.data.coco import encoded
from inference.heads.data.examples import Labelled

KINDS = ("class", "side", "size", "next", "caption")
MIN_AREA = 1000.0  # pixels of an object that is worth a phrase
MIN_DISTANCE = 0.08  # of the picture's side: how much farther left the left one is
MIN_AREA_RATIO = 1.5  # times the area of the next one
MAX_GAP = 0.05  # of the picture's width: the gap to a neighbour
MAX_ADJECTIVES = 3  # words of a caption before a name
DETERMINERS = "a an the his her their its this that one"
PEOPLE = "boy child girl guy kid lady man player skateboarder skier surfer woman"
LINKS = (
    "and or of on in at with by to from for is are was be as up down near next behind over under while who holding "
    "wearing riding sitting standing two three four five several many some other another each both all"
)
SIDES = {
    "left": ("left {}", "the {} on the left", "leftmost {}"),
    "right": ("right {}", "the {} on the right", "rightmost {}"),
    "upper": ("upper {}", "the {} at the top", "top {}"),
    "lower": ("lower {}", "the {} at the bottom", "bottom {}"),
}
LARGEST = ("largest {}", "the biggest {}")
TINIEST = ("smallest {}", "the smallest {}")


@dataclass(frozen=True)
class Thing:
    """An object as a phrase sees it. box: x0, y0, x1, y1. Image pixels."""

    name: str
    box: tuple[float, float, float, float]
    area: float

    @property
    def x(self) -> float:
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Phrase:
    """What somebody could say. target: index of the object. kind: see the module's text. category: its class."""

    text: str
    target: int
    kind: str
    category: str


def things_of(objects: Sequence[Labelled], height: int, width: int) -> list[Thing]:
    """The objects of a picture of height x width."""
    found = []
    for thing in objects:
        coded = encoded(thing.segmentation, height, width)
        x, y, w, h = (float(v) for v in coco_rle.toBbox(coded))
        found.append(Thing(thing.category, (x, y, x + w, y + h), float(coco_rle.area(coded))))
    return found


def phrases(
    things: Sequence[Thing], height: int, width: int, crowds: Sequence[str] = (), captions: Sequence[str] = ()
) -> list[Phrase]:
    """All phrases of a picture: those of one target and kind are ways to say the same, the plainest first.

    crowds: classes that are there uncounted. Objects that are too small get no phrase, but count as others.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for k, thing in enumerate(things):
        groups[thing.name].append(k)
    made: list[Phrase] = []
    for name, members in groups.items():
        if name in crowds:
            continue
        if len(members) == 1:
            made += [Phrase(text, members[0], "class", name) for text in (name, f"the {name}")]
            made += [Phrase(text, members[0], "caption", name) for text in _said(name, captions)]
        else:
            made += _sides(name, members, things, height, width)
            made += _sizes(name, members, things)
            made += _neighbours(name, members, things, groups, width, crowds)
    return [phrase for phrase in made if things[phrase.target].area >= MIN_AREA]


def _sides(name: str, members: list[int], things: Sequence[Thing], height: int, width: int) -> Iterator[Phrase]:
    """The outermost one, where it is that by a margin."""
    for axis, size, names in (("x", width, ("left", "right")), ("y", height, ("upper", "lower"))):
        ranked = sorted(members, key=lambda k: (getattr(things[k], axis), k))
        at = [getattr(things[k], axis) for k in ranked]
        if at[1] - at[0] >= MIN_DISTANCE * size:
            yield from (Phrase(text.format(name), ranked[0], "side", name) for text in SIDES[names[0]])
        if at[-1] - at[-2] >= MIN_DISTANCE * size:
            yield from (Phrase(text.format(name), ranked[-1], "side", name) for text in SIDES[names[1]])


def _sizes(name: str, members: list[int], things: Sequence[Thing]) -> Iterator[Phrase]:
    ranked = sorted(members, key=lambda k: (things[k].area, k))
    areas = [things[k].area for k in ranked]
    if areas[-1] >= MIN_AREA_RATIO * areas[-2]:
        yield from (Phrase(text.format(name), ranked[-1], "size", name) for text in LARGEST)
    if areas[1] >= MIN_AREA_RATIO * areas[0]:
        yield from (Phrase(text.format(name), ranked[0], "size", name) for text in TINIEST)


def _neighbours(
    name: str,
    members: list[int],
    things: Sequence[Thing],
    groups: dict[str, list[int]],
    width: int,
    crowds: Sequence[str],
) -> Iterator[Phrase]:
    """The one beside the only object of another class, when all others are clearly farther from that."""
    for other, only in groups.items():
        if other == name or len(only) > 1 or other in crowds:
            continue
        gaps = sorted((gap(things[k], things[only[0]]), k) for k in members)
        if gaps[0][0] <= MAX_GAP * width and gaps[1][0] >= gaps[0][0] + 2 * MAX_GAP * width:
            yield Phrase(f"the {name} next to the {other}", gaps[0][1], "next", name)


def gap(one: Thing, other: Thing) -> float:
    """The distance of two boxes; 0 where they touch."""
    a, b = one.box, other.box
    return float(np.hypot(max(0.0, a[0] - b[2], b[0] - a[2]), max(0.0, a[1] - b[3], b[1] - a[3])))


def _said(name: str, captions: Sequence[str]) -> list[str]:
    """What captions say before the name of the only object of a class: "a small brown dog sits" gives "small brown
    dog". An only person may be called man, woman, and so on."""
    names = [name.split()] + [[word] for word in PEOPLE.split() if name == "person"]
    found: Counter[str] = Counter()
    for caption in captions:
        spoken = re.findall(r"[a-z]+(?:['-][a-z]+)*", caption.lower())
        for parts in names:
            for first in range(1, len(spoken) - len(parts) + 1):
                if spoken[first : first + len(parts)] == parts:
                    before = _before(spoken, first)
                    if before is not None and (before or parts != name.split()):
                        found[" ".join([*before, *parts])] += 1
    return [text for text, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def _before(spoken: list[str], first: int) -> list[str] | None:
    """The words between a determiner and position `first`; None where there is none near enough."""
    for start in range(first - 1, max(-1, first - MAX_ADJECTIVES - 2), -1):
        if spoken[start] in DETERMINERS.split():
            return spoken[start + 1 : first]
        if spoken[start] in LINKS.split():
            return None
    return None


def one_each(found: Sequence[Phrase]) -> list[Phrase]:
    """The first phrase of each target and kind."""
    firsts: dict[tuple[int, str], Phrase] = {}
    for phrase in found:
        firsts.setdefault((phrase.target, phrase.kind), phrase)
    return list(firsts.values())


def captions_of(file: Path) -> dict[str, list[str]]:
    """Captions by image id (as text), where a file has `captions` on its images."""
    images = json.loads(file.read_text(encoding="utf-8"))["images"]
    return {str(image["id"]): list(image.get("captions") or ()) for image in images}
