"""The figures as tables: what a chart draws, a screen reader reads and a CSV has."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum

from labeling.annotations import worktime
from labeling.annotations.models import WorkDay
from labeling.figures.counts import (
    Scope,
    counts,
    median_of,
    names_of_classes,
    names_of_people,
    sums,
    whole_sums,
)
from labeling.figures.tallies import LARGER, PACES, SIZES
from labeling.history.models import Activity
from labeling.quality.intervals import FEW, share_text, wilson
from labeling.suggestions import registry

Cell = str | int | float | None
STATES = {
    "done": "Done",
    "accepted": "Accepted",
    "sent_back": "Sent back",
    "in_progress": "In progress",
    "skipped": "Skipped",
}
ACTIVITIES = dict(WorkDay.Activity.choices)


@dataclass(frozen=True)
class Row:
    """A row. `value` with `low` and `high`, or `values` of several series, is what the chart draws."""

    label: str
    cells: Sequence[Cell]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    values: Sequence[float] = ()
    text: str = ""


@dataclass(frozen=True)
class Table:
    """A figure. `chart` is a kind of the client's; empty: the table is enough. `series`: names of colours, titles."""

    name: str
    title: str
    head: Sequence[str]
    rows: Sequence[Row]
    chart: str = ""
    note: str = ""
    series: Sequence[tuple[str, str]] = ()
    empty: str = "Nothing to count yet."
    wide: bool = False

    @property
    def charted(self) -> bool:
        """Whether there is something to draw."""
        return bool(self.chart) and any(row.value is not None or row.values for row in self.rows)

    def lines(self) -> Iterable[Sequence[Cell]]:
        """The lines of its CSV."""
        yield self.head
        for row in self.rows:
            yield [row.label, *row.cells]


def day_name(day: date) -> str:
    """A day as tables have it."""
    return day.isoformat()


# Progress.


def progress(scope: Scope) -> Table:
    """How many images were in each state at the end of each day."""
    keys = ("images", *(f"state.{state}" for state in STATES))
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for (key, day), count in whole_sums(scope, keys, "key", "day").items():
        found[key][max(day, scope.since - timedelta(days=1))] += count
    now = {key: found[key].get(scope.since - timedelta(days=1), 0) for key in found}
    rows = []
    for day in scope.all_days:
        for key in found:
            now[key] = now.get(key, 0) + found[key].get(day, 0)
        parts = [now.get(f"state.{state}", 0) for state in STATES]
        new = now.get("images", 0) - sum(parts)
        rows.append(Row(day_name(day), [*parts, new, now.get("images", 0)], values=[*parts, new]))
    return Table(
        "progress", "Images by state", ["Day", *STATES.values(), "Not started", "All"], rows if found else [], "stack",
        series=[*((state.replace("_", "-"), title) for state, title in STATES.items()), ("new", "Not started")],
        wide=True,
    )  # fmt: skip


# Objects.


def classes(scope: Scope) -> Table:
    """How many objects each class has."""
    found = whole_sums(scope, ["kept"], "category")
    total = sum(found.values())
    rows = [
        Row(name, [found.get(number, 0), f"{100 * found.get(number, 0) / max(total, 1):.1f} %"], found.get(number, 0))
        for number, name in names_of_classes(scope.project).items()
    ]
    return Table("classes", "Objects by class", ["Class", "Objects", "Share"], rows if total else [], "bars")


def _size_names() -> dict[str, str]:
    ends = [str(one) for one in SIZES]
    spans = {end: f"{low}–{end} px" for low, end in zip(["0", *ends], ends, strict=False)}
    return {**spans, LARGER: f"over {ends[-1]} px"}


def sizes(scope: Scope) -> Table:
    """How large objects are: the side of a square with the same area."""
    keys = [f"size.{end}" for end in (*SIZES, LARGER)]
    found: dict[tuple[str, int], int] = defaultdict(int)
    for (key, number), count in whole_sums(scope, keys, "key", "category").items():
        found[key.rpartition(".")[2], number] += count
    names = {number: name for number, name in names_of_classes(scope.project).items() if _has(found, number)}
    shown = []
    for end, label in _size_names().items():
        parts = [found.get((end, number), 0) for number in names]
        shown.append(Row(label, [sum(parts), *parts], sum(parts)))
    note = "The side of a square with the object’s area, in pixels of the view."
    return Table("sizes", "Sizes of objects", ["Side", "All", *names.values()], shown if found else [], "bars", note)


