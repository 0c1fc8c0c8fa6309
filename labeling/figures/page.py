"""What the figures page has, for whoever looks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labeling.figures import tables
from labeling.figures.counts import Scope, ended_by_day, whole_sums
from labeling.figures.forecast import WINDOW, Forecast, forecast
from labeling.figures.models import Changed, Ledger
from labeling.figures.tables import Build, Section, Table
from labeling.projects.access import May

TABLES: Mapping[str, Build] = {
    "progress": tables.progress, "classes": tables.classes, "sizes": tables.sizes, "clicks": tables.clicks,
    "clicks-by-class": tables.clicks_by_class, "suggestions": tables.suggestions, "own": tables.own_work,
    "own-pace": tables.own_pace, "own-review": tables.own_review, "team": tables.team, "team-time": tables.team_time,
    "work": tables.work, "time": tables.times, "pace": tables.pace, "review": tables.review, "rounds": tables.rounds,
    "pins": tables.pins,
}  # fmt: skip
"""Every figure by its name in the address of its CSV."""

FOR_MANAGERS = frozenset({"team", "team-time", "work", "time", "pace", "review", "rounds", "pins"})
"""Figures of other people, or that tell something of them."""


def page(scope: Scope) -> dict[str, Any]:
    """Sections of tables, how far the project is, and the forecast."""
    left, total = remaining(scope)
    return {
        "sections": sections(scope),
        "left": left,
        "total": total,
        "forecast": forecast_of(scope, left),
        "ledger": Ledger.objects.filter(project=scope.project).first(),
        "waiting": Changed.objects.filter(project=scope.project).exists(),
    }


def sections(scope: Scope) -> list[Section]:
    """The sections that somebody sees."""
    found = [Section("Progress", "", [tables.progress(scope)])]
    if scope.standing.can(May.LABEL) or scope.standing.can(May.REVIEW):
        own = [build(scope) for build in tables.OWN]
        about = "Figures of your own work. Other members do not see them, managers see the sums of each day."
        found.append(Section("Your work", about, [one for one in own if one.rows or one.name == "own"]))
    objects = [tables.classes(scope), tables.sizes(scope)]
    found.append(Section("Objects", "What the images’ labels are made of now.", objects))
    help = [tables.clicks(scope), tables.suggestions(scope), tables.clicks_by_class(scope)]
    found.append(
        Section("Does the model help?", "Clicks that people need for an object, and what became of suggestions.", help)
    )
    if scope.manages:
        team = [
            _short(build(scope)) for build in (tables.team, tables.team_time, tables.pace, tables.work, tables.times)
        ]
        about = "Managers see sums of each day. Use them to plan, not to compare people: images differ."
        found.append(Section("Team", about, team))
        outcome = [build(scope) for build in (tables.review, tables.rounds, tables.pins)]
        found.append(Section("Review", "", outcome))
    return found


SHOWN = 100
"""Rows of a table without a chart that a page shows."""


def _short(table: Table) -> Table:
    """A table of people and days, cut to the newest rows; its CSV has all."""
    if table.chart or len(table.rows) <= SHOWN:
        return table
    return replace(table, rows=table.rows[:SHOWN], note=f"{table.note} The newest {SHOWN} rows; the CSV has all.")


def remaining(scope: Scope) -> tuple[int, int]:
    """Images that are neither done, accepted nor skipped, and all."""
    ends = ("state.done", "state.accepted", "state.skipped")
    found = whole_sums(scope, ("images", *ends), "key")
    total = found.get("images", 0)
    return total - (sum(found.values()) - total), total


def forecast_of(scope: Scope, left: int) -> Forecast | None:
    """When it will be done, as far as that can be said."""
    return forecast(ended_by_day(scope, WINDOW), left, scope.today)
