"""`manage.py export`."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import broker_or_none, many
from labeling.commands.options import add_options, options_in
from labeling.exchange import build, losses, services, sinks
from labeling.exchange.errors import ExportProblem
from labeling.exchange.models import Export
from labeling.exchange.registry import Format, Options, format_named, formats
from labeling.projects.models import Project
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Export a project to a zip file. The server does not need to run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("--format", required=True, help=" | ".join(formats()))
        parser.add_argument("--out", type=Path, metavar="FILE.zip", help="replaced when it exists")
        parser.add_argument("--to", default="", metavar="s3://BUCKET/FOLDER", help="put it there (EXPORT_BUCKETS)")
        parser.add_argument("--unpack", action="store_true", help="with --to: the zip's files, not the zip")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be exported, and lost")
        parser.add_argument("--freeze", default="", metavar="NAME", help="keep it in the project as this version, too")
        add_options(parser, {name: one.options for name, one in formats().items()})

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            format = format_named(options["format"])
            parsed = format.parse(options_in(options))
            if options["dry_run"]:
                self._tell_losses(project, format, parsed)
                return
            self._export(project, format, parsed, options)
        except (ApiError, ExportProblem) as problem:
            raise CommandError(str(problem)) from None

    def _export(self, project: Project, format: Format, parsed: Options, options: dict[str, Any]) -> None:
        given: Path | None = options["out"]
        out = given.expanduser().absolute() if given is not None else None
        if out is not None and (out.is_dir() or not out.parent.is_dir()):
            raise CommandError(f"--out must name a file in a folder that exists; {out} does not.")
        if out is None and not options["freeze"] and not options["to"]:
            raise CommandError("Say where the zip is to be: --out FILE.zip, or --freeze NAME, or --to s3://BUCKET.")
        if options["to"]:
            sink = sinks.chosen_address(project, format.name, options["to"], options["unpack"])
            with _zip_or(out) as path:
                self._write(project, format, parsed, options, path)
                self.stdout.write(f"Put into {sinks.deliver(path, sink)}")
        else:
            self._write(project, format, parsed, options, out)

    def _write(
        self, project: Project, format: Format, parsed: Options, options: dict[str, Any], out: Path | None
    ) -> None:
        started = time.monotonic()
        try:
            if options["freeze"]:
                images = self._freeze(project, format, parsed, options["freeze"], out)
            else:
                assert out is not None
                progress = self._progress if options["verbosity"] > 1 else _silent
                images = build.write_zip(project, format, parsed, out, progress)
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error}") from None
        seconds = time.monotonic() - started
        size = f"{out.stat().st_size:,} bytes, " if out is not None else ""
        where = out or f"version “{options['freeze']}”"
        self.stdout.write(
            f"{format.title} of “{project.name}”: {many(images, 'image')}, {size}{seconds:.1f} s, {where}"
        )

    def _freeze(self, project: Project, format: Format, parsed: Options, name: str, out: Path | None) -> int:
        """Make a version, and copy its zip to `out`. Returns: how many images are in it."""
        with broker_or_none():
            export = services.make_here(project, project.created_by, format=format.name, options=parsed, freeze=name)
        if export.state != Export.State.READY:
            reason = export.reason
            export.delete()  # so that its name is free
            raise CommandError(reason)
        if out is not None:
            with export.file.open("rb") as file, out.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1024 * 1024)
        self.stdout.write(f"SHA-256 {export.sha256}")
        return export.done

    def _tell_losses(self, project: Project, format: Format, parsed: Options) -> None:
        found = losses.of_export(project, format, parsed, seconds=float("inf"))
        objects = "" if found.objects is None else ", " + many(found.objects, "object")
        self.stdout.write(f"{format.title} of “{project.name}”: {many(found.images, 'image')}{objects}")
        for one in found.lost:
            self.stdout.write(f"lost: {one.text}")

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total}")


@contextmanager
def _zip_or(given: Path | None) -> Iterator[Path]:
    """A path for the zip: the given one, or one that is gone afterwards."""
    if given is not None:
        yield given
        return
    build.SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=build.SCRATCH) as folder:
        yield Path(folder) / "export.zip"


def _silent(done: int, total: int) -> None:
    return None
