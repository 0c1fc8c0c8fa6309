"""CSV for spreadsheets, line by line."""

import csv
import io
from collections.abc import Iterable


def line(values: Iterable[object]) -> str:
    """One line with its end. None is an empty cell."""
    out = io.StringIO()
    csv.writer(out).writerow([_as_text(value) for value in values])
    return out.getvalue()


def _as_text(value: object) -> str:
    """A cell. Spreadsheets carry out text that begins with one of these characters; names are whatever people typed."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