def _has(found: Mapping[tuple[str, int], int], number: int) -> bool:
    return any(one == number for _, one in found)


# Does the model help?


def clicks(scope: Scope) -> Table:
    """Clicks for an object, by week; suggestions that were kept as they were are counted apart."""
    keys = ("objects", "untouched", "clicks")
    found: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(keys, 0))
    for (key, day), count in sums(counts(scope, keys=keys), "key", "day").items():
        found[day - timedelta(days=day.weekday())][key] += count
    rows = []
    for week, one in sorted(found.items()):
        made = one["objects"] - one["untouched"]
        ratio = one["clicks"] / made if made > 0 else None
        text = "" if ratio is None else f"{ratio:.2f}"
        cells: list[Cell] = [one["objects"], one["untouched"], made, one["clicks"], text]
        rows.append(Row(day_name(week), cells, ratio, text=f"{text} clicks for each of {made} objects"))
    note = "Recorded clicks for each object that is not a suggestion kept as it was. Weeks begin on Monday."
    head = ["Week of", "Objects", "Unchanged suggestions", "Others", "Clicks", "Clicks per object"]
    return Table("clicks", "Clicks per object", head, rows, "line", note)


def clicks_by_class(scope: Scope) -> Table:
    """Clicks for an object of each class, in the whole period."""
    found = sums(counts(scope, keys=("objects", "untouched", "clicks")), "key", "category")
    rows = []
    for number, name in names_of_classes(scope.project).items():
        objects, untouched = found.get(("objects", number), 0), found.get(("untouched", number), 0)
        made, clicked = objects - untouched, found.get(("clicks", number), 0)
        if objects:
            ratio = clicked / made if made else None
            rows.append(Row(name, [objects, untouched, clicked, "" if ratio is None else f"{ratio:.2f}"], ratio))
    head = ["Class", "Objects", "Unchanged suggestions", "Clicks", "Clicks per object"]
    return Table("clicks-by-class", "Clicks per object by class", head, rows, "bars")


def suggestions(scope: Scope) -> Table:
    """What became of suggestions, by method."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for key, count in sums(counts(scope, starts="suggestion."), "key").items():
        _, outcome, method = key.split(".", 2)
        found[method][outcome] = count
    rows = []
    for method in sorted(found):
        one = found[method]
        parts = [one.get(outcome, 0) for outcome in ("accepted", "edited", "rejected")]
        rows.append(_share_row(registry.title_of(method), parts))
    note = f"Of the suggestions that somebody decided about. In brackets: the 95 % interval; none below {FEW}."
    head = ["Method", "Accepted without changes", "Edited", "Rejected", "Share without changes"]
    return Table("suggestions", "Suggestions by method", head, rows, "intervals", note)


def _share_row(label: str, parts: Sequence[int]) -> Row:
    """Counts, and the share of the first one; a few have no percent and no point in the chart."""
    text = share_text(parts[0], sum(parts))
    interval = wilson(parts[0], sum(parts))
    if interval is None or sum(parts) < FEW:
        return Row(label, [*parts, text], text=text)
    return Row(label, [*parts, text], parts[0] / sum(parts), interval.low, interval.high, text=text)


# People.


def own_work(scope: Scope) -> Table:
    """Somebody's own work, in days of their own zone."""
    today = datetime.now(scope.zone).date()
    days = [today - timedelta(days=before) for before in reversed(range(scope.days))]
    seconds = worktime.own_days(scope.project, scope.user, scope.zone, days[0])
    begin = datetime.combine(days[0], datetime.min.time(), scope.zone)
    finished: dict[date, set[int]] = defaultdict(set)
    objects: dict[date, int] = defaultdict(int)
    mine = Activity.objects.filter(project=scope.project, user=scope.user, at__gte=begin)
    for image, kind, status, created, at in mine.values_list("image", "kind", "status", "created", "at").iterator():
        day = at.astimezone(scope.zone).date()
        objects[day] += created
        if kind == Activity.Kind.STATUS and status == "done":
            finished[day].add(image)
    rows = []
    for day in days:
        times = [seconds.get((day, activity), 0) for activity in ACTIVITIES]
        cells: list[Cell] = [len(finished[day]), objects[day], *map(clock, times)]
        rows.append(
            Row(day_name(day), cells, sum(times) / 60, text=f"{clock(sum(times))}, {len(finished[day])} images")
        )
    used = any(row.value or row.cells[0] or row.cells[1] for row in rows)
    head = ["Day", "Images finished", "Objects added", *ACTIVITIES.values()]
    note = f"Minutes a day, in days of your time zone ({scope.zone}). You alone see these figures day by day."
    if not scope.manages:
        note = f"Minutes a day, in days of your time zone ({scope.zone}). Managers see your sum of each day."
    return Table("own", "Your work", head, rows if used else [], "bars", note, wide=True)


