"""What the quality page shows: tables, from which its charts and its CSV are made too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, Count, F
from django.urls import reverse

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED, AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.quality import consensus, services
from labeling.quality.comparison import BINS
from labeling.quality.intervals import FEW
from labeling.quality.models import ConsensusSettings, PairScore, Report

SIDES = {"peers": "Between annotators", "golden": "Against golden images"}
WORST = 12
GOLDEN_SHOWN = 50
RESOLVE_SHOWN = 20
MATRIX = 20
"""Classes that the confusion matrix shows, the largest ones; the CSV has all."""

FIGURES = {
    "f1": "F1 at .5", "f1_75": "F1 at .75", "f1_90": "F1 at .9", "iou": "Mean IoU", "pq": "PQ",
    "boundary": "Boundary IoU",
}  # fmt: skip
Figures = dict[str, Any]
Named = Callable[[Figures], str]


@dataclass(frozen=True)
class Shown:
    """A figure: its text, and the numbers for the chart where there are enough images."""

    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of a table of figures; `more` are the cells after them."""

    label: str
    images: int
    figures: list[Shown]
    more: list[object] = field(default_factory=list)

    @property
    def first(self) -> Shown:
        """The figure that the chart shows."""
        return self.figures[0]


@dataclass(frozen=True)
class Table:
    """A table of figures with its chart and its CSV."""

    name: str
    title: str
    head: list[str]
    rows: list[Row]
    chart: str
    csv: str

    @property
    def charted(self) -> bool:
        """Whether the chart has anything to show."""
        return any(row.first.value is not None for row in self.rows)


def shown(row: Figures, name: str) -> Shown:
    """A figure as people read it. From fewer than ten images no figure is made: "24 of 27 objects" is told for F1."""
    figure = row.get(name)
    if row["images"] < FEW:
        return Shown(f"{2 * row['matched']} of {row['segments']}" if name == "f1" else "–")
    if figure is None:
        return Shown("–")
    text = f"{figure['value']:.2f}"
    if figure["low"] is not None:
        text += f" ({figure['low']:.2f}–{figure['high']:.2f})"
    return Shown(text, figure["value"], figure["low"], figure["high"])


def side_of(project: Project, side: str, made: Figures, names: Names) -> Figures:
    """Everything of one side: its headline figures, tables, matrix and histogram."""
    overall = made["overall"]
    return {
        "name": side,
        "title": SIDES[side],
        "images": made["images"],
        "pairs": made["pairs"],
        "empty": made["empty"],
        "few": made["images"] < FEW,
        "headline": [(title, shown(overall, name)) for name, title in FIGURES.items() if name != "pq"]
        + [("PQ, mean of classes", shown(overall, "mean_pq"))],
        "alphas": _alphas(made["alpha"]),
        "tables": tables_of(project, side, made, names),
        "matrix": matrix(made["confusion"], names, mutual=side == "peers"),
        "confusion_csv": _csv(project, side, "confusion"),
        "histogram": histogram(made["histogram"]),
        "histogram_csv": _csv(project, side, "histogram"),
    }


def _alphas(alpha: Figures) -> list[tuple[str, str]]:
    rows = [("Classes", alpha["classes"]), *((one["name"], one) for one in alpha["choices"])]
    return [
        (
            name,
            f"{one['value']:.2f}"
            if one["value"] is not None
            else f"– ({one['units']} of {alpha['least_units']} units)",
        )
        for name, one in rows
    ]


def tables_of(project: Project, side: str, made: Figures, names: Names) -> list[Table]:
    """By class, by person and by week."""

    def table(name: str, title: str, first: str, keys: Sequence[str], label: Named, chart: str = "intervals") -> Table:
        rows = [_row(row, label(row), keys, name) for row in made[name]]
        if name == "people":  # by name: nobody is ranked
            rows.sort(key=lambda row: row.label.casefold())
        head = [first, "Images", *(FIGURES[key] for key in keys), *_MORE.get(name, [])]
        return Table(name, title, head, rows, chart, _csv(project, side, name))

    return [
        table("classes", "By class", "Class", tuple(FIGURES), lambda row: names.of_class(row["class"])),
        table("people", "By person", "Person", ("f1", "iou", "boundary"), lambda row: names.of_person(row["person"])),
        table("weeks", "Over time", "Week of", ("f1", "iou"), lambda row: str(row["week"]), "line"),
    ]


_MORE = {"classes": ["Area IoU"], "people": ["Missed", "Extra"]}


