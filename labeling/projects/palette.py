"""Colours and keys for classes that come without."""

import re
from collections.abc import Collection, Iterator

PALETTE = [
    "#e4572e", "#2e86ab", "#f2b134", "#7a5ae0", "#2a9d6e", "#d6409f", "#17a2b8", "#a3b81b", "#b5651d", "#5b6ee1",
    "#ef476f", "#118ab2", "#c99700", "#9d4edd", "#52a447", "#ff7f51", "#3f7cac", "#8d6e63", "#c2185b", "#6c757d",
]  # fmt: skip
"""Far apart from each other, and visible on most photographs."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def free_color(taken: Collection[str]) -> str:
    """The first colour that is not taken; when all are, the one after as many as there are."""
    for color in PALETTE:
        if color not in taken:
            return color
    return PALETTE[len(taken) % len(PALETTE)]


def free_hotkey(taken: Collection[str | None], name: str = "") -> str | None:
    """The quickest key that is not taken: 1 – 9, then 0 and a digit, then 0 and two letters, of the name if possible.

    None when all are taken. What begins with 0 is pressed one key after the other. `00` is none: 0 pressed twice does
    in the editor what one 0 does without such keys.
    """
    return next((key for key in _hotkeys(name) if key not in taken), None)


def _hotkeys(name: str) -> Iterator[str]:
    yield from (str(digit) for digit in range(1, 10))
    yield from (f"0{digit}" for digit in range(1, 10))
    letters = re.sub("[^a-z]", "", name.lower())
    yield from (f"0{letters[0]}{second}" for second in letters[1:])
    first = f"{letters[:1]}{_LETTERS}"
    yield from (f"0{one}{two}" for one in first for two in _LETTERS)
