"""`manage.py bench_exchange`: how fast each format is written and read, and how much memory that takes."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.devtools.exchange.generate import empty, labeled
from labeling.devtools.exchange.measure import measure
from labeling.exchange.registry import formats, readable_formats
from labeling.projects.models import Project
from labeling.projects.purge import delete_files

STEPS = ("export", "check", "carry_out")


class Command(BaseCommand):
    help = (
        "Write projects into this installation's database, export each format and import it again, and print objects "
        "per second and peak memory. Each measurement is a process of its own. The projects are deleted afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--objects", default="10000", help="how many, such as 10000,100000")
        parser.add_argument("--formats", default=",".join(_both()), help="such as coco,png")
        parser.add_argument("--measure", help="one measurement in this process, as JSON; the command starts these")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["measure"]:
            self.stdout.write(json.dumps(measure(json.loads(options["measure"]))))
            return
        wanted = options["formats"].split(",")
        if unknown := sorted(set(wanted) - set(_both())):
            raise CommandError(f"--formats: {', '.join(unknown)} is not one of {', '.join(_both())}.")
        try:
            sizes = [int(one) for one in options["objects"].split(",")]
        except ValueError:
            raise CommandError("--objects: give numbers, such as 10000,100000.") from None
        user = User.objects.create(username=f"exchange-{time.time_ns()}")
        found = []
        try:
            for objects in sizes:
                found += self._size(objects, wanted, user)
        finally:
            for project in Project.objects.filter(created_by=user):
                _delete(project)
            user.delete()
        self.stdout.write(json.dumps(found))

    def _size(self, objects: int, wanted: list[str], user: User) -> list[dict[str, Any]]:
        began = time.monotonic()
        source = labeled(objects, user)
        images = source.images.count()
        self.stdout.write(
            f"{objects:,} objects on {images:,} images, written in {time.monotonic() - began:.0f} s; load "
            f"{os.getloadavg()[0]:.1f}\n{'format':<14}" + "".join(f"{step:>12}/s{'MB':>7}" for step in STEPS)
        )
        found = []
        target = empty(images, user)
        for format in wanted:
            with tempfile.TemporaryDirectory(dir=settings.HOME, prefix="bench-") as folder:
                row = self._format(format, source, target, Path(folder) / "out.zip")
            found.append({"objects": objects, **row})
            AnnotationSet.objects.filter(image__project=target).delete()
        if "coco" in wanted:
            found.append(self._reference(source, next(one["export"] for one in found if one["format"] == "coco")))
        return found

    def _format(self, format: str, source: Project, target: Project, file: Path) -> dict[str, Any]:
        row: dict[str, Any] = {"format": format}
        asked: dict[str, Any] = {"format": format, "file": str(file)}
        line, problem = f"{format:<14}", ""
        for step in STEPS:
            asked |= {"step": step, "project": (source if step == "export" else target).pk}
            found = row[step] = _measured(asked)
            asked["row"], problem = found["row"], found["problem"]
            if problem:
                break
            line += f"{_rate(found):>14,.0f}{found['peak']:>7.0f}"
        self.stdout.write(f"{line}  {problem}".rstrip())
        return row

    def _reference(self, source: Project, export: dict[str, Any]) -> dict[str, Any]:
        found = _measured({"step": "reference", "project": source.pk})
        ratio = found["cpu"] / max(export["cpu"], 1e-9)  # other work on the machine does not change it
        self.stdout.write(
            f"pycocotools encodes {_rate(found):,.0f} of the same masks a second; by processor time the export of coco "
            f"is {ratio:.2f} times as fast, 0.5 is wanted."
        )
        return {"objects": found["objects"], "format": "pycocotools", "encode": found, "ratio": round(ratio, 2)}


def _both() -> list[str]:
    """Formats that are written and read."""
    return [name for name in formats() if name in readable_formats()]


def _rate(found: dict[str, Any]) -> float:
    return float(found["objects"] / max(found["seconds"], 1e-9))


def _measured(asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "labeling.command_line", "bench_exchange", "--measure", json.dumps(asked)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise CommandError(f"{asked['step']} of {asked.get('format', '')} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _delete(project: Project) -> None:
    """With the files of its imports; pictures it has none."""
    number = project.pk
    project.delete()
    delete_files(number)
