"""What COCO's kinds of JSON files have in common."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from labeling.exchange.reading import Reading, is_id


def classes(
    reading: Reading, file: str, given: Sequence[Mapping[str, Any]], *, only_things: bool = False
) -> dict[Any, str]:
    """The name of each class by its id; they are added to the reading, and defective ones told.

    only_things: `isthing` says nothing.
    """
    found: dict[Any, str] = {}
    for place, one in enumerate(given, 1):
        number, name = one.get("id"), one.get("name")
        where = f"{file}, category {number if is_id(number) else f'at place {place}'}"
        if not is_id(number) or not isinstance(name, str) or not name.strip():
            reading.defect(where, "It has no id or no name. Give it both.")
        elif number in found:
            reading.defect(where, f"Its id is that of “{found[number]}”, too. Give each class an id of its own.")
        else:
            stuff = one.get("supercategory") == "stuff" or one.get("isthing") == 0
            found[number] = reading.add_class(name, number, color(one.get("color")), stuff=stuff and not only_things)
    return found


def color(given: Any) -> str:
    """A colour like `#1f77b4` of a text or of three numbers; "" when it is none."""
    if isinstance(given, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", given):
        return given.lower()
    if isinstance(given, list) and len(given) == 3:
        values = [one for one in given if type(one) is int and 0 <= one <= 255]
        return f"#{bytes(values).hex()}" if len(values) == 3 else ""
    return ""
