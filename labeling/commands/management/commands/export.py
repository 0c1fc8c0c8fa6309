"""`manage.py export`."""

import time
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import options_of
from labeling.exchange import build
from labeling.exchange.errors import ExportProblem
from labeling.exchange.registry import format_named, formats
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Export a project to a zip file. The server does not need to run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("--format", required=True, help=" | ".join(formats()))
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.zip", help="replaced when it exists")
        parser.add_argument(
            "--option", action="append", default=[], metavar="KEY=VALUE",
            help="such as segmentation=polygons, images=all|done|labeled, include_images=true; docs/guides/formats.md",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"].expanduser().absolute()
        if out.is_dir() or not out.parent.is_dir():
            raise CommandError(f"--out must name a file in a folder that exists; {out} does not.")
        project = find_project(options["project"])
        started = time.monotonic()
        try:
            format = format_named(options["format"])
            parsed = format.parse(options_of(options["option"]))
            progress = self._progress if options["verbosity"] > 1 else _silent
            images = build.write_zip(project, format, parsed, out, progress)
        except (ApiError, ExportProblem) as problem:
            raise CommandError(str(problem)) from None
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error}") from None
        seconds = time.monotonic() - started
        size = out.stat().st_size
        self.stdout.write(
            f"{format.title} of “{project.name}”: {images} images, {size:,} bytes, {seconds:.1f} s, {out}"
        )

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")


def _silent(done: int, total: int) -> None:
    return None