def _row(row: Figures, label: str, keys: Iterable[str], name: str) -> Row:
    more: list[object] = []
    if name == "classes":
        more = ["–" if row["area_iou"] is None else f"{row['area_iou']:.2f}"]
    elif name == "people":
        more = [row["missed"], row["extra"]]
    return Row(label, row["images"], [shown(row, key) for key in keys], more)


@dataclass(frozen=True)
class Names:
    """What classes and people are called now."""

    classes: dict[int, str]
    people: dict[int, str]

    @classmethod
    def of(cls, project: Project, made: Figures) -> Names:
        """Of a project's classes and of everybody in its figures."""
        ids = {row["person"] for side in SIDES for row in made.get(side, {}).get("people", [])}
        people = {user.pk: user.shown_name for user in User.objects.filter(pk__in=ids)}
        return cls(dict(project.categories.values_list("number", "name")), people)

    def of_class(self, number: int) -> str:
        """A class's name; 0 is nothing."""
        return self.classes.get(number, f"deleted class {number}")

    def of_person(self, pk: int) -> str:
        """A person's name."""
        return self.people.get(pk, f"former member {pk}")


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix; `share` of its row, 0 to 1."""

    count: int
    share: float
    same: bool


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: a row a class of the first set, a column a class of the second."""

    corner: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    left_out: int
    """Classes that are not shown."""


def matrix(confusion: Sequence[Sequence[int]], names: Names, *, mutual: bool) -> Matrix | None:
    """The confusion of the largest classes; None when there is nothing."""
    counts = {(one, other): count for one, other, count in confusion}
    sizes: dict[int, int] = {}
    for (one, other), count in counts.items():
        for number in {one, other} - {0}:
            sizes[number] = sizes.get(number, 0) + count
    if not sizes:
        return None
    numbers = sorted(sorted(sizes, key=lambda number: -sizes[number])[:MATRIX])
    axis = [*numbers, 0]
    rows = []
    for one in axis:
        cells = [counts.get((one, other), 0) for other in axis]
        total = sum(cells) or 1
        label = names.of_class(one) if one else ("only one" if mutual else "extra")
        rows.append((label, [Cell(n, n / total, one == other) for n, other in zip(cells, axis, strict=True)]))
    last = "only one" if mutual else "missed"
    corner = "" if mutual else "truth ↓ drawn →"
    columns = [*(names.of_class(number) for number in numbers), last]
    return Matrix(corner, columns, rows, len(sizes) - len(numbers))


def histogram(counts: Sequence[int]) -> list[tuple[str, int]]:
    """Bars of the IoU of matches."""
    step = 0.5 / BINS
    return [(f"{0.5 + step * at:.2f}–{0.5 + step * (at + 1):.2f}", count) for at, count in enumerate(counts)]


def _csv(project: Project, side: str, table: str) -> str:
    return reverse("pages:quality_csv", args=[project.pk, side, table])


def managers_page(project: Project) -> Figures:
    """What a manager sees."""
    report = Report.objects.filter(project=project).first()
    made = report.figures if report else {}
    names = Names.of(project, made)
    golden, lots = services.golden_images(project), list(project.lots.all())
    return {
        "sides": [side_of(project, side, made[side], names) for side in SIDES if made.get(side, {}).get("pairs")],
        "report": report,
        "waiting": services.figures(project).waiting,
        "worst": worst(project),
        "golden": list(golden[:GOLDEN_SHOWN]),
        "golden_count": golden.count(),
        "lots": lots,
        "golden_used": any(lot.golden_every and lot.closed_at is None for lot in lots),
        "consensus": (rules := ConsensusSettings.of(project.pk)),
        "thresholds": [(one, rules.by_class.get(str(one.number))) for one in project.categories.all()],
        "to_resolve": resolving(project),
        "to_resolve_count": consensus.to_resolve(project).count(),
    }


@dataclass(frozen=True)
class ToResolve:
    """An image whose opinions are in and do not agree well enough: how many opinions, and their mean agreement."""

    image: Image
    version: int
    opinions: int
    agreement: float | None


