"""`manage.py agreement`."""

import json
from typing import Any

from django.core.management import BaseCommand, CommandParser

from labeling.accounts.models import User
from labeling.commands.find import find_project
from labeling.commands.helpers import broker_or_none
from labeling.projects.models import Project
from labeling.quality import comparing, consensus, reports
from labeling.quality.intervals import FEW

SIDES = {"peers": "Between annotators", "golden": "Against golden images"}


class Command(BaseCommand):
    help = (
        "How well the people of a project agree, with each other and with golden images. Compares what has not been "
        "compared yet. The server does not need to run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("--json", action="store_true", help="one JSON object; docs/internals/quality.md")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        with broker_or_none():
            comparing.work_off(project.pk, after=consensus.consider)
            made = reports.refresh(project).figures
        figures = {side: made[side] for side in SIDES}
        if options["json"]:
            about = {
                "project": project.pk,
                "name": project.name,
                "classes": _classes(project),
                "people": _people(figures),
            }
            self.stdout.write(json.dumps({**about, **figures}, ensure_ascii=False))
            return
        for side, title in SIDES.items():
            self._print(title, figures[side], _classes(project), _people(figures))

    def _print(self, title: str, side: dict[str, Any], classes: dict[str, str], people: dict[str, str]) -> None:
        self.stdout.write(f"{title}: {side['images']} images, {side['pairs']} pairs, {side['empty']} of them empty")
        if not side["pairs"]:
            return
        self.stdout.write(f"  {'':24} {'images':>7} {'F1 at .5':>20} {'mean IoU':>20} {'PQ':>20}")
        self._row("all", side["overall"])
        for row in side["classes"]:
            self._row(classes.get(str(row["class"]), f"class {row['class']}"), row)
        for row in side["people"]:
            self._row(people[str(row["person"])], row)

    def _row(self, name: str, row: dict[str, Any]) -> None:
        shown = [_shown(row[figure], row) for figure in ("f1", "iou", "pq")]
        self.stdout.write(f"  {name[:24]:24} {row['images']:>7} " + " ".join(f"{one:>20}" for one in shown))


def _shown(figure: dict[str, Any] | None, row: dict[str, Any]) -> str:
    if figure is None:
        return "–"
    if row["images"] < FEW:
        return f"{2 * row['matched']} of {row['segments']}" if figure is row["f1"] else "–"
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def _classes(project: Project) -> dict[str, str]:
    return {str(number): name for number, name in project.categories.values_list("number", "name")}


def _people(figures: dict[str, Any]) -> dict[str, str]:
    """Names by id, of everybody in the figures."""
    ids = {row["person"] for side in figures.values() for row in side["people"]}
    return {str(user.pk): user.shown_name for user in User.objects.filter(pk__in=ids)}
