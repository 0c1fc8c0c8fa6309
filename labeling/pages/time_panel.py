"""The figure of time on task on the project page: one's own; managers see the team's sums of a day, too."""

from datetime import datetime, timedelta
from typing import Any

from labeling.annotations import worktime
from labeling.figures.counts import Scope, counts, sums

DAYS = 14
BAR, GAP, HIGHEST = 8, 3, 38


def panel(scope: Scope) -> dict[str, Any] | None:
    """One's own time and a bar for each of the last days; `team` are the seconds of all people in them, for managers.

    None when nothing was timed.
    """
    own = worktime.own_seconds(scope.project, scope.user)
    team = _team(scope) if scope.manages else None
    if not own and not team:
        return None
    return {"seconds": own, "bars": _bars(scope) if own else [], "width": DAYS * (BAR + GAP) - GAP, "team": team}


def _bars(scope: Scope) -> list[dict[str, Any]]:
    today = datetime.now(scope.zone).date()
    days = [today - timedelta(days=before) for before in reversed(range(DAYS))]
    found = dict.fromkeys(days, 0)
    for (day, _), seconds in worktime.own_days(scope.project, scope.user, scope.zone, days[0]).items():
        if day in found:
            found[day] += seconds
    most = max(found.values()) or 1
    bars = []
    for index, (day, seconds) in enumerate(found.items()):
        height = round(HIGHEST * seconds / most) if seconds else 1  # a day without work is a line
        bars.append({"x": index * (BAR + GAP), "y": 40 - height, "height": height, "day": day, "seconds": seconds})
    return bars


def _team(scope: Scope) -> int:
    rows = counts(scope, starts="time.", ever=True).filter(day__gt=scope.today - timedelta(days=DAYS))
    return sum(sums(rows, "key").values())
