"""Filling in the project form as a browser does."""

from typing import Any


def project_form(*rows: dict[str, Any], initial: int = 0, **fields: str) -> dict[str, str]:
    """The POST data of the form with one row a class; missing fields of a row get what the page would send."""
    data = {
        "name": "Street",
        "instructions": "",
        "classes-TOTAL_FORMS": str(len(rows)),
        "classes-INITIAL_FORMS": str(initial),
        "classes-MIN_NUM_FORMS": "0",
        "classes-MAX_NUM_FORMS": "500",
    }
    for index, row in enumerate(rows):
        for key, value in ({"number": "", "name": "", "color": "#e4572e", "hotkey": "", "kind": "thing"} | row).items():
            data[f"classes-{index}-{key}"] = str(value)
    return data | fields
