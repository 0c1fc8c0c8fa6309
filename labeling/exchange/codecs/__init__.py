"""How formats write a mask down, both ways: pure functions that know no database.

What they read comes from strangers. A size or run that a file states is checked against the picture before memory is
taken for it, so the cost is bounded by the picture's pixels and by the bytes of the file. Bad input raises
`CodecError`. What had to be repaired is returned as a *note* beside the mask: "" when nothing was. Both are parts of
sentences without a full stop; the caller says which file and which annotation they are about.

Masks come out as canonical compressed COCO counts (`labeling.masks`). Sizes in messages are width × height.
"""


class CodecError(ValueError):
    """This can't be read as a mask or index picture; the message says why."""


def size_text(height: int, width: int) -> str:
    """A size as messages have it."""
    return f"{width} × {height}"


def joined(notes: list[str]) -> str:
    """Several notes as one."""
    return "; ".join(note for note in dict.fromkeys(notes) if note)
