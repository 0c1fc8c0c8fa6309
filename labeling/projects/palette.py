"""Colours for classes that come without one: far apart from each other, and visible on most photographs."""

from collections.abc import Collection

PALETTE = [
    "#e4572e", "#2e86ab", "#f2b134", "#7a5ae0", "#2a9d6e", "#d6409f", "#17a2b8", "#a3b81b", "#b5651d", "#5b6ee1",
    "#ef476f", "#118ab2", "#c99700", "#9d4edd", "#52a447", "#ff7f51", "#3f7cac", "#8d6e63", "#c2185b", "#6c757d",
]  # fmt: skip


def free_color(taken: Collection[str]) -> str:
    """The first colour that is not taken; when all are, the one after as many as there are."""
    for color in PALETTE:
        if color not in taken:
            return color
    return PALETTE[len(taken) % len(PALETTE)]


def free_hotkey(taken: Collection[int | None]) -> int | None:
    """The lowest of 1–9 that is not taken; None when all are."""
    return next((key for key in range(1, 10) if key not in taken), None)