def resolving(project: Project) -> list[ToResolve]:
    """The first images that somebody has to resolve, in three queries."""
    images = [slot.image for slot in consensus.to_resolve(project)[:RESOLVE_SHOWN]]
    sets = AnnotationSet.objects.filter(image__in=images).order_by()
    versions = dict(sets.filter(kind=AnnotationSet.Kind.MAIN).values_list("image", "version"))
    done = sets.filter(kind=AnnotationSet.Kind.OPINION, copied_version=None, status__in=FINISHED)
    opinions = dict(done.values_list("image").annotate(Count("pk")))
    pairs = PairScore.objects.filter(image__in=images, kind=PairScore.Kind.PEERS).order_by()
    agreement = dict(pairs.values_list("image").annotate(Avg("agreement")))
    return [ToResolve(one, versions.get(one.pk, 0), opinions.get(one.pk, 0), agreement.get(one.pk)) for one in images]


def worst(project: Project) -> list[PairScore]:
    """The pairs that agree least."""
    pairs = PairScore.objects.filter(project=project, agreement__lt=1).order_by("agreement", "id")
    return list(pairs.select_related("image", "first_author", "second_author")[:WORST])


def own_page(project: Project, user: User) -> Figures:
    """What everybody else sees: their own figures, and that golden images are used."""
    report = Report.objects.filter(project=project).first()
    made = report.figures if report else {}
    people = made.get("peers", {}).get("people", [])
    peers = next((row for row in people if row["person"] == user.pk), None)
    told = made.get("told", {}).get(str(user.pk))
    return {
        "own": [
            {"title": SIDES[side], "images": row["images"], "missed": row["missed"], "extra": row["extra"],
             "figures": [(title, shown(row, name)) for name, title in FIGURES.items() if name != "pq"]}
            for side, row in (("peers", peers), ("golden", told))
            if row is not None
        ],
        "has_peers": peers is not None,
        "has_golden": told is not None,
        "announced": services.announced(project),
        "few": FEW,
    }  # fmt: skip


def csv_rows(project: Project, side: str, table: str) -> list[list[object]] | None:
    """The lines of a table as CSV, the head first; None for a table that there is not."""
    report = Report.objects.filter(project=project).first()
    made = report.figures.get(side) if report else None
    names = Names.of(project, report.figures if report else {})
    if table == "histogram":
        return [["iou", "matches"], *([bar, count] for bar, count in histogram(made["histogram"] if made else []))]
    if table == "confusion":
        found = made["confusion"] if made else []
        pairs = [[names.of_class(a) if a else "", names.of_class(b) if b else "", count] for a, b, count in found]
        return [["first", "second", "count"], *pairs]
    labels: dict[str, tuple[str, Named]] = {
        "classes": ("class", lambda row: names.of_class(row["class"])),
        "people": ("person", lambda row: names.of_person(row["person"])),
        "weeks": ("week", lambda row: row["week"]),
    }
    if table not in labels:
        return None
    return _csv_figures(*labels[table], made[table] if made else [])


def own_csv(project: Project, user: User) -> list[list[object]]:
    """A person's own figures."""
    report = Report.objects.filter(project=project).first()
    made = report.figures if report else {}
    peers = [row for row in made.get("peers", {}).get("people", []) if row["person"] == user.pk]
    told = made.get("told", {}).get(str(user.pk))
    rows = [{**row, "side": "peers"} for row in peers] + ([{**told, "side": "golden"}] if told else [])
    return _csv_figures("compared with", lambda row: row["side"], rows)


def _csv_figures(first: str, label: Named, rows: Iterable[Figures]) -> list[list[object]]:
    ends = ("value", "low", "high")
    head = [f"{name}{'' if end == 'value' else '_' + end}" for name in FIGURES for end in ends]
    lines: list[list[object]] = [
        [first, "images", "pairs", "matched", "segments", *head, "area_iou", "missed", "extra"]
    ]
    for row in rows:
        cells = [(row[name] or {}).get(end) for name in FIGURES for end in ends]
        about = [row[name] for name in ("images", "pairs", "matched", "segments")]
        lines.append([label(row), *about, *cells, row["area_iou"], row.get("missed"), row.get("extra")])
    return lines


def pair_rows(project: Project) -> Iterable[list[object]]:
    """Every pair as CSV, one after the other."""
    yield ["image", "name", "compared", "first", "second", "agreement", "finished"]
    pairs = PairScore.objects.filter(project=project).select_related("image", "first_author", "second_author")
    for pair in pairs.order_by(F("agreement").asc(nulls_last=True), "id").iterator(chunk_size=1000):
        people = [one.shown_name if one else "" for one in (pair.first_author, pair.second_author)]
        first = "golden" if pair.kind == PairScore.Kind.GOLDEN else people[0]
        yield [pair.image_id, pair.image.name, pair.kind, first, people[1], pair.agreement, pair.at.isoformat()]