def work(scope: Scope) -> Table:
    """Images and objects of each person and day. Managers only."""
    keys = ("finished", "made")
    found = sums(counts(scope, keys=keys).exclude(person=0), "day", "person", "key")
    names = names_of_people(sorted({person for _, person, _ in found}))
    rows = [
        Row(f"{day_name(day)} {name}", [found.get((day, person, key), 0) for key in keys])
        for day in reversed(scope.all_days)
        for person, name in names.items()
        if any((day, person, key) in found for key in keys)
    ]
    return Table(
        "work", "Images and objects by person and day", ["Day and person", "Images finished", "Objects"], rows,
        note="People in the order of their names. Objects that were deleted again do not count.",
    )  # fmt: skip


def team(scope: Scope) -> Table:
    """Images finished by all people on each day."""
    found = sums(counts(scope, keys=("finished", "objects")), "key", "day")
    rows = [
        Row(day_name(day), [found.get(("finished", day), 0), found.get(("objects", day), 0)],
            found.get(("finished", day), 0))
        for day in scope.all_days
    ]  # fmt: skip
    return Table("team", "Images finished a day", ["Day", "Images finished", "Objects"], rows if found else [], "bars")


def _seconds(scope: Scope) -> dict[tuple[date, int, str], int]:
    """Time of the period by day, person and activity."""
    found: dict[tuple[date, int, str], int] = defaultdict(int)
    rows = counts(scope, keys=[f"time.{one}" for one in ACTIVITIES])
    for (day, person, key), count in sums(rows, "day", "person", "key").items():
        found[day, person, key.removeprefix("time.")] += count
    old = WorkDay.objects.filter(project=scope.project, day__gte=scope.since).order_by()
    sessions = old.values_list("day", "user", "activity").annotate(total=Sum("seconds"))
    for day, person, activity, count in sessions:
        found[day, person, activity] += count
    return found


def times(scope: Scope) -> Table:
    """Daily sums of each person's time. Managers only."""
    found = _seconds(scope)
    names = names_of_people(sorted({person for _, person, _ in found}))
    rows = []
    for day in reversed(scope.all_days):
        for person, name in names.items():
            parts = [found.get((day, person, activity), 0) for activity in ACTIVITIES]
            if any(parts):
                rows.append(Row(f"{day_name(day)} {name}", [clock(one) for one in parts]))
    note = "Sums of a day: time in an editor that may change the image, without pauses of a minute or more."
    return Table("time", "Time by person and day", ["Day and person", *ACTIVITIES.values()], rows, note=note)


def team_time(scope: Scope) -> Table:
    """The team's time on each day. Managers only."""
    by_day: dict[date, int] = defaultdict(int)
    for (day, _, _), count in _seconds(scope).items():
        by_day[day] += count
    rows = [
        Row(day_name(day), [clock(by_day[day])], by_day[day] / 60, text=clock(by_day[day])) for day in scope.all_days
    ]
    note = "Minutes of all people together."
    return Table("team-time", "Time a day", ["Day", "Time"], rows if any(by_day.values()) else [], "bars", note)


