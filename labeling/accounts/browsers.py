"""What a browser calls itself, in words."""

import re

_NAMES = [
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
    ("Chrome", "Chrome"), ("Version", "Safari"),
]  # fmt: skip
_SYSTEMS = [
    ("iPhone|iPad", "iOS"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]  # fmt: skip


def browser_name(user_agent: str) -> str:
    """For example "Firefox 140 on Linux"; what it says itself, cut, for one that is not known."""
    found = next((m for mark, _ in _NAMES if (m := re.search(rf"{mark}/(\d+)", user_agent))), None)
    if found is None:
        return user_agent[:60] or "Unknown browser"
    name = dict(_NAMES)[found[0].partition("/")[0]]
    system = next((system for mark, system in _SYSTEMS if re.search(mark, user_agent)), "")
    return f"{name} {found[1]}" + (f" on {system}" if system else "")
