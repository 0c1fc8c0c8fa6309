"""The figure of time on task on the project page."""

from typing import Any

from labeling.annotations import worktime
from labeling.projects.models import Project

BAR, GAP, HIGHEST = 8, 3, 38


def panel(project: Project) -> dict[str, Any] | None:
    """Sums, people, and a bar for each of the last days; None when nothing was timed."""
    found = worktime.summary(project)
    if found is None:
        return None
    most = max(seconds for _, seconds in found.days) or 1
    bars = []
    for index, (day, seconds) in enumerate(found.days):
        height = round(HIGHEST * seconds / most) if seconds else 1  # a day without work is a line
        bars.append({"x": index * (BAR + GAP), "y": 40 - height, "height": height, "day": day, "seconds": seconds})
    return {
        "seconds": found.seconds,
        "a_done_image": found.a_done_image,
        "people": found.people,
        "bars": bars,
        "width": len(bars) * (BAR + GAP) - GAP,
    }