def paces(scope: Scope, own: bool) -> Table:
    """How long an object takes, by class: of somebody's own, or of all people."""
    rows = counts(scope, keys=[f"pace.{end}" for end in PACES])
    if own:
        rows = rows.filter(person=scope.user.pk)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for (key, number), count in sums(rows, "key", "category").items():
        found[number][int(key.rpartition(".")[2])] = count
    shown = []
    for number, name in names_of_classes(scope.project).items():
        middle = median_of(found.get(number, {}))
        if middle is not None:
            counted = sum(found[number].values())
            shown.append(Row(name, [counted, f"{middle:.1f} s"], middle, text=f"{middle:.1f} s, {counted} objects"))
    note = f"Median time from one change of an image to the next kept object; pauses over {PACES[-1]} s are left out."
    title = "Your time per object" if own else "Time per object"
    return Table("own-pace" if own else "pace", title, ["Class", "Objects", "Median"], shown, "bars", note)


def own_pace(scope: Scope) -> Table:
    """Somebody's own time per object."""
    return paces(scope, own=True)


def pace(scope: Scope) -> Table:
    """Everybody's time per object. Managers only."""
    return paces(scope, own=False)


# Review.

OUTCOMES = {"accepted": "Accepted", "corrected": "Corrected", "sent_back": "Sent back"}


def _first_pass(label: str, one: Mapping[str, int]) -> Row:
    return _share_row(label, [one.get(outcome, 0) for outcome in OUTCOMES])


_FIRST_HEAD = ["Author", *OUTCOMES.values(), "Accepted at first"]
_FIRST_NOTE = (
    "Images that were drawn for review, by the first verdict on them. In brackets: the 95 % interval; a share has none "
    f"below {FEW}."
)


def review(scope: Scope) -> Table:
    """The first verdicts on drawn images, by author. Managers only."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    total: dict[str, int] = defaultdict(int)
    for (key, person), count in sums(counts(scope, starts="first."), "key", "person").items():
        outcome = key.removeprefix("first.")
        found[person][outcome] = count
        total[outcome] += count
    names = names_of_people(sorted(found))
    rows = [_first_pass(name, found[person]) for person, name in names.items()]
    if 0 in found:
        rows.append(_first_pass("Former members", found[0]))
    everybody = [_first_pass("All", total)] if total else []
    return Table("review", "First review", _FIRST_HEAD, [*everybody, *rows], "intervals", _FIRST_NOTE)


def own_review(scope: Scope) -> Table:
    """The first verdicts on somebody's own drawn images."""
    rows = counts(scope, starts="first.").filter(person=scope.user.pk)
    found = {key.removeprefix("first."): count for key, count in sums(rows, "key").items()}
    shown = [_first_pass("You", found)] if found else []
    return Table("own-review", "Your first reviews", _FIRST_HEAD, shown, note=_FIRST_NOTE)


def rounds(scope: Scope) -> Table:
    """How often accepted images had been sent back. Managers only."""
    found = {int(key.rpartition(".")[2]): count for key, count in sums(counts(scope, starts="rounds."), "key").items()}
    rows = [Row(str(one), [found.get(one, 0)], found.get(one, 0)) for one in range(max(found, default=-1) + 1)]
    return Table("rounds", "Rounds until accepted", ["Times sent back", "Images"], rows, "bars")


def pins(scope: Scope) -> Table:
    """Comments pinned to objects, by the class that these have now. Managers only."""
    found = sums(counts(scope, keys=("pins",)), "category")
    names = {**names_of_classes(scope.project), 0: "Deleted objects"}
    rows = [Row(name, [found[number]], found[number]) for number, name in names.items() if found.get(number)]
    return Table("pins", "Comments on objects by class", ["Class", "Comments"], rows, "bars")


def clock(seconds: int) -> str:
    """A duration as hours, minutes and seconds, which spreadsheets understand."""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"


Build = Callable[[Scope], Table]
FOR_ALL: Sequence[Build] = (progress, classes, sizes, clicks, clicks_by_class, suggestions)
OWN: Sequence[Build] = (own_work, own_pace, own_review)
FOR_MANAGERS: Sequence[Build] = (team, team_time, work, times, pace, review, rounds, pins)


@dataclass(frozen=True)
class Section:
    """Tables under one heading."""

    title: str
    about: str
    tables: list[Table] = field(default_factory=list)
