"""Where the objects of the demo photographs are, for a client without eyes."""

from dataclasses import dataclass

CATEGORIES = [
    {"name": "animal", "color": "#e4572e", "hotkey": 1, "kind": "thing"},
    {"name": "still life", "color": "#2e86ab", "hotkey": 2, "kind": "thing"},
    {"name": "sky", "color": "#5b6ee1", "hotkey": 3, "kind": "stuff"},
]
ANIMAL, STILL_LIFE, SKY = 1, 2, 3

Place = tuple[float, float]


@dataclass(frozen=True)
class Target:
    """An object: two places on it and one beside it, as fractions of the view's width and height."""

    photograph: str
    category: int
    on: Place
    beside: Place
    also_on: Place


TARGETS = [
    Target("chickens.jpg", ANIMAL, (0.13, 0.50), (0.30, 0.90), (0.14, 0.27)),
    Target("chickens.jpg", ANIMAL, (0.83, 0.60), (0.66, 0.55), (0.80, 0.45)),
    Target("citrus-fruits.jpg", STILL_LIFE, (0.24, 0.55), (0.53, 0.33), (0.38, 0.50)),
    Target("coffee.jpg", STILL_LIFE, (0.48, 0.35), (0.74, 0.55), (0.36, 0.55)),
    Target("cows.jpg", ANIMAL, (0.56, 0.55), (0.10, 0.90), (0.47, 0.60)),
    Target("crab.jpg", ANIMAL, (0.50, 0.38), (0.50, 0.05), (0.46, 0.58)),
    Target("honey-bee.jpg", ANIMAL, (0.27, 0.55), (0.57, 0.50), (0.37, 0.28)),
    Target("horses.jpg", ANIMAL, (0.75, 0.52), (0.60, 0.10), (0.66, 0.42)),
    Target("horses.jpg", SKY, (0.80, 0.10), (0.50, 0.90), (0.10, 0.15)),
    Target("kingfisher.jpg", ANIMAL, (0.45, 0.45), (0.80, 0.73), (0.35, 0.48)),
    Target("kitten.jpg", ANIMAL, (0.72, 0.38), (0.59, 0.50), (0.38, 0.33)),
    Target("kitten.jpg", STILL_LIFE, (0.59, 0.52), (0.75, 0.35), (0.55, 0.58)),
    Target("lemurs.jpg", ANIMAL, (0.50, 0.65), (0.20, 0.45), (0.47, 0.44)),
    Target("moose.jpg", ANIMAL, (0.58, 0.72), (0.10, 0.20), (0.47, 0.62)),
    Target("red-panda.jpg", ANIMAL, (0.50, 0.45), (0.10, 0.60), (0.80, 0.50)),
]
